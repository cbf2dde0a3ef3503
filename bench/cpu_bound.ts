/**
 * Benchmarks of the speed-up by two workers over a loop in one thread, on tasks of pure arithmetic.
 *
 * @module
 */
import type { Bench } from "./kit/bench.ts";
import { bare, isopool, peerPools, pythons } from "./kit/contestants.ts";

const cpuBound = (count: string, milliseconds: number): Bench => ({
  name: `cpu_bound_${milliseconds}ms`,
  what: `map of ${count} items of ${milliseconds} ms, 2 workers against one thread`,
  unit: "x faster",
  better: "more",
  goal: { limit: 1.95 }, // of 2 workers at most 2
  contestants: [isopool, bare, ...peerPools, ...pythons],
});

// The counts are those of workloads/maps.mjs.
export const cpuBounds: readonly Bench[] = [cpuBound("1,000", 1), cpuBound("100", 10), cpuBound("20", 100)];
