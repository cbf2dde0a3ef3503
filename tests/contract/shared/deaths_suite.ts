import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  Barrier,
  BoundedSemaphore,
  BrokenBarrierError,
  Condition,
  Counter,
  Lock,
  LockAbandonedError,
  RLock,
  Semaphore,
  TaskTimeoutError,
  WaitTimeoutError,
} from "@isopool/isopool";
import { expectError } from "../../support/expect.ts";
import { MUST_HAPPEN, timed, until, within } from "../../support/within.ts";
import { type Isolates, mayFail, type Running, several, type SharedSuite } from "./engine.ts";
import type { Acquirable, Ending } from "./tasks.ts";
import { contractTasks } from "./view.ts";

/** V8 collects a full heap again and again before it ends the worker. */
const LONG = { deadline: 90_000 };
const DEATH_DEADLINE = 60_000;

/** Timeout of a task that never ends, in milliseconds. */
const TASK_TIMEOUT = 200;

/** Starts a task that acquires and later ends without a release; waits until it holds the lock. */
async function startHolder(isolates: Isolates, lock: Acquirable, ending: Ending): Promise<Running<void>> {
  const held = new Counter();
  const running = mayFail(isolates.start(contractTasks.holdAndEnd, lock, held, ending));
  await until(() => held.get() === 1, "it is held");
  return running;
}

/** Starts two waiters for a notification; the victim comes first. */
async function startTwoWaiters(isolates: Isolates, sync: boolean) {
  const [condition, waiting, woken] = [new Condition(), new Counter(), new Counter()];
  const victim = mayFail(isolates.start(contractTasks.awaitCondition, condition, waiting, woken, sync));
  await until(() => waiting.get() === 1, "the first waits");
  const survivor = isolates.start(contractTasks.awaitCondition, condition, waiting, woken, sync);
  await until(() => waiting.get() === 2, "the second waits");
  return { condition, woken, victim, survivor };
}

/** Stops a holder that does not end by itself, and waits until it has ended. */
async function waitForEnd(running: Running<unknown>, ending: Ending): Promise<void> {
  if (ending === "stay" || ending === "block" || ending === "spin") running.stop();
  await within(DEATH_DEADLINE, timed(running.result), "the end of the holder");
}

/** A worker dies while it holds a lock or permit, or waits: no other thread hangs. */
export const deathsSuite: SharedSuite = (engine, check) => {
  for (const ending of engine.endings) {
    check(
      `the holder of a lock ends (${ending}): blocked and awaiting workers and this thread get a LockAbandonedError`,
      async () => {
        for (const lock of [new Lock(), new RLock()]) {
          await using isolates = engine.isolates(3);
          const holder = await startHolder(isolates, lock, ending);
          const waiting = new Counter();
          const onWorkers = [true, false].map((sync) =>
            isolates.start(contractTasks.waitForLock, lock, waiting, sync).result
          );
          const onThisThread = timed(lock.acquire());
          // A holder that fills its heap may end before both wait.
          if (ending !== "oom") await until(() => waiting.get() === 2, "both wait");
          await waitForEnd(holder, ending);
          const errors = await within(DEATH_DEADLINE, Promise.all(onWorkers));
          assertEquals(errors, ["LockAbandonedError", "LockAbandonedError"]);
          assert(expectError((await within(MUST_HAPPEN, onThisThread)).error, LockAbandonedError).recoverable);
          assertEquals(lock.tryAcquire(), undefined);
          {
            using guard = await lock.acquire({ recover: true, timeout: MUST_HAPPEN });
            assert(guard.recovered);
          }
          using guard = await lock.acquire({ timeout: MUST_HAPPEN });
          assertEquals(guard.recovered, false);
        }
      },
      LONG,
    );

    check(
      `the holder of permits ends (${ending}): those of a BoundedSemaphore come back, a Semaphore's do not`,
      async () => {
        await using isolates = engine.isolates(2);
        const [bounded, plain] = [new BoundedSemaphore(1), new Semaphore(1)];
        const holders = [await startHolder(isolates, bounded, ending), await startHolder(isolates, plain, ending)];
        const waits = bounded.acquire({ timeout: DEATH_DEADLINE });
        for (const holder of holders) await waitForEnd(holder, ending);
        (await waits).release();
        assertEquals(bounded.permits, 1);
        await assertRejects(() => plain.acquire({ timeout: 120 }), WaitTimeoutError);
      },
      LONG,
    );
  }

  check("one of many waiters recovers a lock, the others get it as usual", async () => {
    await using isolates = engine.isolates(4);
    const [lock, waiting] = [new Lock(), new Counter()];
    const holder = await startHolder(isolates, lock, "stay");
    const all = several(isolates, 3, contractTasks.waitForLock, lock, waiting, true, { recover: true });
    await until(() => waiting.get() === 3, "all wait");
    await waitForEnd(holder, "stay");
    assertEquals((await within(MUST_HAPPEN, all)).sort(), ["ok", "ok", "recovered"]);
    assertEquals(lock.locked, false);
  });

  check("a repair that fails leaves the lock abandoned; one that succeeds does not", async () => {
    await using isolates = engine.isolates(1);
    const lock = new Lock();
    await waitForEnd(await startHolder(isolates, lock, "exit"), "exit");
    const failure = new Error("beyond repair");
    assertEquals((await timed(lock.acquire({ recover: () => Promise.reject(failure) }))).error, failure);
    await assertRejects(() => lock.acquire(), LockAbandonedError);
    let sawItLocked = false;
    {
      using guard = lock.acquireSync({
        timeout: MUST_HAPPEN,
        recover: () => {
          sawItLocked = lock.tryAcquire() === undefined;
        },
      });
      assertEquals([guard.recovered, sawItLocked], [true, true]);
    }
    (await lock.acquire({ timeout: MUST_HAPPEN })).release();
  });

  check("recover does not take a lock from a living thread", async () => {
    await using isolates = engine.isolates(1);
    const lock = new Lock();
    const holder = await startHolder(isolates, lock, "stay");
    // Longer than several checks of the holder.
    await assertRejects(() => lock.acquire({ timeout: 300, recover: true }), WaitTimeoutError);
    await waitForEnd(holder, "stay");
  });

  for (const sync of [true, false]) {
    const how = sync ? "blocked" : "awaiting";

    check(`${how}: a worker that is stopped at a barrier breaks it for the others`, async () => {
      await using isolates = engine.isolates(2);
      const barrier = new Barrier(3);
      const victim = mayFail(isolates.start(contractTasks.meet, barrier, sync));
      const survivor = isolates.start(contractTasks.meet, barrier, !sync).result;
      await until(() => barrier.waiting === 2, "two wait");
      victim.stop();
      assertEquals(await within(MUST_HAPPEN, survivor), "BrokenBarrierError");
      await assertRejects(() => barrier.wait(), BrokenBarrierError);
      await within(MUST_HAPPEN, timed(victim.result));
      barrier.reset();
      assertEquals([barrier.broken, barrier.waiting], [false, 0]);
    });

    check(`${how}: a notification is not lost with a worker that was stopped in its wait`, async () => {
      await using isolates = engine.isolates(2);
      const two = await startTwoWaiters(isolates, sync);
      two.victim.stop();
      await within(MUST_HAPPEN, timed(two.victim.result));
      await isolates.start(contractTasks.notify, two.condition, 1).result;
      assertEquals([await within(MUST_HAPPEN, two.survivor.result), two.woken.get()], ["ok", 1]);
    });

    check(`${how}: a notified worker that is stopped before it has the lock wakes the others`, async () => {
      await using isolates = engine.isolates(2);
      const two = await startTwoWaiters(isolates, sync);
      const guard = await two.condition.acquire();
      two.condition.notify(guard);
      // The victim cannot continue: this thread holds the lock.
      two.victim.stop();
      await within(MUST_HAPPEN, timed(two.victim.result));
      guard.release();
      assertEquals(await within(MUST_HAPPEN, two.survivor.result), "ok");
    });

    check(`${how}: all waiters of a condition get a LockAbandonedError when the holder of its lock dies`, async () => {
      await using isolates = engine.isolates(3);
      const two = await startTwoWaiters(isolates, sync);
      const holder = await startHolder(isolates, two.condition.lock, "stay");
      await waitForEnd(holder, "stay");
      const errors = await within(MUST_HAPPEN, Promise.all([two.survivor.result, two.victim.result]));
      assertEquals(errors, ["LockAbandonedError", "LockAbandonedError"]);
      using guard = await two.condition.acquire({ recover: true });
      assert(guard.recovered);
      two.condition.notifyAll(guard);
      assertEquals(two.woken.get(), 0);
    });

    check(
      `${how}: a worker that is stopped in its wait for a lock, a permit, an event leaves the lock free for others`,
      async () => {
        await using isolates = engine.isolates(2);
        const [condition, waiting] = [new Condition(), new Counter()];
        const lock = condition.lock;
        const guard = await lock.acquire();
        const waits = mayFail(isolates.start(contractTasks.waitForLock, lock, waiting, sync));
        await until(() => waiting.get() === 1, "it waits");
        waits.stop();
        await within(MUST_HAPPEN, timed(waits.result));
        guard.release();
        const next = isolates.start(contractTasks.waitForLock, lock, waiting, sync, { timeout: 5_000 }).result;
        assertEquals([await within(MUST_HAPPEN, next), lock.locked], ["ok", false]);
      },
    );
  }

  // The host ends a scoped worker for a task timeout only if the worker may own locks: see `runWithin` in workers/web.ts.
  check("a holder that spins is stopped by its timeout: the lock can be recovered", async () => {
    await using isolates = engine.isolates(1);
    for (const lock of [new Lock(), new RLock()]) {
      const held = new Counter();
      const spins = isolates.start(contractTasks.holdAndSpin.with({ timeout: TASK_TIMEOUT }), lock, held).result;
      expectError((await within(MUST_HAPPEN, timed(spins))).error, TaskTimeoutError);
      assertEquals(held.get(), 1);
      using guard = await lock.acquire({ recover: true, timeout: MUST_HAPPEN });
      assert(guard.recovered);
    }
    const [permits, held] = [new BoundedSemaphore(1), new Counter()];
    const spins = isolates.start(contractTasks.holdAndSpin.with({ timeout: TASK_TIMEOUT }), permits, held).result;
    expectError((await within(MUST_HAPPEN, timed(spins))).error, TaskTimeoutError);
    (await permits.acquire({ timeout: MUST_HAPPEN })).release();
  });

  check(
    "a task that its timeout stops at a barrier or in a condition does not count as a waiter any more",
    async () => {
      await using isolates = engine.isolates(2);
      const barrier = new Barrier(2);
      const gone = isolates.start(contractTasks.meetAtOnce.with({ timeout: TASK_TIMEOUT }), barrier).result;
      expectError((await within(MUST_HAPPEN, timed(gone))).error, TaskTimeoutError);
      // No other party waited there to see the death, so the next party sees it.
      const alone = await within(MUST_HAPPEN, isolates.start(contractTasks.meet, barrier, true, 3_000).result);
      assertEquals(alone, "BrokenBarrierError");

      const [condition, waiting, woken] = [new Condition(), new Counter(), new Counter()];
      const late =
        isolates.start(contractTasks.awaitConditionAtOnce.with({ timeout: TASK_TIMEOUT }), condition, waiting, woken)
          .result;
      expectError((await within(MUST_HAPPEN, timed(late))).error, TaskTimeoutError);
      const survivor = isolates.start(contractTasks.awaitCondition, condition, waiting, woken, true).result;
      await until(() => waiting.get() === 2, "the second waits");
      await within(MUST_HAPPEN, isolates.start(contractTasks.notify, condition, 1).result);
      assertEquals([await within(MUST_HAPPEN, survivor), woken.get()], ["ok", 1]);
    },
  );
};
