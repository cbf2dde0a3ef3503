/**
 * A long call keeps its slot in the call table (lib/protocol/call_table.ts) while the slots after it are used and freed
 * again. These tests submit more calls than the table has slots, one at a time and in groups.
 */
import { assertEquals, assertRejects } from "@std/assert";
import { CancelledError, type Future, inline, Pool } from "@isopool/isopool";
import { CAPACITY } from "../../lib/protocol/call_table.ts";
import { gated, values } from "../fixtures/views.ts";
import { expectError } from "../support/expect.ts";
import { Gate, type GateWords } from "../support/gate.ts";
import { MUST_HAPPEN, test, within } from "../support/within.ts";

const CALLS = 6_000;
const numbers = Array.from({ length: 100 }, (_, n) => n);
const doubled = numbers.map((n) => n * 2);

/** Waits for the gate without a timer, so that only messages turn the worker's event loop. */
const sleep = inline(async (gate: GateWords) => {
  Atomics.add(gate, 0, 1);
  const { async, value } = Atomics.waitAsync(gate, 1, 0);
  if (async) await value;
  return { released: true };
});

/** Cancels a call that has not started; its future must settle at once. */
async function cancelled(future: Future<number>): Promise<void> {
  assertEquals([future.cancel(), future.state], [true, "cancelled"]);
  await assertRejects(() => within(MUST_HAPPEN, future.result(), "a cancelled call"), CancelledError);
}

test(`a long call keeps its result while ${CALLS} calls behind it are cancelled, each before the next`, async () => {
  await using pool = new Pool(1);
  await using gate = new Gate();
  const long = pool.submit(sleep, gate.words);
  await gate.entered();
  for (let n = 0; n < CALLS; n++) await cancelled(pool.submit(values.double, n));
  assertEquals(long.state, "running");
  gate.open();
  assertEquals(await within(MUST_HAPPEN, long), { released: true });
  const after = numbers.map((n) => pool.submit(values.double, n));
  assertEquals(await within(MUST_HAPPEN, Promise.all(after)), doubled);
});

// The group sizes share no factor with the table's size, so each group begins at another slot.
for (const size of [7, 97]) {
  test(`a long call keeps its result while ${CALLS} calls are cancelled behind it in groups of ${size}`, async () => {
    await using pool = new Pool(1);
    await using gate = new Gate();
    // Measured first: calls known to be short are sent ahead, to a worker that is busy too.
    await pool.map(values.double, numbers);
    const long = pool.submit(gated.hold, gate.words, "held");
    await gate.entered();
    for (let n = 0; n < CALLS; n += size) {
      const behind = Array.from({ length: size }, () => pool.submit(values.double, n));
      await Promise.all(behind.map(cancelled));
    }
    gate.open();
    assertEquals(await within(MUST_HAPPEN, long), "held");
    assertEquals(await within(MUST_HAPPEN, pool.map(values.double, numbers)), doubled);
  });
}

test("calls that wait behind a long one, more than the call table has slots, all run when it ends", async () => {
  await using pool = new Pool(1);
  await using gate = new Gate();
  await pool.map(values.double, numbers);
  const long = pool.submit(gated.hold, gate.words, "held");
  await gate.entered();
  const behind = Array.from({ length: CAPACITY + 1_000 }, (_, n) => pool.submit(values.double, n));
  // Every second call is withdrawn, from slots all over the table.
  for (let n = 0; n < behind.length; n += 2) assertEquals(behind[n].cancel(), true);
  gate.open();
  assertEquals(await within(MUST_HAPPEN, long), "held");
  const ends = await within(MUST_HAPPEN, Promise.allSettled(behind));
  ends.forEach((end, n) => {
    if (n % 2 === 0) expectError((end as PromiseRejectedResult).reason, CancelledError);
    else assertEquals(end, { status: "fulfilled", value: n * 2 });
  });
});
