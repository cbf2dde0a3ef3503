/**
 * A small nested object to a worker and back, 500 in flight.
 *
 * @module
 */
import type { Bench } from "./kit/bench.ts";
import { bare, bareChunked, isopool, knitting, nodePools, pythonExecutor, pythonPool } from "./kit/contestants.ts";

export const objects: Bench = {
  name: "objects",
  what: "small objects there and back, 500 in flight",
  unit: "us a task",
  goal: { limit: 0.7, against: "knitting" },
  contestants: [isopool, bare, bareChunked, knitting, ...nodePools, pythonPool, pythonExecutor],
};
