import { assertEquals } from "@std/assert";
import { Barrier, Condition, Counter, SharedArray, SharedEvent, Value } from "@isopool/isopool";
import { MUST_HAPPEN, pause, until, within } from "../../support/within.ts";
import { several, type SharedSuite } from "./engine.ts";
import { contractTasks } from "./view.ts";

/** Milliseconds in which a wake-up too many would show. */
const SURPLUS_WAIT = 60;

/** Waits in a Condition, for a SharedEvent and at a Barrier, blocking and not. */
export const waitsSuite: SharedSuite = (engine, check) => {
  for (const sync of [true, false]) {
    const how = sync ? "blocked" : "awaiting";

    check(`${how}: notify(n) wakes exactly n, notifyAll() the rest, and one more does nothing`, async () => {
      await using isolates = engine.isolates(6);
      const [condition, waiting, woken] = [new Condition(), new Counter(), new Counter()];
      const all = several(isolates, 6, contractTasks.awaitCondition, condition, waiting, woken, sync);
      await until(() => waiting.get() === 6, "all wait");
      for (const [count, total] of [[0, 0], [2, 2], [1, 3], [99, 6], [3, 6]]) {
        {
          using guard = await condition.acquire();
          condition.notify(guard, count);
        }
        await until(() => woken.get() >= total, `${total} have woken`);
        await pause(SURPLUS_WAIT);
        assertEquals(woken.get(), total);
      }
      assertEquals(await within(MUST_HAPPEN, all), Array(6).fill("ok"));
    });

    check(`${how}: those whose wait timed out hold the lock again, and take no notification`, async () => {
      await using isolates = engine.isolates(4);
      const [condition, waiting, woken] = [new Condition(), new Counter(), new Counter()];
      const late = several(isolates, 3, contractTasks.awaitCondition, condition, waiting, woken, sync, 30);
      assertEquals(await within(MUST_HAPPEN, late), Array(3).fill("WaitTimeoutError"));
      const stays = isolates.start(contractTasks.awaitCondition, condition, waiting, woken, sync).result;
      await until(() => waiting.get() === 4, "it waits");
      {
        using guard = await condition.acquire();
        condition.notify(guard);
      }
      assertEquals([await within(MUST_HAPPEN, stays), woken.get(), condition.lock.locked], ["ok", 1, false]);
    });

    check(`${how}: waitFor() looks after each notification, and keeps to its time`, async () => {
      await using isolates = engine.isolates(1);
      const [condition, value] = [new Condition(), new Value("i32", -1)];
      const ending = isolates.start(contractTasks.awaitValue, condition, value, 4, sync).result;
      {
        using guard = await condition.acquire();
        await condition.waitFor(guard, () => value.get() === 0, { timeout: MUST_HAPPEN });
      }
      for (let i = 0; i < 4; i++) {
        using guard = await condition.acquire();
        value.add(1);
        condition.notify(guard);
      }
      assertEquals(await within(MUST_HAPPEN, ending), "ok");
      const late = isolates.start(contractTasks.awaitValue, condition, value, 4, sync, 80).result;
      for (let i = 0; i < 3; i++) {
        using guard = await condition.acquire();
        condition.notify(guard);
      }
      assertEquals(await within(MUST_HAPPEN, late), "WaitTimeoutError");
    });

    check(`${how}: set() lets everybody through, clear() holds who comes then, a timeout ends it`, async () => {
      await using isolates = engine.isolates(4);
      const [event, waiting] = [new SharedEvent(), new Counter()];
      for (let round = 1; round <= 3; round++) {
        const all = several(isolates, 4, contractTasks.waitForEvent, event, waiting, sync);
        await until(() => waiting.get() === 4 * round, "all wait");
        // A worker that does not sleep yet passes as well: the event stays set until all have passed.
        event.set();
        assertEquals(await within(MUST_HAPPEN, all), Array(4).fill("ok"));
        event.clear();
        assertEquals(event.isSet, false);
      }
      const late = several(isolates, 4, contractTasks.waitForEvent, event, new Counter(), sync, 50);
      assertEquals(await within(MUST_HAPPEN, late), Array(4).fill("WaitTimeoutError"));
      const here = event.wait({ timeout: MUST_HAPPEN });
      await isolates.start(contractTasks.set, event).result;
      await here;
    });

    check(`${how}: each of those that meet gets another index, one of them 0, round after round`, async () => {
      await using isolates = engine.isolates(5);
      const barrier = new Barrier(5);
      for (let round = 0; round < 5; round++) {
        const indices = await within(MUST_HAPPEN, several(isolates, 5, contractTasks.meet, barrier, sync));
        assertEquals(indices.sort(), [0, 1, 2, 3, 4]);
        assertEquals([barrier.waiting, barrier.broken], [0, false]);
      }
    });

    check(`${how}: abort() breaks the barrier for all, until reset(); so does one whose time is up`, async () => {
      await using isolates = engine.isolates(5);
      const barrier = new Barrier(5);
      const aborted = await within(MUST_HAPPEN, several(isolates, 5, contractTasks.disturb, barrier, "abort", sync));
      assertEquals(aborted.sort(), [...Array(4).fill("BrokenBarrierError"), "abort"]);
      assertEquals(
        await within(MUST_HAPPEN, isolates.start(contractTasks.meet, barrier, sync).result),
        "BrokenBarrierError",
      );
      barrier.reset();
      const stay = several(isolates, 3, contractTasks.meet, barrier, sync);
      await until(() => barrier.waiting === 3, "three wait");
      assertEquals(
        await within(MUST_HAPPEN, isolates.start(contractTasks.meet, barrier, sync, 50).result),
        "WaitTimeoutError",
      );
      assertEquals(await within(MUST_HAPPEN, stay), Array(3).fill("BrokenBarrierError"));
      barrier.reset();
      const whole = await within(MUST_HAPPEN, several(isolates, 5, contractTasks.meet, barrier, sync));
      assertEquals(whole.sort(), [0, 1, 2, 3, 4]);
    });

    check(`${how}: reset() tells those that wait, and begins a round that is whole`, async () => {
      await using isolates = engine.isolates(5);
      const barrier = new Barrier(5);
      const reset = await within(MUST_HAPPEN, several(isolates, 5, contractTasks.disturb, barrier, "reset", sync));
      assertEquals(reset.sort(), [...Array(4).fill("BrokenBarrierError"), "reset"]);
      assertEquals([barrier.broken, barrier.waiting], [false, 0]);
      assertEquals((await within(MUST_HAPPEN, several(isolates, 5, contractTasks.meet, barrier, sync))).length, 5);
    });
  }

  check("a barrier keeps workers in step for 1,000 rounds", async () => {
    await using isolates = engine.isolates(4);
    const [barrier, array] = [new Barrier(4), new SharedArray("i32", 3)];
    await within(60_000, several(isolates, 4, contractTasks.lockstep, barrier, array, 1_000));
    assertEquals([...array], [4 * 1_000, 0, 1_000]);
  }, { deadline: 90_000 });

  check("every item that is put under a condition is taken once", async () => {
    await using isolates = engine.isolates(4);
    const [condition, items, taken] = [new Condition(), new Value("i32"), new Counter()];
    const all = several(isolates, 4, contractTasks.consume, condition, items, taken);
    for (let i = 0; i < 500; i++) {
      using guard = await condition.acquire();
      items.add(1);
      condition.notify(guard);
    }
    await until(() => taken.get() === 500, "all items are taken", 30_000);
    {
      using guard = await condition.acquire();
      items.set(-1);
      condition.notifyAll(guard);
    }
    await within(MUST_HAPPEN, all);
    assertEquals([taken.get(), items.get()], [500, -1]);
  }, { deadline: 60_000 });
};
