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
import { type Crew, doomed, type Running, several, type SharedSuite } from "./engine.ts";
import type { Acquirable, Ending } from "./tasks.ts";
import { acts } from "./view.ts";

/** A worker whose heap fills up is collected again and again before it is given up. */
const LONG = { deadline: 90_000 };
const DIES = 60_000;

/** Limit of a task that is stopped by it, in milliseconds. */
const LIMIT = 200;

async function holds(crew: Crew, lock: Acquirable, how: Ending): Promise<Running<void>> {
  const held = new Counter();
  const running = doomed(crew.start(acts.holdAndEnd, lock, held, how));
  await until(() => held.get() === 1, "it is held");
  return running;
}

/** Two workers wait for a notification, the one that will die for longer. */
async function twoWait(crew: Crew, sync: boolean) {
  const [condition, waiting, woken] = [new Condition(), new Counter(), new Counter()];
  const dies = doomed(crew.start(acts.awaitCondition, condition, waiting, woken, sync));
  await until(() => waiting.get() === 1, "the first waits");
  const stays = crew.start(acts.awaitCondition, condition, waiting, woken, sync);
  await until(() => waiting.get() === 2, "the second waits");
  return { condition, woken, dies, stays };
}

/** Ends a holder, in whatever way, and waits until it has ended. */
async function ends(running: Running<unknown>, how: Ending): Promise<void> {
  if (how === "stay" || how === "block" || how === "spin") running.stop();
  await within(DIES, timed(running.result), "the end of the holder");
}

/** What becomes of what a worker holds, or waits in, when it dies: nobody hangs. */
export const deathsSuite: SharedSuite = (engine, check) => {
  for (const how of engine.endings) {
    check(`the holder of a lock ends (${how}): blocked and awaiting workers and this thread hear of it`, async () => {
      for (const lock of [new Lock(), new RLock()]) {
        await using crew = engine.crew(3);
        const holder = await holds(crew, lock, how);
        const waiting = new Counter();
        const there = [true, false].map((sync) => crew.start(acts.waitForLock, lock, waiting, sync).result);
        const here = timed(lock.acquire());
        // One that fills its heap may be gone before they come.
        if (how !== "oom") await until(() => waiting.get() === 2, "both wait");
        await ends(holder, how);
        const told = await within(DIES, Promise.all(there));
        assertEquals(told, ["LockAbandonedError", "LockAbandonedError"]);
        assert(expectError((await within(MUST_HAPPEN, here)).error, LockAbandonedError).recoverable);
        assertEquals(lock.tryAcquire(), undefined);
        {
          using guard = await lock.acquire({ recover: true, timeout: MUST_HAPPEN });
          assert(guard.recovered);
        }
        using guard = await lock.acquire({ timeout: MUST_HAPPEN });
        assertEquals(guard.recovered, false);
      }
    }, LONG);

    check(
      `the holder of permits ends (${how}): those of a BoundedSemaphore come back, a Semaphore's do not`,
      async () => {
        await using crew = engine.crew(2);
        const [bounded, plain] = [new BoundedSemaphore(1), new Semaphore(1)];
        const holders = [await holds(crew, bounded, how), await holds(crew, plain, how)];
        const waits = bounded.acquire({ timeout: DIES });
        for (const holder of holders) await ends(holder, how);
        (await waits).release();
        assertEquals(bounded.permits, 1);
        await assertRejects(() => plain.acquire({ timeout: 120 }), WaitTimeoutError);
      },
      LONG,
    );
  }

  check("one of many waiters recovers a lock, the others get it whole", async () => {
    await using crew = engine.crew(4);
    const [lock, waiting] = [new Lock(), new Counter()];
    const holder = await holds(crew, lock, "stay");
    const all = several(crew, 3, acts.waitForLock, lock, waiting, true, { recover: true });
    await until(() => waiting.get() === 3, "all wait");
    await ends(holder, "stay");
    assertEquals((await within(MUST_HAPPEN, all)).sort(), ["ok", "ok", "recovered"]);
    assertEquals(lock.locked, false);
  });

  check("a repair that fails leaves the lock abandoned; one that succeeds does not", async () => {
    await using crew = engine.crew(1);
    const lock = new Lock();
    await ends(await holds(crew, lock, "exit"), "exit");
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

  check("a lock that is held by the living is waited for, and not recovered", async () => {
    await using crew = engine.crew(1);
    const lock = new Lock();
    const holder = await holds(crew, lock, "stay");
    // Longer than several looks at the holder.
    await assertRejects(() => lock.acquire({ timeout: 300, recover: true }), WaitTimeoutError);
    await ends(holder, "stay");
  });

  for (const sync of [true, false]) {
    const how = sync ? "blocked" : "awaiting";

    check(`${how}: a worker that is stopped at a barrier breaks it for the others`, async () => {
      await using crew = engine.crew(2);
      const barrier = new Barrier(3);
      const dies = doomed(crew.start(acts.meet, barrier, sync));
      const stays = crew.start(acts.meet, barrier, !sync).result;
      await until(() => barrier.waiting === 2, "two wait");
      dies.stop();
      assertEquals(await within(MUST_HAPPEN, stays), "BrokenBarrierError");
      await assertRejects(() => barrier.wait(), BrokenBarrierError);
      await within(MUST_HAPPEN, timed(dies.result));
      barrier.reset();
      assertEquals([barrier.broken, barrier.waiting], [false, 0]);
    });

    check(`${how}: a notification is not lost with a worker that was stopped in its wait`, async () => {
      await using crew = engine.crew(2);
      const two = await twoWait(crew, sync);
      two.dies.stop();
      await within(MUST_HAPPEN, timed(two.dies.result));
      await crew.start(acts.notify, two.condition, 1).result;
      assertEquals([await within(MUST_HAPPEN, two.stays.result), two.woken.get()], ["ok", 1]);
    });

    check(`${how}: a notified worker that is stopped before it has the lock wakes the others`, async () => {
      await using crew = engine.crew(2);
      const two = await twoWait(crew, sync);
      const guard = await two.condition.acquire();
      two.condition.notify(guard);
      // It cannot go on: the lock is held here.
      two.dies.stop();
      await within(MUST_HAPPEN, timed(two.dies.result));
      guard.release();
      assertEquals(await within(MUST_HAPPEN, two.stays.result), "ok");
    });

    check(`${how}: all that wait for a notification hear of the death of who has the lock`, async () => {
      await using crew = engine.crew(3);
      const two = await twoWait(crew, sync);
      const holder = await holds(crew, two.condition.lock, "stay");
      await ends(holder, "stay");
      const told = await within(MUST_HAPPEN, Promise.all([two.stays.result, two.dies.result]));
      assertEquals(told, ["LockAbandonedError", "LockAbandonedError"]);
      using guard = await two.condition.acquire({ recover: true });
      assert(guard.recovered);
      two.condition.notifyAll(guard);
      assertEquals(two.woken.get(), 0);
    });

    check(`${how}: a worker that is stopped in its wait for a lock, a permit, an event leaves no trace`, async () => {
      await using crew = engine.crew(2);
      const [condition, waiting] = [new Condition(), new Counter()];
      const lock = condition.lock;
      const guard = await lock.acquire();
      const waits = doomed(crew.start(acts.waitForLock, lock, waiting, sync));
      await until(() => waiting.get() === 1, "it waits");
      waits.stop();
      await within(MUST_HAPPEN, timed(waits.result));
      guard.release();
      const next = crew.start(acts.waitForLock, lock, waiting, sync, { timeout: 5_000 }).result;
      assertEquals([await within(MUST_HAPPEN, next), lock.locked], ["ok", false]);
    });
  }

  // A scoped worker is not killed for that where it can be helped: see `runWithin` in workers/web.ts.
  check("a holder that spins is stopped by its timeout: the lock can be recovered", async () => {
    await using crew = engine.crew(1);
    for (const lock of [new Lock(), new RLock()]) {
      const held = new Counter();
      const spins = crew.start(acts.holdAndSpin.with({ timeout: LIMIT }), lock, held).result;
      expectError((await within(MUST_HAPPEN, timed(spins))).error, TaskTimeoutError);
      assertEquals(held.get(), 1);
      using guard = await lock.acquire({ recover: true, timeout: MUST_HAPPEN });
      assert(guard.recovered);
    }
    const [permits, held] = [new BoundedSemaphore(1), new Counter()];
    const spins = crew.start(acts.holdAndSpin.with({ timeout: LIMIT }), permits, held).result;
    expectError((await within(MUST_HAPPEN, timed(spins))).error, TaskTimeoutError);
    (await permits.acquire({ timeout: MUST_HAPPEN })).release();
  });

  check(
    "who is blocked at a barrier, or in a condition, when its timeout stops it does not count any more",
    async () => {
      await using crew = engine.crew(2);
      const barrier = new Barrier(2);
      const gone = crew.start(acts.meetSync.with({ timeout: LIMIT }), barrier).result;
      expectError((await within(MUST_HAPPEN, timed(gone))).error, TaskTimeoutError);
      // Nobody else was there to notice: whoever comes next does.
      const alone = await within(MUST_HAPPEN, crew.start(acts.meet, barrier, true, 3_000).result);
      assertEquals(alone, "BrokenBarrierError");

      const [condition, waiting, woken] = [new Condition(), new Counter(), new Counter()];
      const late = crew.start(acts.waitCondition.with({ timeout: LIMIT }), condition, waiting, woken).result;
      expectError((await within(MUST_HAPPEN, timed(late))).error, TaskTimeoutError);
      const stays = crew.start(acts.awaitCondition, condition, waiting, woken, true).result;
      await until(() => waiting.get() === 2, "the second waits");
      await within(MUST_HAPPEN, crew.start(acts.notify, condition, 1).result);
      assertEquals([await within(MUST_HAPPEN, stays), woken.get()], ["ok", 1]);
    },
  );
};
