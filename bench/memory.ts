/**
 * What an idle worker costs: growth of a fresh process by a pool of four, a fourth of it.
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
