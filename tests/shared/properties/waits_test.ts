/** Random waits at barriers, for events and in conditions, with threads that are late, give up, abort, or are killed. */
import { assert, assertEquals } from "@std/assert";
import { Barrier, Condition, Counter, SharedArray, SharedEvent } from "@isopool/isopool";
import fc from "fast-check";
import { mayFail } from "../../contract/shared/engine.ts";
import { leavesNothing } from "../../support/leaks.ts";
import { DEADLINE, runs } from "../../support/properties.ts";
import { MUST_HAPPEN, pause, test, timed, until, within } from "../../support/within.ts";
import { type Party, Sleepers } from "./programs.ts";
import { ENGINES, programs } from "./view.ts";

const PARTIES = 3;

const party: fc.Arbitrary<Party> = fc.record({
  sync: fc.boolean(),
  timeout: fc.oneof(
    { weight: 8, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom(0, 1, 3) },
  ),
  late: fc.boolean(),
  act: fc.oneof({ weight: 15, arbitrary: fc.constant("wait" as const) }, fc.constant("abort" as const)),
});
/** One generation: its parties, and the party that is killed after so many milliseconds. */
const generation = fc.record({
  parties: fc.array(party, { minLength: PARTIES, maxLength: PARTIES }),
  killed: fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    fc.record({ index: fc.nat(PARTIES - 1), after: fc.nat(4) }),
  ),
});

for (const engine of ENGINES) {
  test(`${engine.name}: a generation of a barrier passes or breaks, for all of its parties`, async () => {
    await using isolates = engine.isolates(PARTIES);
    await fc.assert(
      fc.asyncProperty(fc.array(generation, { minLength: 1, maxLength: 5 }), async (generations) => {
        const barrier = new Barrier(PARTIES);
        for (const { parties, killed } of generations) {
          const all = parties.map((each) => mayFail(isolates.start(programs.waitAtBarrier, barrier, each)));
          const endings = Promise.all(all.map(({ result }) => timed(result)));
          if (killed !== undefined) {
            await pause(killed.after);
            all[killed.index].stop();
            await within(MUST_HAPPEN, timed(all[killed.index].result));
            // The party may have died before it arrived, where the barrier cannot see it.
            barrier.abort();
          } else if (parties.some(({ act }) => act === "abort")) {
            await until(() => barrier.broken, "it is broken");
            // Parties that wake late find another generation, and must not take it for their own.
            barrier.reset();
            barrier.abort();
          }
          const ends = await within(MUST_HAPPEN, endings, "the generation");
          const values = ends.map(({ value, error }) => value ?? (error as Error).name);
          const others = values.filter((value) => value !== "CancelledError" && value !== "abort");
          const passed = others.filter((value) => typeof value === "number");
          assert(passed.length === 0 || passed.length === others.length, `passed and broken: ${values}`);
          assert(new Set(passed).size === passed.length && passed.every((index) => index < PARTIES), `${values}`);
          const whole = killed === undefined &&
            parties.every(({ act, timeout }) => act === "wait" && timeout === undefined);
          if (whole) assertEquals([passed.length, barrier.broken, barrier.waiting], [PARTIES, false, 0]);
          barrier.reset();
          assertEquals([barrier.broken, barrier.waiting], [false, 0]);
        }
      }),
      runs(25),
    );
  }, DEADLINE);

  test(`${engine.name}: an event lets its waiters pass when it is set, and none while it is clear`, async () => {
    await using isolates = engine.isolates(PARTIES);
    const syncs = fc.array(fc.boolean(), { minLength: 1, maxLength: 20 });
    // The changes of the event, each followed by so many turns of the event loop.
    const changes = fc.array(fc.tuple(fc.constantFrom("set", "clear", "flash"), fc.nat(2)), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(syncs, { minLength: PARTIES, maxLength: PARTIES }),
        fc.option(fc.nat(PARTIES - 1)),
        changes,
        async (lists, killed, plan) => {
          const [event, sets, clears] = [new SharedEvent(), new Counter(), new Counter()];
          const all = lists.map((list) => mayFail(isolates.start(programs.watch, event, sets, clears, list)));
          const set = () => {
            if (!event.isSet) sets.add();
            event.set();
          };
          const clear = () => {
            const was = event.isSet;
            event.clear();
            if (was) clears.add();
          };
          for (const [change, turns] of plan) {
            if (change !== "clear") set();
            if (change !== "set") clear();
            for (let i = 0; i < turns; i++) await pause(0);
          }
          if (killed !== null) all[killed].stop();
          set();
          const ends = await within(MUST_HAPPEN, Promise.all(all.map(({ result }) => timed(result))));
          ends.forEach(({ value, error }, i) => {
            if (i === killed && error !== undefined) assertEquals((error as Error).name, "CancelledError");
            else assertEquals([value, error], [0, undefined]);
          });
        },
      ),
      runs(25),
    );
  }, DEADLINE);

  const waits = (limits: fc.Arbitrary<number | undefined>) =>
    fc.array(
      fc.array(fc.record({ sync: fc.boolean(), timeout: limits }), { minLength: 1, maxLength: 12 }),
      { minLength: PARTIES, maxLength: PARTIES },
    );

  test(`${engine.name}: notify(n) wakes exactly n of those that wait, or all`, async () => {
    await using isolates = engine.isolates(PARTIES);
    const counts = fc.array(fc.tuple(fc.nat(PARTIES + 1), fc.boolean()), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(waits(fc.constant(undefined)), counts, async (lists, plan) => {
        const [condition, words] = [new Condition(), new SharedArray("i32", 3)];
        const all = lists.map((list) => isolates.start(programs.sleepAll, condition, words, list).result);
        let notified = 0;
        // Waiters that were notified and do not have the lock yet still count as waiting.
        const asleep = () => words.get(Sleepers.WAITING) - (notified - words.get(Sleepers.WOKEN));
        const notify = async (count: number) => {
          using guard = await condition.acquire();
          notified += Math.min(count, asleep());
          condition.notify(guard, count);
        };
        for (const [count, slowly] of plan) {
          for (let i = 0; slowly && i < 5 && asleep() < PARTIES; i++) await pause(1);
          await notify(count);
          if (!slowly) continue;
          await until(() => words.get(Sleepers.WOKEN) >= notified, "they have woken");
          // Time in which a wake-up too many would show.
          await pause(2);
          assertEquals(words.get(Sleepers.WOKEN), notified);
        }
        const total = lists.flat().length;
        await until(async () => {
          await notify(PARTIES);
          return words.get(Sleepers.WOKEN) === total;
        }, "all have woken");
        await within(MUST_HAPPEN, Promise.all(all));
        assertEquals([notified, words.get(Sleepers.WAITING), condition.lock.locked], [total, 0, false]);
      }),
      runs(20),
    );
  }, DEADLINE);

  test(`${engine.name}: no notification is lost with a waiter that gives up or is killed`, async () => {
    await using isolates = engine.isolates(PARTIES);
    const limits = fc.oneof(fc.constant(undefined), fc.constantFrom(0, 1, 4));
    await fc.assert(
      fc.asyncProperty(waits(limits), fc.nat(6), async (lists, after) => {
        const [condition, words] = [new Condition(), new SharedArray("i32", 3)];
        const all = lists.map((list) => mayFail(isolates.start(programs.sleepAll, condition, words, list)));
        const ends = Promise.all(all.map(({ result }) => timed(result)));
        let notified = 0;
        const notify = async (count: number) => {
          using guard = await condition.acquire({ timeout: MUST_HAPPEN, recover: true });
          notified += count;
          condition.notify(guard, count);
        };
        await pause(after);
        all[0].stop();
        await within(MUST_HAPPEN, timed(all[0].result));
        // No thread dies from here on, so one notification at a time wakes all that are left.
        let over = false;
        void ends.then(() => over = true);
        await until(async () => {
          await notify(1);
          return over;
        }, "all have woken or given up");
        const [, ...others] = await ends;
        assertEquals(others.map(({ error }) => (error as Error)?.name), others.map(() => undefined));
        const [, woken, gaveUp] = words;
        const min = lists.slice(1).flat().length;
        assert(woken <= notified, `${woken} of ${notified}`);
        assert(woken + gaveUp >= min && woken + gaveUp <= lists.flat().length, `${woken} + ${gaveUp}, ${min}`);
      }),
      runs(20),
    );
  }, DEADLINE);
}

leavesNothing();
