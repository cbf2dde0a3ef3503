/**
 * Benchmarks of calls on a worker host over Redis, against BullMQ by hand on the same machine: with jobs that run on the
 * event loop of its worker, where a long one would block the renewal of the locks, and on its worker threads.
 *
 * @module
 */
import type { Bench } from "./kit/bench.ts";
import { bullmq, bullmqThreads, isopoolCluster } from "./kit/contestants.ts";

const contestants = [isopoolCluster, bullmq, bullmqThreads];
const goal = { limit: 1.2, against: [bullmq.name] };

export const clusterBenches: readonly Bench[] = [
  { name: "cluster_round_trip", what: "one trivial task at a time, over Redis", unit: "us", goal, contestants },
  { name: "cluster_in_flight_64", what: "64 trivial tasks in flight, over Redis", unit: "us", goal, contestants },
  { name: "cluster_bulk", what: "a map of 3,000 trivial items, over Redis", unit: "us", goal, contestants },
];
