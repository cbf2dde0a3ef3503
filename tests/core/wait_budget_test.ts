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
  const budget = new WaitBudget(POLL, { cores: 2 });
  assertEquals(budget.begin(), POLL);
  budget.end(0.005);
  const share = wait(budget, 10_000, short);
  assert(share > 0.95 && share < 1, `${share}`);
});

Deno.test("a side whose answers take long sleeps at once, except for a few tries of polling", () => {
  const budget = new WaitBudget(POLL, { cores: 2 });
  wait(budget, 100, () => 10);
  const share = wait(budget, 10_000, () => 10);
  assert(share > 0 && share < 0.1, `${share}`);
});

Deno.test("polling that makes waits longer, as on a machine whose cores are busy, is given up", () => {
  const budget = new WaitBudget(POLL, { cores: 2 });
  wait(budget, 200, (polls) => polls ? 0.2 : 0.08);
  const share = wait(budget, 10_000, (polls) => polls ? 0.2 : 0.08);
  assert(share < 0.1, `${share}`);
});

Deno.test("one wait in a hundred that takes long, because a core was taken away, changes nothing", () => {
  const budget = new WaitBudget(POLL, { cores: 2 });
  let count = 0;
  const share = wait(budget, 10_000, (polls) => ++count % 100 === 0 ? 4 : short(polls));
  assert(share > 0.95, `${share}`);
});

Deno.test("three long waits one after another, now and then, change nothing", () => {
  const budget = new WaitBudget(2 * POLL, { cores: 2 });
  let count = 0;
  const waitOf = (polls: boolean) => ++count % 200 < 3 ? 4 : polls ? 0.005 : 0.025;
  wait(budget, 50_000, waitOf);
  const share = wait(budget, 50_000, waitOf);
  assert(share > 0.95, `${share}`);
});

Deno.test("the budget learns again: long answers, then short ones, then long ones", () => {
  const budget = new WaitBudget(POLL, { cores: 2 });
  for (let i = 0; i < 3; i++) {
    wait(budget, 1_000, () => 10);
    assert(wait(budget, 1_000, () => 10) < 0.1);
    wait(budget, 1_000, short);
    assert(wait(budget, 1_000, short) > 0.95);
  }
});

Deno.test("tries of polling that are in vain become rare: one wait in 256 in the end", () => {
  const budget = new WaitBudget(POLL, { cores: 2 });
  wait(budget, 1_000, () => 10);
  assertEquals(Math.round(wait(budget, 256 * 40, () => 10) * 256), 1);
});

Deno.test("a try in vain makes the next one twice as late, however many waits it has", () => {
  for (const tryLength of [1, 2, 4, 8]) {
    const budget = new WaitBudget(POLL, { cores: 2, tryLength });
    wait(budget, 1_000, () => 10);
    const gaps: number[] = [];
    let polled = 0, slept = 0;
    while (gaps.length < 7) {
      if (budget.begin() === 0) {
        slept++;
        budget.end(10);
        continue;
      }
      if (slept > 0) gaps.push(slept + 1);
      slept = 0;
      // Only the first of these tries finds something.
      budget.end(polled++ < tryLength ? 0.04 : 10);
    }
    // A try sets when the one after the next begins.
    assertEquals(gaps.slice(2), [16, 32, 64, 128, 256], `${tryLength} waits`);
  }
});

Deno.test("a try of several waits does not count the first one, which the other side does not follow yet", () => {
  // The first wait after a change takes as long as without it: the other side only sees the change then.
  let before = true;
  const follows = (polls: boolean) => {
    const took = before && polls ? 0.005 : 0.06;
    before = polls;
    return took;
  };
  for (const [tryLength, least, most] of [[1, 0, 0.1], [4, 0.95, 1]]) {
    before = false;
    const budget = new WaitBudget(POLL, { cores: 2, tryLength });
    wait(budget, 100, () => 10);
    wait(budget, 2_000, follows);
    const share = wait(budget, 5_000, follows);
    assert(share >= least && share < most, `${tryLength}: ${share}`);
  }
});

Deno.test("with a larger `longest`, polls that are followed by a long wait are given up, although most find something", () => {
  let count = 0;
  const busy = (polls: boolean) => !polls ? 0.1 : ++count % 4 === 0 ? 2 : 0.08;
  for (const [longest, least, most] of [[0.35, 0.9, 1], [1.2, 0, 0.1]]) {
    const budget = new WaitBudget(0.3, { cores: 2, maxRatio: 2, longest });
    wait(budget, 2_000, busy);
    const share = wait(budget, 5_000, busy);
    assert(share >= least && share < most, `${longest}: ${share}`);
  }
});

Deno.test("on one core a side never polls", () => {
  assertEquals(wait(new WaitBudget(POLL, { cores: 1 }), 1_000, short), 0);
});
