/**
 * Hostile tasks write into the memory that they share with the host, and damage the worker that runs them. The host
 * goes on, every future settles once its worker is stopped, and terminate() ends the pool and its threads.
 *
 * The host does not detect what a task forges about itself and its neighbours in the same worker: the task may settle
 * them wrongly, or outrun its own timeout by a forged state "not started". Threads are no security boundary.
 */
import { assert, assertEquals } from "@std/assert";
import { type Future, Pool, TaskTimeoutError, WorkerCrashedError } from "@isopool/isopool";
import { values } from "../fixtures/views.ts";
import { expectError } from "../support/expect.ts";
import { onLinux, threadCount } from "../support/proc.ts";
import { MUST_HAPPEN, pause, test, until, within } from "../support/within.ts";
import { hostile, sane, unharmed } from "./hostile.ts";

/** Ends a pool that may be in any state, and waits for its threads. */
async function end(pool: Pool, baseline: number): Promise<void> {
  await within(MUST_HAPPEN, pool.terminate(), "terminate()");
  if (!onLinux) return;
  await until(() => threadCount() <= baseline, () => `the threads are gone: ${threadCount()} of ${baseline}`);
}

async function settled(futures: Iterable<Future<unknown>>): Promise<void> {
  for (const future of futures) {
    await within(MUST_HAPPEN, future.then(() => {}, () => {}), "a future of the ended pool");
    assert(future.done);
  }
}

// The runtime starts threads of its own with the first worker, and they stay.
async function baseline(): Promise<number> {
  {
    await using pool = new Pool(2);
    await pool.map(values.double, [1, 2, 3, 4]);
  }
  let seen = -1;
  await until(() => seen === (seen = threadCount()), "threads come to rest");
  return seen;
}

/** Generations of a slot (the first, one, the last of 27 bits), each with a result. */
const generations = [[0, 1e9], [1, NaN], [0x7ffffff, -Infinity]];
for (let state = 0; state < 16; state++) {
  const [generation, value] = generations[state % generations.length];
  test(`state ${state} of generation ${generation} in every slot: no crash, and terminate() ends the pool`, async () => {
    const before = onLinux ? await baseline() : 0;
    const pool = new Pool({ workers: 1, killGrace: 20 });
    await unharmed(pool);
    const attack = pool.submit(hostile.forge.with({ timeout: 1_000 }), state, generation, value, "all", "return");
    const behind = Array.from({ length: 20 }, (_, n) => pool.submit(values.double.with({ timeout: 1_000 }), n));
    const map = pool.map(values.double, Array.from({ length: 50 }, (_, n) => n)).catch(() => {});
    // Calls that settle may have any result; terminate() stops the others.
    const unsettled = () => [attack, ...behind].some((future) => !future.done);
    for (let turn = 0; turn < 50 && unsettled(); turn++) await pause(10);
    sane(pool);
    await end(pool, before);
    await settled([attack, ...behind]);
    await within(MUST_HAPPEN, map, "the map");
  });
}

test("a task that forges the state of a queued call can be cancelled, and terminate() ends its worker", async () => {
  const before = onLinux ? await baseline() : 0;
  const pool = new Pool({ workers: 2, killGrace: 20 });
  await pool.ready();
  const attack = pool.submit(hostile.forge, 0, 0, 0, "own", "spin");
  await until(() => pool.stats().tasks.active > 0, "it runs");
  const others = Array.from({ length: 20 }, (_, n) => pool.submit(values.double, n));
  assertEquals(await within(MUST_HAPPEN, Promise.all(others)), others.map((_, n) => 2 * n));
  attack.cancel();
  await settled([attack]);
  await end(pool, before);
});

for (const seed of [1, 2, 3, 4]) {
  test(`random data in ring buffers and doorbell (${seed}): no crash, and terminate() ends the pool`, async () => {
    const before = onLinux ? await baseline() : 0;
    const pool = new Pool({ workers: 1, killGrace: 20 });
    await unharmed(pool);
    const attack = pool.submit(hostile.scribble.with({ timeout: 1_000 }), seed, "return");
    const behind = Array.from({ length: 20 }, (_, n) => pool.submit(values.double.with({ timeout: 1_000 }), n));
    await pause(50);
    sane(pool);
    await end(pool, before);
    await settled([attack, ...behind]);
  });
}

for (const [word, value] of [[0, 2 ** 31 - 1], [0, -(2 ** 31)], [1, 1], [1, 7], [2, 1], [2, -1]]) {
  test(`word ${word} of the kill guard set to ${value}: a spinning task is stopped`, async () => {
    const pool = new Pool({ workers: 1, killGrace: 20 });
    const future = pool.submit(hostile.forgeKillGuard.with({ timeout: 300 }), word, value, "spin");
    expectError(await within(MUST_HAPPEN, future.exception()), TaskTimeoutError);
    await unharmed(pool);
    await within(MUST_HAPPEN, pool.terminate());
  });
}

for (const then of ["return", "never", "timers", "spin"] as const) {
  test(`a task that closes the port of its worker, then "${then}": it fails with the worker, and the pool goes on`, async () => {
    const before = onLinux ? await baseline() : 0;
    const pool = new Pool({ workers: 1, killGrace: 20 });
    const error = await within(MUST_HAPPEN, pool.submit(hostile.closePort, then).exception());
    if (error !== undefined) expectError(error, WorkerCrashedError);
    assert(then === "return" || error !== undefined, "it cannot have settled by itself");
    await unharmed(pool);
    await end(pool, before);
  });

  const ends = then === "return" ? "still has its result, from the call table" : "is stopped by its timeout";
  test(`a task that disables postMessage() in its worker, then "${then}": it ${ends}`, async () => {
    const before = onLinux ? await baseline() : 0;
    const pool = new Pool({ workers: 1, killGrace: 20 });
    const future = pool.submit(hostile.disablePosting.with({ timeout: 300 }), then);
    if (then === "return") {
      // The worker stays and posts nothing, but results in the call table still arrive.
      assertEquals(await within(MUST_HAPPEN, future), "returned");
      assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 21)), 42);
    } else {
      expectError(await within(MUST_HAPPEN, future.exception()), TaskTimeoutError);
      await unharmed(pool);
    }
    await end(pool, before);
  });

  test(`a task that removes the message listener of its worker, then "${then}": it is stopped by its timeout`, async () => {
    const before = onLinux ? await baseline() : 0;
    const pool = new Pool({ workers: 1, killGrace: 20 });
    const future = pool.submit(hostile.disableReceiving.with({ timeout: 300 }), then);
    const error = await within(MUST_HAPPEN, future.exception());
    assert(error instanceof TaskTimeoutError || error === undefined && then === "return", String(error));
    await end(pool, before);
  });

  test(`a task that breaks the builtins of its worker, then "${then}": it harms that worker alone`, async () => {
    const before = onLinux ? await baseline() : 0;
    const pool = new Pool({ workers: 1, killGrace: 20 });
    const future = pool.submit(hostile.breakBuiltins.with({ timeout: 300 }), then);
    await settled([future]);
    await within(MUST_HAPPEN, pool.restart());
    await unharmed(pool);
    await end(pool, before);
  });
}

// A worker whose lock is stolen takes another as soon as its event loop turns. A sibling that spins at that moment
// cannot, and runs on when it is stopped: threads are no security boundary. So this pool has one worker.
test("a task that steals every Web Lock, and spins, is stopped by its timeout", async () => {
  const before = onLinux ? await baseline() : 0;
  const pool = new Pool({ workers: 1, killGrace: 20 });
  for (let round = 0; round < 3; round++) {
    const error = await within(MUST_HAPPEN, pool.submit(hostile.stealLocks.with({ timeout: 300 })).exception());
    expectError(error, TaskTimeoutError);
  }
  await unharmed(pool);
  await end(pool, before);
});
