/**
 * Benchmarks of trivial tasks submitted at once and awaited together: 1,000, and 100,000. The time of one task must not
 * grow with their number.
 *
 * @module
 */
import type { Bench } from "./kit/bench.ts";
import { bare, bareChunked, bareNode, isopool, peerPools, pythons } from "./kit/contestants.ts";

const inFlight = (name: string, count: string): Bench => ({
  name,
  what: `${count} trivial tasks in flight`,
  unit: "us a task",
  goal: { limit: 1, against: ["knitting"] },
  contestants: [isopool, bare, bareChunked, bareNode, ...peerPools, ...pythons],
});

export const inFlights: readonly Bench[] = [
  inFlight("in_flight_1k", "1,000"),
  inFlight("in_flight_100k", "100,000"),
];
