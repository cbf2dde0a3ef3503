/**
 * Limited concurrency on one event loop: 10,000 trivial asynchronous calls, 100 at once.
 *
 * @module
 */
import type { Bench } from "./kit/bench.ts";
import { handLoop, isopool, limiters, pythonThreads } from "./kit/contestants.ts";

export const pooled: Bench = {
  name: "pooled",
  what: "10,000 asynchronous calls, 100 at once",
  unit: "us a call",
  goal: { limit: 2, against: handLoop.name },
  contestants: [isopool, handLoop, ...limiters, pythonThreads],
};
