/**
 * A thousand trivial tasks submitted at once, awaited together.
 *
 * @module
 */
import type { Bench } from "./kit/bench.ts";
import {
  bare,
  bareChunked,
  bareNode,
  isopool,
  knitting,
  nodePools,
  pythonExecutor,
  pythonPool,
} from "./kit/contestants.ts";

export const inFlight: Bench = {
  name: "in_flight",
  what: "1,000 trivial tasks in flight",
  unit: "us a task",
  goal: { limit: 0.5, against: "knitting" },
  contestants: [isopool, bare, bareChunked, bareNode, knitting, ...nodePools, pythonPool, pythonExecutor],
};
