import { assert, assertEquals } from "@std/assert";
import { WaitBudget } from "../../lib/core/wait_budget.ts";

const LOOK = 0.05;

/** Waits `count` times; returns the share of the waits that began with a look. `waitOf` says how long a wait takes. */
function wait(budget: WaitBudget, count: number, waitOf: (looks: boolean) => number): number {
  let looked = 0;
  for (let i = 0; i < count; i++) {
    const looks = budget.begin() > 0;
    looked += Number(looks);
    budget.end(waitOf(looks));
  }
  return looked / count;
}

const short = (looks: boolean) => looks ? 0.005 : 0.06;

Deno.test("a side whose answers come soon looks for them, but for a few trials of sleeping at once", () => {
  const budget = new WaitBudget(LOOK, 2);
  assertEquals(budget.begin(), LOOK);
  budget.end(0.005);
  const share = wait(budget, 10_000, short);
  assert(share > 0.95 && share < 1, `${share}`);
});

Deno.test("a side whose answers take long sleeps at once, but for a few trials", () => {
  const budget = new WaitBudget(LOOK, 2);
  wait(budget, 100, () => 10);
  const share = wait(budget, 10_000, () => 10);
  assert(share > 0 && share < 0.1, `${share}`);
});

Deno.test("a look that makes waits longer, as on a machine whose cores are busy, is given up", () => {
  const budget = new WaitBudget(LOOK, 2);
  wait(budget, 200, (looks) => looks ? 0.2 : 0.08);
  const share = wait(budget, 10_000, (looks) => looks ? 0.2 : 0.08);
  assert(share < 0.1, `${share}`);
});

Deno.test("one wait in a hundred that takes long, because a core was taken away, changes nothing", () => {
  const budget = new WaitBudget(LOOK, 2);
  let count = 0;
  const share = wait(budget, 10_000, (looks) => ++count % 100 === 0 ? 4 : short(looks));
  assert(share > 0.95, `${share}`);
});

Deno.test("three long waits one after another, now and then, change nothing", () => {
  const budget = new WaitBudget(2 * LOOK, 2);
  let count = 0;
  const waitOf = (looks: boolean) => ++count % 200 < 3 ? 4 : looks ? 0.005 : 0.025;
  wait(budget, 50_000, waitOf);
  const share = wait(budget, 50_000, waitOf);
  assert(share > 0.95, `${share}`);
});

Deno.test("the budget learns again: long answers, then short ones, then long ones", () => {
  const budget = new WaitBudget(LOOK, 2);
  for (let i = 0; i < 3; i++) {
    wait(budget, 1_000, () => 10);
    assert(wait(budget, 1_000, () => 10) < 0.1);
    wait(budget, 1_000, short);
    assert(wait(budget, 1_000, short) > 0.95);
  }
});

Deno.test("on one core a side never looks", () => {
  assertEquals(wait(new WaitBudget(LOOK, 1), 1_000, short), 0);
});
