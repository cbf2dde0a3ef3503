/**
 * Waits on one thread, and their limits.
 *
 * @module
 */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  type Guard,
  IsopoolError,
  Lock,
  RLock,
  Semaphore,
  SharedEvent,
  WaitTimeoutError,
} from "@isopool/isopool";
import { expectError } from "../support/expect.ts";
import { pause, test, timed, within } from "../support/within.ts";

/** A wait of each kind, which never succeeds. */
const waits: [name: string, wait: (limits: { timeout?: number; signal?: AbortSignal }) => Promise<unknown>][] = [];
{
  const lock = new Lock();
  lock.tryAcquire();
  const rlock = new RLock();
  rlock.tryAcquire();
  const bounded = new BoundedSemaphore(1);
  bounded.tryAcquire();
  const semaphore = new Semaphore(0);
  const event = new SharedEvent();
  const condition = new Condition();
  waits.push(
    ["Lock", (limits) => lock.acquire(limits)],
    ["RLock", (limits) => rlock.acquire(limits)],
    ["Semaphore", (limits) => semaphore.acquire(limits)],
    ["BoundedSemaphore", (limits) => bounded.acquire(limits)],
    ["SharedEvent", (limits) => event.wait(limits)],
    ["Barrier", (limits) => new Barrier(2).wait(limits)],
    ["Condition", async (limits) => {
      using guard = await condition.acquire({ timeout: 5_000 });
      await condition.wait(guard, limits);
    }],
  );
}

const blocking: [name: string, wait: (limits?: { timeout?: number }) => unknown][] = [
  ["Semaphore", (limits) => new Semaphore(0).acquireSync(limits)],
  ["BoundedSemaphore", (limits) => {
    const semaphore = new BoundedSemaphore(1);
    semaphore.tryAcquire();
    return semaphore.acquireSync(limits);
  }],
  ["SharedEvent", (limits) => new SharedEvent().waitSync(limits)],
  ["Barrier", (limits) => new Barrier(2).waitSync(limits)],
  ["Condition", (limits) => {
    const condition = new Condition();
    using guard = condition.acquireSync({ timeout: 0 });
    condition.waitSync(guard, limits);
  }],
];

for (const [name, wait] of waits) {
  test(`${name}: a timeout ends the wait, not earlier and not much later`, async () => {
    for (const timeout of [0, 1, 120]) {
      const start = performance.now();
      const { ms, error } = await timed(wait({ timeout }), start);
      expectError(error, WaitTimeoutError);
      assert(ms >= timeout - 2 && ms < timeout + 5_000, `${ms} ms for ${timeout}`);
    }
  });

  test(`${name}: a signal ends the wait with its reason, whether it aborted before or aborts meanwhile`, async () => {
    const reason = new Error("enough");
    assertEquals((await timed(wait({ signal: AbortSignal.abort(reason) }))).error, reason);
    const controller = new AbortController();
    const waiting = timed(wait({ signal: controller.signal, timeout: 10_000 }));
    await pause(20);
    controller.abort(reason);
    assertEquals((await waiting).error, reason);
  });

  test(`${name}: bad limits are refused by name`, async () => {
    const message = async (limits: unknown) => String((await timed(wait(limits as { timeout: number }))).error);
    assert((await message({ timeout: -1 })).includes("`timeout` is -1: it takes milliseconds"));
    assert((await message({ timout: 1 })).includes("unknown option `timout`"));
    assert((await message({ signal: 1 })).includes("`signal` is 1: it takes an AbortSignal"));
  });
}

for (const [name, wait] of blocking) {
  Deno.test(`${name}: blocking ends at its timeout, and requires one on the main thread`, () => {
    for (const timeout of [0, 1, 120]) {
      const start = performance.now();
      assertThrows(() => wait({ timeout }), WaitTimeoutError);
      const ms = performance.now() - start;
      assert(ms >= timeout - 2 && ms < timeout + 5_000, `${ms} ms for ${timeout}`);
    }
    assertThrows(() => wait(), TypeError, "the main thread must give a `timeout`");
    assertThrows(() => wait({ timeout: Infinity }), TypeError, "the main thread must give a `timeout`");
  });
}

test("acquireSync() throws if a task of this thread holds the lock", async () => {
  for (const lock of [new Lock(), new RLock()]) {
    using _guard = await lock.acquire();
    assertThrows(() => lock.acquireSync({ timeout: 1_000 }), IsopoolError, "other code of this thread holds it");
  }
});

const guards: [name: string, make: () => Promise<Guard>][] = [
  ["Lock", () => new Lock().acquire()],
  ["RLock", () => new RLock().acquire()],
  ["Semaphore", () => new Semaphore(1).acquire()],
  ["BoundedSemaphore", () => new BoundedSemaphore(1).acquire()],
];

for (const [name, make] of guards) {
  test(`${name}: releasing twice is an error, leaving the block after a release is not`, async () => {
    using guard = await make();
    guard.release();
    assertEquals(guard.held, false);
    assertThrows(() => guard.release(), IsopoolError, "this guard has been released");
  });
}

test("an RLock is free when all guards that came from one have been released", async () => {
  const lock = new RLock();
  const outer = await lock.acquire();
  const inner = outer.acquire();
  outer.release();
  assertEquals([lock.locked, lock.tryAcquire()], [true, undefined]);
  const innermost = inner.acquire();
  inner.release();
  innermost.release();
  assertEquals(lock.locked, false);
  assertThrows(() => outer.acquire(), IsopoolError, "this guard has been released");
});

test("another task of this thread cannot enter an RLock without the guard", async () => {
  const lock = new RLock();
  using _guard = await lock.acquire();
  await assertRejects(() => lock.acquire({ timeout: 20 }), WaitTimeoutError);
});

test("tasks of one thread take a lock in the order in which they came", async () => {
  const lock = new Lock();
  const first = await lock.acquire();
  const order: number[] = [];
  const all = Array.from({ length: 50 }, async (_, i) => {
    using _guard = await lock.acquire();
    order.push(i);
    await undefined;
  });
  first.release();
  await Promise.all(all);
  assertEquals(order, Array.from({ length: 50 }, (_, i) => i));
});

test("a waiter that gives up does not take the turn of another", async () => {
  const lock = new Lock();
  const guard = await lock.acquire();
  const controller = new AbortController();
  const givesUp = timed(lock.acquire({ signal: controller.signal }));
  const stays = lock.acquire({ timeout: 10_000 });
  controller.abort();
  guard.release();
  await givesUp;
  (await stays).release();
  assertEquals(lock.locked, false);
});

test("release(n) lets n waiters pass at once", async () => {
  const semaphore = new Semaphore(0);
  const all = Array.from({ length: 5 }, () => semaphore.acquire());
  semaphore.release(5);
  await within(1_000, Promise.all(all));
  assertEquals(semaphore.permits, 0);
  assertThrows(() => semaphore.release(0), RangeError, "`count` is 0");
  semaphore.release(2 ** 31 - 1);
  assertThrows(() => semaphore.release(), RangeError, "more than 2147483647 permits");
});

test("an event that is set and cleared at once lets its waiters pass", async () => {
  const event = new SharedEvent();
  const waits = [event.wait({ timeout: 5_000 }), event.wait({ timeout: 5_000 })];
  event.set();
  event.clear();
  await Promise.all(waits);
  assertEquals(event.isSet, false);
  await assertRejects(() => event.wait({ timeout: 10 }), WaitTimeoutError);
});

test("a condition gives the lock back to who waited, also when time is up", async () => {
  const condition = new Condition();
  using guard = await condition.acquire();
  const waits = timed(condition.wait(guard, { timeout: 50 }));
  assertThrows(() => guard.release(), IsopoolError, "waits in a condition");
  {
    using other = await condition.acquire();
    condition.notify(other, 0);
  }
  expectError((await waits).error, WaitTimeoutError);
  assertEquals([guard.held, condition.lock.locked], [true, true]);
});

test("a condition takes only guards that hold its lock", async () => {
  const condition = new Condition();
  const foreign = await new Lock().acquire();
  await assertRejects(() => condition.wait(foreign), TypeError, "not a guard of its lock");
  assertThrows(() => condition.notify(undefined as never), TypeError, "it takes a guard");
  const guard = await condition.acquire();
  guard.release();
  assertThrows(() => condition.notify(guard), IsopoolError, "has been released");
});

test("a condition with no slot left throws, and keeps the lock held", async () => {
  const condition = new Condition({ maxWaiters: 1 });
  const first = await condition.acquire();
  const waits = condition.wait(first, { timeout: 10_000 });
  using second = await condition.acquire();
  await assertRejects(() => condition.wait(second), RangeError, "1 wait already");
  assertEquals(second.held, true);
  condition.notifyAll(second);
  second.release();
  await waits;
});

test("conditions may share a lock", async () => {
  const lock = new Lock();
  const [full, empty] = [new Condition({ lock }), new Condition({ lock })];
  const guard = await full.acquire();
  const waits = full.wait(guard, { timeout: 10_000 });
  using other = await empty.acquire();
  full.notify(other);
  other.release();
  await waits;
});
