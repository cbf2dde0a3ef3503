/**
 * Benchmarks of backend "process" against processes without a library and Python's.
 *
 * @module
 */
import type { Bench } from "./kit/bench.ts";
import { fork, isopoolProcess, pythonExecutor, pythonSpawn, unixSocket } from "./kit/contestants.ts";

const contestants = [isopoolProcess, unixSocket, fork, pythonExecutor];

export const processBenches: readonly Bench[] = [
  {
    name: "process_round_trip",
    what: "one trivial task at a time, in processes",
    unit: "us",
    goal: { limit: 1.3, against: [unixSocket.name] },
    contestants,
  },
  {
    name: "process_round_trip_1",
    what: "one trivial task at a time, in one process",
    unit: "us",
    goal: { limit: 1.3, against: [unixSocket.name] },
    contestants: [isopoolProcess, unixSocket],
  },
  {
    name: "process_64MB",
    what: "64 MB to a process and back, each way",
    unit: "GB/s",
    better: "more",
    goal: { limit: 1 },
    contestants,
  },
  {
    name: "process_start",
    what: "first result of a fresh pool of 2 processes",
    unit: "ms",
    goal: { limit: 1.2, against: [unixSocket.name] },
    contestants: [...contestants, pythonSpawn],
  },
];
