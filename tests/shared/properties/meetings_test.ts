/** Random meetings: barriers, events, conditions, with parties that are late, give up, break it, or are killed. */
import { assert, assertEquals } from "@std/assert";
import { Barrier, Condition, Counter, SharedArray, SharedEvent } from "@isopool/isopool";
import fc from "fast-check";
import { doomed } from "../../contract/shared/engine.ts";
import { leavesNothing } from "../../support/leaks.ts";
import { DEADLINE, runs } from "../../support/properties.ts";
import { MUST_HAPPEN, pause, test, timed, until, within } from "../../support/within.ts";
import { type Coming, Sleepers } from "./programs.ts";
import { ENGINES, programs } from "./view.ts";

const PARTIES = 3;

const coming: fc.Arbitrary<Coming> = fc.record({
  sync: fc.boolean(),
  timeout: fc.oneof(
    { weight: 8, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom(0, 1, 3) },
  ),
  late: fc.boolean(),
  act: fc.oneof({ weight: 15, arbitrary: fc.constant("wait" as const) }, fc.constant("abort" as const)),
});
/** One generation: how each comes, who is killed and after how many milliseconds. */
const generation = fc.record({
  comings: fc.array(coming, { minLength: PARTIES, maxLength: PARTIES }),
  killed: fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    fc.record({ who: fc.nat(PARTIES - 1), after: fc.nat(4) }),
  ),
});

for (const engine of ENGINES) {
  test(`${engine.name}: a generation of a barrier passes or breaks, for all of its parties`, async () => {
    await using crew = engine.crew(PARTIES);
    await fc.assert(
      fc.asyncProperty(fc.array(generation, { minLength: 1, maxLength: 5 }), async (generations) => {
        const barrier = new Barrier(PARTIES);
        for (const { comings, killed } of generations) {
          const all = comings.map((each) => doomed(crew.start(programs.come, barrier, each)));
          const told = Promise.all(all.map(({ result }) => timed(result)));
          if (killed !== undefined) {
            await pause(killed.after);
            all[killed.who].stop();
            await within(MUST_HAPPEN, timed(all[killed.who].result));
            // It may have died before it came, which the barrier cannot know.
            barrier.abort();
          } else if (comings.some(({ act }) => act === "abort")) {
            await until(() => barrier.broken, "it is broken");
            // Those that look late find another generation, and must not take it for theirs.
            barrier.reset();
            barrier.abort();
          }
          const ends = await within(MUST_HAPPEN, told, "the generation");
          const values = ends.map(({ value, error }) => value ?? (error as Error).name);
          const others = values.filter((value) => value !== "CancelledError" && value !== "abort");
          const passed = others.filter((value) => typeof value === "number");
          assert(passed.length === 0 || passed.length === others.length, `passed and broken: ${values}`);
          assert(new Set(passed).size === passed.length && passed.every((index) => index < PARTIES), `${values}`);
          const whole = killed === undefined &&
            comings.every(({ act, timeout }) => act === "wait" && timeout === undefined);
          if (whole) assertEquals([passed.length, barrier.broken, barrier.waiting], [PARTIES, false, 0]);
          barrier.reset();
          assertEquals([barrier.broken, barrier.waiting], [false, 0]);
        }
      }),
      runs(25),
    );
  }, DEADLINE);

  test(`${engine.name}: an event lets through who waits when it is set, and nobody while it is clear`, async () => {
    await using crew = engine.crew(PARTIES);
    const syncs = fc.array(fc.boolean(), { minLength: 1, maxLength: 20 });
    // What is done to it, and after how many turns of the loop.
    const changes = fc.array(fc.tuple(fc.constantFrom("set", "clear", "flash"), fc.nat(2)), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(syncs, { minLength: PARTIES, maxLength: PARTIES }),
        fc.option(fc.nat(PARTIES - 1)),
        changes,
        async (lists, killed, plan) => {
          const [event, sets, clears] = [new SharedEvent(), new Counter(), new Counter()];
          const all = lists.map((list) => doomed(crew.start(programs.watch, event, sets, clears, list)));
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
    await using crew = engine.crew(PARTIES);
    const counts = fc.array(fc.tuple(fc.nat(PARTIES + 1), fc.boolean()), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(waits(fc.constant(undefined)), counts, async (lists, plan) => {
        const [condition, words] = [new Condition(), new SharedArray("i32", 3)];
        const all = lists.map((list) => crew.start(programs.sleepAll, condition, words, list).result);
        let notified = 0;
        // Those that were notified and have not got the lock yet still count themselves among the waiting.
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
          // Time for one too many to show.
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
    await using crew = engine.crew(PARTIES);
    const limits = fc.oneof(fc.constant(undefined), fc.constantFrom(0, 1, 4));
    await fc.assert(
      fc.asyncProperty(waits(limits), fc.nat(6), async (lists, after) => {
        const [condition, words] = [new Condition(), new SharedArray("i32", 3)];
        const all = lists.map((list) => doomed(crew.start(programs.sleepAll, condition, words, list)));
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
        // From here on nobody dies: one at a time is enough for all that are left.
        let over = false;
        void ends.then(() => over = true);
        await until(async () => {
          await notify(1);
          return over;
        }, "all have woken or given up");
        const [, ...others] = await ends;
        assertEquals(others.map(({ error }) => (error as Error)?.name), others.map(() => undefined));
        const [, woken, gaveUp] = words;
        const least = lists.slice(1).flat().length;
        assert(woken <= notified, `${woken} of ${notified}`);
        assert(woken + gaveUp >= least && woken + gaveUp <= lists.flat().length, `${woken} + ${gaveUp}, ${least}`);
      }),
      runs(20),
    );
  }, DEADLINE);
}

leavesNothing();
