/**
 * Benchmarks of a number that is incremented under a lock, by one thread and by two at once.
 *
 * @module
 */
import type { Bench } from "./kit/bench.ts";
import { atomics, isopoolShared, isopoolUsing, pythonShared } from "./kit/contestants.ts";

export const locks: readonly Bench[] = [
  {
    name: "lock",
    what: "locked increment, one thread",
    unit: "us",
    goal: { limit: 0.1 },
    contestants: [isopoolShared, isopoolUsing, atomics, pythonShared],
  },
  {
    name: "lock_contended",
    what: "locked increment, two threads at once",
    unit: "us an increment",
    goal: { limit: 1, against: [pythonShared.name] },
    contestants: [isopoolShared, isopoolUsing, atomics, pythonShared],
  },
];
