import { assert, assertEquals } from "@std/assert";
import type { Bench, Contestant, Effort, Goal, Outcome } from "../../bench/kit/bench.ts";
import { type Result, summarize, table } from "../../bench/kit/report.ts";
import { svg } from "../../bench/kit/svg.ts";

const FULL: Effort = { rounds: 3, budget: 1, scale: 1, warmUp: true };

function contestant(name: string): Contestant {
  return { name, runtime: "deno", driver: `${name}.mjs`, variant: "" };
}

function outcome(name: string, ...values: number[]): Outcome {
  return { contestant: contestant(name), samples: values.map((value) => ({ value, count: 1 })) };
}

function result(outcomes: Outcome[], goal?: Goal, more?: Partial<Bench>, effort = FULL): Result {
  const contestants = outcomes.map((each) => each.contestant);
  const bench: Bench = { name: "test", what: "a <test>", unit: "us", contestants, ...goal && { goal }, ...more };
  return summarize({ bench, outcomes }, effort);
}

Deno.test("ratios are taken round by round, so that a slow round hits both alike", () => {
  const [, other] = result([outcome("isopool", 1, 10, 2), outcome("other", 2, 20, 4)]).contestants;
  assertEquals(other.figure, { median: 4, min: 2, max: 20 });
  assertEquals(other.ratio, { median: 0.5, min: 0.5, max: 0.5 });
});

Deno.test("a goal against several contestants is met only if it is met against each that took part", () => {
  const outcomes = [outcome("isopool", 10), outcome("slow", 20), outcome("fast", 5)];
  assertEquals(result(outcomes, { limit: 1, against: ["slow"] }).met, true);
  assertEquals(result(outcomes, { limit: 1, against: ["slow", "fast"] }).met, false);
  assertEquals(result(outcomes, { limit: 1, against: ["slow", "absent"] }).met, true);
  assertEquals(result(outcomes, { limit: 1, against: ["absent"] }).met, undefined);
});

Deno.test("where more is better, a goal is a minimum", () => {
  assertEquals(result([outcome("isopool", 1.9)], { limit: 1.95 }, { better: "more" }).met, false);
  assertEquals(result([outcome("isopool", 1.96)], { limit: 1.95 }, { better: "more" }).met, true);
});

Deno.test("without a warm-up, no goal is judged", () => {
  const outcomes = [outcome("isopool", 10)];
  assertEquals(result(outcomes, { limit: 1 }, {}, { ...FULL, warmUp: false }).met, undefined);
  assert(table(result(outcomes, { limit: 1 }, {}, { ...FULL, warmUp: false })).includes("<= 1 us: not judged"));
});

Deno.test("a contestant that cannot take part is listed with the reason, and is neither in the table nor in the plot", () => {
  const absent: Outcome = { contestant: contestant("gone"), samples: [], unavailable: "has no map" };
  const summary = result([outcome("isopool", 1), absent]);
  assert(table(summary).includes("gone: not available: has no map"));
  assert(!svg([summary]).includes("gone"));
});

Deno.test("in the plot, what costs ten times as much is one decade to the right, whichever way is better", () => {
  const dots = (more?: Partial<Bench>, ...values: number[]) => {
    const plot = svg([result([outcome("isopool", 10), outcome("other", ...values)], undefined, more)]);
    return [...plot.matchAll(/<circle cx="([\d.]+)"/g)].map(([, x]) => Number(x));
  };
  const ticks = [...svg([result([outcome("isopool", 1)])]).matchAll(/<text x="([\d.]+)"[^>]*>x [\d.]+</g)]
    .map(([, x]) => Number(x));
  const decade = ticks[1] - ticks[0];
  const [own, slower] = dots({}, 100);
  assertEquals(Math.round(slower - own), Math.round(decade));
  const [ownAgain, weaker] = dots({ better: "more" }, 1);
  assertEquals(Math.round(weaker - ownAgain), Math.round(decade));
});

Deno.test("the plot's text is escaped", () => {
  const plot = svg([result([outcome("isopool", 1)])]);
  assert(plot.includes("a &lt;test&gt;") && !plot.includes("a <test>"));
});
