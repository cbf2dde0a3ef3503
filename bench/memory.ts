/**
 * Benchmark of the memory of an idle worker: what a pool of four adds to a fresh process, divided by four.
 *
 * @module
 */
import type { Bench } from "./kit/bench.ts";
import { bare, bareNode, bareWeb, isopool, peerPools } from "./kit/contestants.ts";

export const memory: Bench = {
  name: "memory",
  what: "resident memory of an idle worker",
  unit: "MiB",
  fresh: true,
  goal: { limit: 1.1, against: [bare.name] },
  contestants: [isopool, bare, bareWeb, bareNode, ...peerPools],
};
