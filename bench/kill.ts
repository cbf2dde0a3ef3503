/**
 * From the wish to stop a task that spins until its caller knows and its thread does nothing more; no time of grace.
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
