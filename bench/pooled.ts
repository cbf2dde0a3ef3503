/**
 * Benchmarks of limited concurrency on one event loop: 10,000 trivial asynchronous calls, 100 at once; without options,
 * and with each option by itself.
 *
 * @module
 */
import type { Bench } from "./kit/bench.ts";
import { handLoop, having, isopoolPooled, limiters, pythonThreads } from "./kit/contestants.ts";

const OPTIONS = ["timeout", "retry", "rate", "signal", "unordered", "settle", "progress"];

export const pooled: Bench = {
  name: "pooled",
  what: "10,000 asynchronous calls, 100 at once",
  unit: "us a call",
  goal: { limit: 2, against: [handLoop.name] },
  contestants: [isopoolPooled, handLoop, ...limiters, pythonThreads],
};

export const pooledOptions: Bench = {
  name: "pooled_options",
  what: "the same with an option that has no effect",
  unit: "us a call",
  contestants: [isopoolPooled, ...OPTIONS.map((option) => having(isopoolPooled, option, option))],
};
