/**
 * Cases of CPython's `lock_tests` for conditions; see conformance_test.ts.
 *
 * @module
 */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Condition, WaitTimeoutError } from "@isopool/isopool";
import { expectError } from "../support/expect.ts";
import { pause, test, timed, until } from "../support/within.ts";

const LIMIT = { timeout: 10_000 };

test("ConditionTests.test_unacquired_wait, test_unacquired_notify: without the lock, wait and notify throw", async () => {
  const condition = new Condition();
  const guard = await condition.acquire();
  guard.release();
  await assertRejects(() => condition.wait(guard), Error, "has been released");
  assertThrows(() => condition.waitSync(guard, { timeout: 1 }), Error, "has been released");
  assertThrows(() => condition.notifyAll(guard), Error, "has been released");
});

test("ConditionTests.test_notify: wakes the longest waiting first, and never more than requested", async () => {
  const condition = new Condition();
  const woken: number[] = [];
  const all = Array.from({ length: 6 }, async (_, i) => {
    using guard = await condition.acquire();
    await condition.wait(guard, LIMIT);
    woken.push(i);
  });
  for (const [count, total] of [[0, 0], [2, 2], [1, 3], [99, 6]]) {
    {
      using guard = await condition.acquire();
      condition.notify(guard, count);
    }
    await until(() => woken.length >= total, `${total} have woken`);
    // Time in which a wake-up too many would show.
    await pause(20);
    assertEquals(woken, Array.from({ length: total }, (_, i) => i));
  }
  await Promise.all(all);
});

test("ConditionTests.test_timeout: a waiter that gave up is not counted by the next notify", async () => {
  const condition = new Condition();
  const wait = async (timeout: number) => {
    using guard = await condition.acquire();
    await condition.wait(guard, { timeout });
  };
  const first = timed(wait(10));
  const second = wait(10_000);
  expectError((await first).error, WaitTimeoutError);
  using guard = await condition.acquire();
  condition.notify(guard);
  guard.release();
  await second;
});

test("ConditionTests.test_waitfor: checks after each notification, and ends at its timeout", async () => {
  const condition = new Condition();
  let state = 0;
  const waits = (async () => {
    using guard = await condition.acquire();
    await condition.waitFor(guard, () => state === 4, LIMIT);
    return state;
  })();
  for (let i = 0; i < 4; i++) {
    using guard = await condition.acquire();
    state++;
    condition.notify(guard);
  }
  assertEquals(await waits, 4);
  using guard = await condition.acquire();
  await assertRejects(() => condition.waitFor(guard, () => false, { timeout: 30 }), WaitTimeoutError);
  assertThrows(() => condition.waitForSync(guard, () => false, { timeout: 30 }), WaitTimeoutError);
  await condition.waitFor(guard, () => true, { timeout: 0 });
  assert(guard.held);
});
