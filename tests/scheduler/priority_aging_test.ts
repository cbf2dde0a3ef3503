import { assert, assertEquals } from "@std/assert";
import { type AgingLevel, PriorityAging } from "../../lib/scheduler/priority_aging.ts";
import { ManualClock } from "./manual_clock.ts";

const level = (priority: number): AgingLevel & { ready: boolean } => ({ priority, ready: true, passedOverSince: 0 });

/** Serves what is chosen, once every 100 ms, and returns the priorities. */
async function serve(aging: PriorityAging<AgingLevel>, levels: AgingLevel[], clock: ManualClock, times: number) {
  const served: number[] = [];
  for (let i = 0; i < times; i++) {
    const chosen = aging.choose(levels, levels.find(({ ready }) => ready)!);
    aging.served(chosen);
    served.push(chosen.priority);
    await clock.advance(100);
  }
  return served;
}

Deno.test("PriorityAging: each level that was passed over for its time has one turn, the longest first", async () => {
  using clock = new ManualClock();
  const [high, middle, low] = [level(5), level(1), level(-1)];
  const aging = new PriorityAging<AgingLevel>(1_000);
  const served = await serve(aging, [high, middle, low], clock, 200);
  const turns = (priority: number) => served.filter((each) => each === priority).length;
  // In 20 s each has a turn about every 1.1 s.
  for (const priority of [1, -1]) {
    const count = turns(priority);
    assert(count >= 15 && count <= 20, `priority ${priority} had ${count} turns`);
  }
  assertEquals(served.slice(0, 10), Array(10).fill(5));
  // A level whose calls have been cancelled meanwhile has no turn.
  middle.ready = false;
  assertEquals((await serve(aging, [high, middle, low], clock, 50)).includes(1), false);
});

Deno.test("PriorityAging: with Infinity, and before a nested call, the highest goes first for ever", async () => {
  using clock = new ManualClock();
  assertEquals(new Set(await serve(new PriorityAging(Infinity), [level(5), level(0)], clock, 500)), new Set([5]));
  assertEquals(
    new Set(await serve(new PriorityAging(10), [level(Infinity), level(0)], clock, 500)),
    new Set([Infinity]),
  );
});
