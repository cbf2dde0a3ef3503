/**
 * The table of the threads that can own a lock, tested from outside: what a forged entry can do, and what happens to the
 * locks of a worker's threads when the worker dies.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { Counter, Lock, LockAbandonedError, Pool, tasks } from "@isopool/isopool";
import { expectError } from "../support/expect.ts";
import { leavesNothing } from "../support/leaks.ts";
import { MUST_HAPPEN, pause, test, timed, until, within } from "../support/within.ts";
import { takeOver } from "./owner_table_tasks.ts";

const ownerTasks = tasks<typeof import("./owner_table_tasks.ts")>(import.meta.resolve("./owner_table_tasks.ts"));
/** Milliseconds of a wait that must fail: several checks of the holder. */
const SEVERAL_CHECKS = 300;

for (const permissions of [undefined, "none"] as const) {
  test(`permissions ${permissions}: no task takes the main thread's lock, though one has marked that thread as ended`, async () => {
    await using pool = new Pool({ workers: 1, permissions });
    const lock = new Lock();
    const guard = lock.tryAcquire()!;
    assert(await pool.submit(ownerTasks.forgeDeath, lock));
    const thief = pool.submit(ownerTasks.takeOver, lock, SEVERAL_CHECKS);
    assertEquals(await within(MUST_HAPPEN, thief), "WaitTimeoutError");
    // The lock keeps working, and so do this thread's own waits.
    const waits = timed(lock.acquire({ timeout: MUST_HAPPEN }));
    await pause(SEVERAL_CHECKS);
    guard.release();
    assertEquals((await waits).error, undefined);
  });
}

for (const permissions of [undefined, "none"] as const) {
  test(`permissions ${permissions}: main takes no lock of a living worker, though a task has marked all threads as ended`, async () => {
    await using pool = new Pool({ workers: 1, killGrace: 20 });
    await using hostile = new Pool({ workers: 1, permissions });
    const [lock, held] = [new Lock(), new Counter()];
    const holds = pool.submit(ownerTasks.hold, lock, held);
    await until(() => held.get() === 1, "the worker holds the lock");
    assert(await hostile.submit(ownerTasks.forgeAllDeaths) >= 2, "both workers");
    assertEquals(await takeOver(lock, SEVERAL_CHECKS), "WaitTimeoutError");
    // The worker's death is still found, and the library keeps working.
    holds.cancel();
    assertEquals(await takeOver(lock, MUST_HAPPEN), "ok");
    assertEquals(await pool.submit(ownerTasks.takeOver, new Lock(), MUST_HAPPEN), "ok");
  });
}

test("main finds the death of a worker with a lock, though a task has marked that thread as alive again", async () => {
  await using pool = new Pool({ workers: 1, killGrace: 20 });
  await using hostile = new Pool({ workers: 1 });
  const [lock, held] = [new Lock(), new Counter()];
  const holds = pool.submit(ownerTasks.hold, lock, held);
  await until(() => held.get() === 1, "the worker holds the lock");
  holds.cancel();
  await until(() => holds.done, "the worker has ended");
  assert(await hostile.submit(ownerTasks.forgeLife, lock));
  const { error } = await timed(lock.acquire({ timeout: MUST_HAPPEN }));
  expectError(error, LockAbandonedError);
});

test("waiters for a lock that a thread of a dead worker holds get a LockAbandonedError, and do not wait for ever", async () => {
  await using pool = new Pool({ workers: 1, killGrace: 20 });
  const [lock, held] = [new Lock(), new Counter()];
  const outer = pool.submit(ownerTasks.holdInOwnPool, lock, held);
  await until(() => held.get() === 1, "the inner thread holds it");
  const waits = timed(lock.acquire({ recover: true }));
  outer.cancel();
  await timed(outer);
  const error = expectError((await within(MUST_HAPPEN, waits)).error, LockAbandonedError);
  // No thread has seen the end of the inner thread, so the lock is not taken from it.
  assertEquals(error.recoverable, false);
});

leavesNothing();
