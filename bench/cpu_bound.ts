/**
 * How much faster two workers are than a loop in one thread, on tasks of pure arithmetic.
 *
 * @module
 */
import type { Bench } from "./kit/bench.ts";
import { bare, isopool, knitting, nodePools } from "./kit/contestants.ts";

const speedUp = (milliseconds: number): Bench => ({
  name: `cpu_bound_${milliseconds}ms`,
  what: `2 workers against one thread, tasks of ${milliseconds} ms`,
  unit: "x faster",
  better: "more",
  goal: { limit: 1.95 },
  contestants: [isopool, bare, knitting, ...nodePools],
});

export const cpuBound1: Bench = speedUp(1);
export const cpuBound10: Bench = speedUp(10);
