/**
 * One trivial task at a time: submit, wait, submit the next.
 *
 * @module
 */
import type { Bench } from "./kit/bench.ts";
import {
  bare,
  bareNode,
  bareShared,
  isopool,
  knitting,
  nodePools,
  pythonExecutor,
  pythonPool,
} from "./kit/contestants.ts";

export const roundTrip: Bench = {
  name: "round_trip",
  what: "one trivial task at a time",
  unit: "us",
  goal: { limit: 0.7, against: "knitting" },
  contestants: [isopool, bare, bareShared, bareNode, knitting, ...nodePools, pythonPool, pythonExecutor],
};
