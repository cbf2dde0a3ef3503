/**
 * Benchmark of stopping a task that spins: from `cancel()` until the call has settled and the thread has stopped, with a
 * grace of 0.
 *
 * @module
 */
import type { Bench } from "./kit/bench.ts";
import { bare, bareNode, isopool, nodePools } from "./kit/contestants.ts";

export const kill: Bench = {
  name: "kill",
  what: "stop a spinning task",
  unit: "ms",
  goal: { limit: 10, of: "p99" },
  contestants: [isopool, bare, bareNode, ...nodePools],
};
