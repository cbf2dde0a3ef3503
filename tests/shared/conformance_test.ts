/**
 * Cases of CPython's `lock_tests`, re-expressed on tasks of this thread, under the names of the originals. Cases that need
 * threads are in tests/contract/shared/, cases of timeouts and signals in waiting_test.ts.
 *
 * @module
 */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  Barrier,
  BoundedSemaphore,
  BrokenBarrierError,
  Condition,
  Lock,
  RLock,
  Semaphore,
  SharedEvent,
} from "@isopool/isopool";
import { expectError } from "../support/expect.ts";
import { pause, test, timed, until } from "../support/within.ts";

const LIMIT = { timeout: 10_000 };

test("BaseLockTests.test_acquire_contended: others get in only after the release, each in turn", async () => {
  for (const lock of [new Lock(), new RLock(), new BoundedSemaphore(1), new Semaphore(1)]) {
    const guard = await lock.acquire();
    let inside = 0, entered = 0;
    const others = Array.from({ length: 10 }, async () => {
      using _guard = await lock.acquire(LIMIT);
      assertEquals(++inside, 1);
      await undefined;
      inside--;
      entered++;
    });
    await undefined;
    assertEquals(entered, 0);
    guard.release();
    await Promise.all(others);
    assertEquals(entered, 10);
  }
});

test("BaseLockTests.test_with: a block that throws releases", async () => {
  const lock = new Lock();
  await assertRejects(
    async () => {
      using _guard = await lock.acquire();
      throw new Error("inside");
    },
    Error,
    "inside",
  );
  assertEquals(lock.locked, false);
});

test("LockTests.test_different_thread: any code of the thread that has the guard may release", async () => {
  const lock = new Lock();
  const guard = await lock.acquire();
  await new Promise<void>((resolve) =>
    setTimeout(() => {
      guard.release();
      resolve();
    })
  );
  (await lock.acquire(LIMIT)).release();
});

test("RLockTests.test_reacquire: any number of times, and free after as many releases", async () => {
  const lock = new RLock();
  const guards = [await lock.acquire()];
  for (let i = 0; i < 20; i++) guards.push(guards[i].acquire());
  for (const guard of guards) {
    assertEquals([lock.locked, lock.tryAcquire()], [true, undefined]);
    guard.release();
  }
  assertEquals(lock.locked, false);
});

test("BaseSemaphoreTests.test_constructor: negative and fractional counts are refused", () => {
  for (const bad of [-1, 0.5, NaN]) {
    assertThrows(() => new Semaphore(bad), RangeError, "`permits`");
    assertThrows(() => new BoundedSemaphore(bad), RangeError, "`permits`");
  }
  assertThrows(() => new BoundedSemaphore(0), RangeError, "`permits` is 0");
  return Promise.resolve();
});

test("BaseSemaphoreTests.test_acquire_contended, test_multirelease: as many go on as were released", async () => {
  const semaphore = new Semaphore(7);
  let through = 0;
  const all = Array.from({ length: 20 }, () => semaphore.acquire(LIMIT).then(() => through++));
  const settle = async (count: number) => {
    await until(() => through === count, `${count} are through`);
    // Time in which a wake-up too many would show.
    await pause(20);
    assertEquals(through, count);
  };
  await settle(7);
  semaphore.release();
  await settle(8);
  semaphore.release(5);
  await settle(13);
  semaphore.release(7);
  await Promise.all(all);
  assertEquals([through, semaphore.permits], [20, 0]);
});

test("mp _TestSemaphore: permits are counted at each step; only a Semaphore can have more than at first", async () => {
  const [semaphore, bounded] = [new Semaphore(2), new BoundedSemaphore(2)];
  for (const each of [semaphore, bounded]) {
    const guards = [await each.acquire()];
    assertEquals(each.permits, 1);
    guards.push(each.acquireSync({ timeout: 0 }));
    assertEquals([each.permits, each.tryAcquire(), each.permits], [0, undefined, 0]);
    guards[0].release();
    assertEquals(each.permits, 1);
    guards[1].release();
    assertEquals(each.permits, 2);
  }
  semaphore.release();
  semaphore.release();
  assertEquals([semaphore.permits, bounded.permits], [4, 2]);
});

test("mp test_repr, test_repr_lock, test_repr_rlock: each says its state", async () => {
  const [lock, rlock, semaphore, bounded] = [new Lock(), new RLock(), new Semaphore(2), new BoundedSemaphore(2)];
  const [event, barrier, condition] = [new SharedEvent(), new Barrier(3), new Condition()];
  const all = [lock, rlock, semaphore, bounded, event, barrier, condition];
  assertEquals(all.map(String), [
    "Lock(free)",
    "RLock(free)",
    "Semaphore(2)",
    "BoundedSemaphore(2 of 2)",
    "SharedEvent(clear)",
    "Barrier(0 of 3)",
    "Condition(Lock(free))",
  ]);
  for (const each of [lock, rlock, semaphore, bounded, condition]) await each.acquire();
  event.set();
  barrier.abort();
  assertEquals(all.map(String), [
    "Lock(locked)",
    "RLock(locked)",
    "Semaphore(1)",
    "BoundedSemaphore(1 of 2)",
    "SharedEvent(set)",
    "Barrier(broken)",
    "Condition(Lock(locked))",
  ]);
});

test("BoundedSemaphoreTests.test_release_unacquired: no permit can be released that was not acquired", async () => {
  const semaphore = new BoundedSemaphore(2);
  const guard = await semaphore.acquire();
  guard.release();
  assertThrows(() => guard.release());
  assertEquals([semaphore.permits, "release" in semaphore], [2, false]);
});

test("EventTests.test_is_set, test_set_and_clear: set, clear, and set again, with waiters in between", async () => {
  const event = new SharedEvent();
  for (let round = 0; round < 3; round++) {
    assertEquals(event.isSet, false);
    const waits = Array.from({ length: 5 }, () => event.wait(LIMIT));
    event.set();
    event.set();
    assertEquals(event.isSet, true);
    await event.wait();
    event.clear();
    await Promise.all(waits);
  }
});

test("BarrierTests.test_barrier, test_wait_return: every round is complete, with one index each", async () => {
  const barrier = new Barrier(5);
  for (let round = 0; round < 10; round++) {
    const indices = await Promise.all(Array.from({ length: 5 }, () => barrier.wait(LIMIT)));
    assertEquals(indices.sort(), [0, 1, 2, 3, 4]);
    assertEquals([barrier.waiting, barrier.broken], [0, false]);
  }
});

test("BarrierTests.test_abort_and_reset: the waiting parties fail, and the next round is whole", async () => {
  const barrier = new Barrier(3);
  const waits = [timed(barrier.wait(LIMIT)), timed(barrier.wait(LIMIT))];
  assertEquals(barrier.waiting, 2);
  barrier.abort();
  for (const { error } of await Promise.all(waits)) expectError(error, BrokenBarrierError);
  barrier.reset();
  assertEquals((await Promise.all([1, 2, 3].map(() => barrier.wait(LIMIT)))).length, 3);
});

test("BarrierTests.test_single_thread: one party never waits", async () => {
  const barrier = new Barrier(1);
  assertEquals([await barrier.wait(), barrier.waitSync({ timeout: 0 })], [0, 0]);
  assertThrows(() => new Barrier(0), RangeError, "`parties` is 0");
});
