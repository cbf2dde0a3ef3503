import { assertEquals } from "@std/assert";
import { BoundedSemaphore, Condition, Counter, type Guard, WaitTimeoutError } from "@isopool/isopool";
import { expectError } from "../../support/expect.ts";
import { MUST_HAPPEN, timed, until, within } from "../../support/within.ts";
import { type Isolates, mayFail, type SharedSuite } from "./engine.ts";
import { contractTasks } from "./view.ts";

/** Milliseconds of a wait that ends by its timeout: several checks for dead threads. */
const NEVER_WOKEN = 300;

/** Starts workers that wait for a notification; stops them when they have it and not yet the lock. */
async function dieNotified(isolates: Isolates, condition: Condition, count: number, sync: boolean): Promise<void> {
  const [waiting, woken] = [new Counter(), new Counter()];
  const victims = Array.from(
    { length: count },
    () => mayFail(isolates.start(contractTasks.awaitCondition, condition, waiting, woken, sync)),
  );
  await until(() => waiting.get() === count, "all wait");
  using guard = await condition.acquire();
  // They cannot continue: this thread holds the lock.
  condition.notify(guard, count);
  for (const victim of victims) victim.stop();
  await within(MUST_HAPPEN, Promise.all(victims.map(({ result }) => timed(result))));
  assertEquals(woken.get(), 0);
}

/** What a dead thread held comes back. */
export const returnsSuite: SharedSuite = (engine, check) => {
  for (const sync of [true, false]) {
    const how = sync ? "blocked" : "awaiting";

    check(`${how}: the slots of notified waiters that died come back, for as many waiters as before`, async () => {
      const count = 2;
      const condition = new Condition({ maxWaiters: count });
      await using isolates = engine.isolates(count);
      await dieNotified(isolates, condition, count, sync);
      const wait = async () => {
        using guard = await condition.acquire({ timeout: MUST_HAPPEN });
        await condition.wait(guard, { timeout: NEVER_WOKEN });
      };
      // The slot that the second takes holds a lost notification, which wakes the first.
      const ends = await within(MUST_HAPPEN, Promise.all([timed(wait()), timed(wait())]));
      for (const { error } of ends) if (error !== undefined) expectError(error, WaitTimeoutError);
      expectError((await timed(wait())).error, WaitTimeoutError);
    });

    check(`${how}: each notification of a waiter that died reaches another waiter`, async () => {
      await using isolates = engine.isolates(2);
      const condition = new Condition();
      let woken = 0;
      const survivors: Promise<void>[] = [];
      const wait = async (guard: Guard) => {
        await condition.wait(guard, { timeout: MUST_HAPPEN });
        woken++;
        guard.release();
      };
      const [waiting, unused] = [new Counter(), new Counter()];
      const victims = [0, 1].map(() =>
        mayFail(isolates.start(contractTasks.awaitCondition, condition, waiting, unused, sync))
      );
      await until(() => waiting.get() === 2, "the victims wait");
      for (let i = 0; i < 2; i++) survivors.push(wait(await condition.acquire()));
      const guard = await condition.acquire();
      condition.notify(guard, 2);
      for (const victim of victims) victim.stop();
      await within(MUST_HAPPEN, Promise.all(victims.map(({ result }) => timed(result))));
      guard.release();
      await within(MUST_HAPPEN, Promise.all(survivors));
      assertEquals([woken, unused.get()], [2, 0]);
    });
  }

  check("tryAcquire() takes a permit of a worker that has ended, which `permits` counts as free", async () => {
    await using isolates = engine.isolates(1);
    const [slots, held] = [new BoundedSemaphore(1), new Counter()];
    const holder = mayFail(isolates.start(contractTasks.holdAndEnd, slots, held, "stay"));
    await until(() => held.get() === 1, "it is held");
    assertEquals([slots.permits, slots.tryAcquire()], [0, undefined]);
    holder.stop();
    await within(MUST_HAPPEN, timed(holder.result));
    await until(() => slots.permits === 1, "the end is reported");
    using guard = slots.tryAcquire();
    assertEquals([guard?.held, slots.permits], [true, 0]);
  });
};
