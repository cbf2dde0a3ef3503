/**
 * Real hostile tasks write on the memory that they share with the host, and take the worker apart that runs them. The
 * host goes on, every future settles when it is stopped, and the pool can be terminated; the thread is gone after that.
 *
 * What a task forges about itself and its neighbours in the same worker is not found out: it may settle them wrongly, or
 * outrun its own timeout by claiming that it has not started. Threads are no security boundary.
 */
import { assert, assertEquals } from "@std/assert";
import { type Future, Pool, TaskTimeoutError, WorkerCrashedError } from "@isopool/isopool";
import { values } from "../fixtures/views.ts";
import { expectError } from "../support/expect.ts";
import { onLinux, threadCount } from "../support/proc.ts";
import { MUST_HAPPEN, pause, test, timed, until, within } from "../support/within.ts";
import { hostile, sane, unharmed } from "./hostile.ts";

/** Ends a pool that may be in any state, and waits for its threads. */
async function end(pool: Pool, baseline: number): Promise<void> {
  await within(MUST_HAPPEN, pool.terminate(), "terminate()");
  if (!onLinux) return;
  await until(() => threadCount() <= baseline, () => `the threads are gone: ${threadCount()} of ${baseline}`);
}

async function settled(futures: Iterable<Future<unknown>>): Promise<void> {
  for (const future of futures) {
    await within(MUST_HAPPEN, future.then(() => {}, () => {}), "a future that was left behind");
    assert(future.done);
  }
}

// Threads of the runtime itself come with the first worker and stay.
const warm = async () => {
  await using pool = new Pool(2);
  await pool.map(values.double, [1, 2, 3, 4]);
  return undefined;
};

async function baseline(): Promise<number> {
  await warm();
  let seen = -1;
  await until(() => seen === (seen = threadCount()), "threads come to rest");
  return seen;
}

const laps = [[0, 1e9], [1, NaN], [0x7ffffff, -Infinity]];
for (let state = 0; state < 16; state++) {
  const [lap, cell] = laps[state % laps.length];
  test(`state ${state} of lap ${lap} all over the board: no crash, and terminate() ends it`, async () => {
    const before = onLinux ? await baseline() : 0;
    const pool = new Pool({ workers: 1, killGrace: 20 });
    await unharmed(pool);
    const attack = pool.submit(hostile.forge.with({ timeout: 1_000 }), state, lap, cell, "all", "return");
    const behind = Array.from({ length: 20 }, (_, n) => pool.submit(values.double.with({ timeout: 1_000 }), n));
    const map = pool.map(values.double, Array.from({ length: 50 }, (_, n) => n)).catch(() => {});
    // What settles does so as it likes; what does not is stopped.
    const left = () => [attack, ...behind].some((future) => !future.done);
    for (let turn = 0; turn < 50 && left(); turn++) await pause(10);
    sane(pool);
    await end(pool, before);
    await settled([attack, ...behind]);
    await within(MUST_HAPPEN, map, "the map");
  });
}

test("a task that claims it has not started can be cancelled, and its worker is found out by terminate()", async () => {
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
  test(`noise all over spools and bell (${seed}): no crash, and terminate() ends it`, async () => {
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
  test(`word ${word} of the brake set to ${value}: a spinning task is stopped`, async () => {
    const pool = new Pool({ workers: 1, killGrace: 20 });
    const future = pool.submit(hostile.forgeBrake.with({ timeout: 300 }), word, value, "spin");
    expectError(await within(MUST_HAPPEN, future.exception()), TaskTimeoutError);
    await unharmed(pool);
    await within(MUST_HAPPEN, pool.terminate());
  });
}

for (const then of ["return", "never", "timers", "spin"] as const) {
  test(`a task that closes the port of its worker, then ${then}s, is lost with it; the pool goes on`, async () => {
    const before = onLinux ? await baseline() : 0;
    const pool = new Pool({ workers: 1, killGrace: 20 });
    const { ms, error } = await timed(within(MUST_HAPPEN, pool.submit(hostile.closePort, then).result()));
    if (error !== undefined) expectError(error, WorkerCrashedError);
    assert(then === "return" || error !== undefined, "it cannot have settled by itself");
    assert(ms < MUST_HAPPEN);
    await unharmed(pool);
    await end(pool, before);
  });

  const ends = then === "return" ? "is still heard: its answer is on the board" : "is stopped by its timeout";
  test(`a task that makes its worker dumb, then ${then}s, ${ends}`, async () => {
    const before = onLinux ? await baseline() : 0;
    const pool = new Pool({ workers: 1, killGrace: 20 });
    const future = pool.submit(hostile.muzzle.with({ timeout: 300 }), then);
    if (then === "return") {
      // The worker stays, and stays dumb: what fits on the board still comes.
      assertEquals(await within(MUST_HAPPEN, future), "returned");
      assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 21)), 42);
    } else {
      expectError(await within(MUST_HAPPEN, future.exception()), TaskTimeoutError);
      await unharmed(pool);
    }
    await end(pool, before);
  });

  test(`a task that makes its worker deaf, then ${then}s, is stopped by its timeout`, async () => {
    const before = onLinux ? await baseline() : 0;
    const pool = new Pool({ workers: 1, killGrace: 20 });
    const future = pool.submit(hostile.stopEars.with({ timeout: 300 }), then);
    const error = await within(MUST_HAPPEN, future.exception());
    assert(error instanceof TaskTimeoutError || error === undefined && then === "return", String(error));
    await end(pool, before);
  });

  test(`a task that breaks the builtins of its worker, then ${then}s, harms that worker alone`, async () => {
    const before = onLinux ? await baseline() : 0;
    const pool = new Pool({ workers: 1, killGrace: 20 });
    const future = pool.submit(hostile.breakBuiltins.with({ timeout: 300 }), then);
    await settled([future]);
    await within(MUST_HAPPEN, Promise.race([pool.restart(), pool.ready()]));
    await end(pool, before);
  });
}

// A worker takes its lock again as soon as its loop turns. One that spins at that moment cannot, and burns on when it is
// stopped: so one worker here, and threads are no security boundary.
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
