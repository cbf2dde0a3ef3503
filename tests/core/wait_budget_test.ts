import { assert, assertEquals } from "@std/assert";
import { WaitBudget } from "../../lib/core/wait_budget.ts";

const POLL = 0.05;

/** Waits `count` times; returns the share of the waits that began with polling. `waitOf` says how long a wait takes. */
function wait(budget: WaitBudget, count: number, waitOf: (polls: boolean) => number): number {
  let polled = 0;
  for (let i = 0; i < count; i++) {
    const polls = budget.begin() > 0;
    polled += Number(polls);
    budget.end(waitOf(polls));
  }
  return polled / count;
}

const short = (polls: boolean) => polls ? 0.005 : 0.06;

Deno.test("a side whose answers come soon polls for them, except for a few tries of sleeping at once", () => {
  const budget = new WaitBudget(POLL, 2);
  assertEquals(budget.begin(), POLL);
  budget.end(0.005);
  const share = wait(budget, 10_000, short);
  assert(share > 0.95 && share < 1, `${share}`);
});

Deno.test("a side whose answers take long sleeps at once, except for a few tries of polling", () => {
  const budget = new WaitBudget(POLL, 2);
  wait(budget, 100, () => 10);
  const share = wait(budget, 10_000, () => 10);
  assert(share > 0 && share < 0.1, `${share}`);
});

Deno.test("polling that makes waits longer, as on a machine whose cores are busy, is given up", () => {
  const budget = new WaitBudget(POLL, 2);
  wait(budget, 200, (polls) => polls ? 0.2 : 0.08);
  const share = wait(budget, 10_000, (polls) => polls ? 0.2 : 0.08);
  assert(share < 0.1, `${share}`);
});

Deno.test("one wait in a hundred that takes long, because a core was taken away, changes nothing", () => {
  const budget = new WaitBudget(POLL, 2);
  let count = 0;
  const share = wait(budget, 10_000, (polls) => ++count % 100 === 0 ? 4 : short(polls));
  assert(share > 0.95, `${share}`);
});

Deno.test("three long waits one after another, now and then, change nothing", () => {
  const budget = new WaitBudget(2 * POLL, 2);
  let count = 0;
  const waitOf = (polls: boolean) => ++count % 200 < 3 ? 4 : polls ? 0.005 : 0.025;
  wait(budget, 50_000, waitOf);
  const share = wait(budget, 50_000, waitOf);
  assert(share > 0.95, `${share}`);
});

Deno.test("the budget learns again: long answers, then short ones, then long ones", () => {
  const budget = new WaitBudget(POLL, 2);
  for (let i = 0; i < 3; i++) {
    wait(budget, 1_000, () => 10);
    assert(wait(budget, 1_000, () => 10) < 0.1);
    wait(budget, 1_000, short);
    assert(wait(budget, 1_000, short) > 0.95);
  }
});

Deno.test("on one core a side never polls", () => {
  assertEquals(wait(new WaitBudget(POLL, 1), 1_000, short), 0);
});
