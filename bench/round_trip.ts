/**
 * Benchmark of one trivial task at a time: submit, await, submit the next. Against workers without a library (`bare...`),
 * and against other pools.
 *
 * @module
 */
import type { Bench } from "./kit/bench.ts";
import { bare, bareNode, bareWait, bareWeb, isopool, peerPools, pythons } from "./kit/contestants.ts";

export const roundTrip: Bench = {
  name: "round_trip",
  what: "one trivial task at a time",
  unit: "us",
  goal: { limit: 0.7, against: ["knitting"] },
  contestants: [isopool, bare, bareWeb, bareWait, bareNode, ...peerPools, ...pythons],
};
