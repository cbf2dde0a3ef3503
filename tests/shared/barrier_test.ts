/**
 * A barrier that breaks, on one thread.
 *
 * @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import { Barrier, BrokenBarrierError, WaitTimeoutError } from "@isopool/isopool";
import { BRAND } from "../../lib/shared/handle.ts";
import { OwnerTable } from "../../lib/shared/owner_table.ts";
import { LOCK } from "../../lib/shared/steps/barrier_words.ts";
import { expectError } from "../support/expect.ts";
import { MUST_HAPPEN, test, timed, within } from "../support/within.ts";

test("a barrier that one party leaves by timeout is broken for all, until reset", async () => {
  const barrier = new Barrier(3);
  const stays = timed(barrier.wait());
  const leaves = timed(barrier.wait({ timeout: 20 }));
  expectError((await leaves).error, WaitTimeoutError);
  expectError((await stays).error, BrokenBarrierError);
  assertEquals(barrier.broken, true);
  await assertRejects(() => barrier.wait(), BrokenBarrierError);
  barrier.reset();
  assertEquals((await Promise.all([barrier.wait(), barrier.wait(), barrier.wait()])).sort(), [0, 1, 2]);
});

test("reset and abort break the wait of the parties that wait", async () => {
  const barrier = new Barrier(2);
  for (const action of ["reset", "abort"] as const) {
    barrier.reset();
    const waits = timed(barrier.wait());
    barrier[action]();
    expectError((await waits).error, BrokenBarrierError);
  }
  barrier.reset();
  assertEquals((await Promise.all([barrier.wait(), barrier.wait()])).sort(), [0, 1]);
});

/** Runs `body` while another living thread seems to be in the middle of arriving at the barrier: it holds its lock. */
async function whileLocked(barrier: Barrier, body: () => Promise<void>): Promise<void> {
  const [words, owners] = [new Int32Array(barrier[BRAND]().memory as SharedArrayBuffer), OwnerTable.local()];
  const thread = owners.register();
  Atomics.store(words, LOCK, thread << 1);
  await body();
  Atomics.store(words, LOCK, 0);
  Atomics.notify(words, LOCK);
  owners.died(thread);
}

for (const sync of [false, true]) {
  const name = sync ? "waitSync()" : "wait()";
  test(`${name}: a party whose time is up while another thread arrives breaks the barrier, too (bound: 10 s)`, async () => {
    const barrier = new Barrier(3);
    const stays = timed(barrier.wait());
    await whileLocked(barrier, async () => {
      const limits = { timeout: 20 };
      expectError(
        (await timed(sync ? Promise.try(() => barrier.waitSync(limits)) : barrier.wait(limits))).error,
        WaitTimeoutError,
      );
      assertEquals(barrier.broken, true);
    });
    expectError((await within(MUST_HAPPEN, stays, "the party that waits")).error, BrokenBarrierError);
    barrier.reset();
    assertEquals((await Promise.all([barrier.wait(), barrier.wait(), barrier.wait()])).sort(), [0, 1, 2]);
  });
}

test("a party whose signal aborts while another thread arrives breaks the barrier (bound: 10 s)", async () => {
  const barrier = new Barrier(2);
  const stays = timed(barrier.wait());
  await whileLocked(barrier, async () => {
    const controller = new AbortController();
    const leaves = timed(barrier.wait({ signal: controller.signal }));
    controller.abort("enough");
    assertEquals((await leaves).error, "enough");
  });
  expectError((await within(MUST_HAPPEN, stays, "the party that waits")).error, BrokenBarrierError);
});
