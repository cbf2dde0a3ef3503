/**
 * Benchmark of a pool's start: from its constructor to the first result, in a process that has opened a pool before.
 *
 * @module
 */
import type { Bench } from "./kit/bench.ts";
import { bare, bareNode, bareWeb, isopool, peerPools, pythons } from "./kit/contestants.ts";

export const startUp: Bench = {
  name: "start_up",
  what: "first result of a fresh pool of 2",
  unit: "ms",
  goal: { limit: 1.3, against: [bare.name] },
  contestants: [isopool, bare, bareWeb, bareNode, ...peerPools, ...pythons],
};
