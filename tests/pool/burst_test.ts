/** Many calls that a caller submits in one go, without a pause. */
import { tracingChannel } from "node:diagnostics_channel";
import { assert, assertEquals } from "@std/assert";
import { inline, Pool } from "@isopool/isopool";
import { range } from "../support/range.ts";
import { MUST_HAPPEN, test, within } from "../support/within.ts";

const count = inline((words: Int32Array, us: number, n: number) => {
  for (const end = performance.now() + us / 1_000; performance.now() < end;);
  Atomics.add(words, 0, 1);
  Atomics.notify(words, 0);
  return n;
});

/** Calls, and microseconds that each takes: together more than a burst must have to be sent early. */
const CALLS = 500;
const US = 20;

/** A pool that knows how long `count` takes. */
async function warmPool(workers = 2): Promise<{ pool: Pool; words: Int32Array<SharedArrayBuffer> }> {
  const pool = new Pool({ workers });
  const words = new Int32Array(new SharedArrayBuffer(4));
  for (const n of range(100)) await pool.submit(count, words, US, n);
  return { pool, words };
}

test("calls that are submitted in one go begin while their caller still blocks its event loop", async () => {
  const { pool, words } = await warmPool();
  await using _pool = pool;
  const before = Atomics.load(words, 0);
  const calls = range(CALLS).map((n) => pool.submit(count, words, US, n));
  // This thread blocks, without any turn of its event loop, until a call has run.
  Atomics.wait(words, 0, before, MUST_HAPPEN);
  const early = Atomics.load(words, 0) - before;
  assert(early > 0, "no call has run before its caller paused");
  assertEquals(await within(MUST_HAPPEN, Promise.all(calls)), range(CALLS));
  assertEquals(Atomics.load(words, 0) - before, CALLS);
});

test("calls that are submitted in one go to a paused pool do not begin", async () => {
  const { pool, words } = await warmPool();
  await using _pool = pool;
  const before = Atomics.load(words, 0);
  pool.pause();
  const calls = range(CALLS).map((n) => pool.submit(count, words, US, n));
  assertEquals(calls.filter((call) => call.state !== "pending").length, 0);
  assertEquals(pool.stats().tasks.waiting, CALLS);
  assertEquals(Atomics.load(words, 0), before);
  pool.resume();
  assertEquals(await within(MUST_HAPPEN, Promise.all(calls)), range(CALLS));
});

test("a burst of calls does not read the input of a map inside of submit", async () => {
  const { pool, words } = await warmPool(1);
  await using _pool = pool;
  let isSubmitting = false;
  let readInSubmit = 0;
  function* input() {
    for (let n = 0; n < 50; n++) {
      if (isSubmitting) readInSubmit++;
      yield n;
    }
  }
  const mapped = pool.map(inline((n: number) => 2 * n), input());
  isSubmitting = true;
  const calls = range(CALLS).map((n) => pool.submit(count, words, US, n));
  isSubmitting = false;
  assertEquals(await within(MUST_HAPPEN, Promise.all(calls)), range(CALLS));
  assertEquals(await within(MUST_HAPPEN, mapped), range(50).map((n) => 2 * n));
  assertEquals(readInSubmit, 0);
});

test("the input of a map may submit bursts while it is read", async () => {
  const { pool, words } = await warmPool();
  await using _pool = pool;
  const calls: PromiseLike<number>[] = [];
  function* input() {
    for (let n = 0; n < 5; n++) {
      calls.push(...range(CALLS).map((each) => pool.submit(count, words, US, each)));
      yield n;
    }
  }
  assertEquals(
    await within(MUST_HAPPEN, pool.map(inline((n: number) => n + 1), input())),
    range(5).map((n) => n + 1),
  );
  const results = await within(MUST_HAPPEN, Promise.all(calls));
  assertEquals(results, range(5).flatMap(() => range(CALLS)));
});

test("what observes the ends of calls may submit bursts: it runs while a worker's report is read", async () => {
  const { pool, words } = await warmPool();
  await using _pool = pool;
  const calls: PromiseLike<number>[] = [];
  let ends = 0;
  const handlers = {
    start() {},
    end() {},
    error() {},
    asyncStart() {},
    asyncEnd() {
      // Each tenth of the first 100 ends submits a burst, in the middle of the report.
      if (++ends <= 100 && ends % 10 === 0) calls.push(...range(CALLS).map((n) => pool.submit(count, words, US, n)));
    },
  };
  const channel = tracingChannel("isopool:task");
  channel.subscribe(handlers);
  try {
    const first = range(100).map((n) => pool.submit(count, words, US, n));
    assertEquals(await within(MUST_HAPPEN, Promise.all(first)), range(100));
    assertEquals(calls.length, 10 * CALLS);
    const results = await within(MUST_HAPPEN, Promise.all(calls));
    assertEquals(results, range(10).flatMap(() => range(CALLS)));
  } finally {
    channel.unsubscribe(handlers);
  }
});

test("a more urgent call that comes right after a burst overtakes what has not been sent of it", async () => {
  const { pool, words } = await warmPool(1);
  await using _pool = pool;
  let ended = 0;
  const calls = range(20 * CALLS).map((n) => pool.submit(count, words, US, n).then(() => ended++));
  await within(MUST_HAPPEN, pool.submit(count.with({ priority: 1 }), words, US, 0));
  assert(ended < calls.length / 2, `${ended} of ${calls.length} calls went before it`);
  await within(MUST_HAPPEN, Promise.all(calls));
});
