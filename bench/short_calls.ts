/**
 * Benchmarks of short calls alone: a few in flight, of a known duration, at a fixed rate; and the CPU use of an idle pool.
 *
 * @module
 */
import type { Bench, Goal } from "./kit/bench.ts";
import { bare, bareWeb, isopool, knitting } from "./kit/contestants.ts";

const CONTESTANTS = [isopool, bare, bareWeb, knitting];

const short = (name: string, what: string, unit: string, goal: Goal): Bench => (
  { name, what, unit, goal, contestants: CONTESTANTS }
);

export const shortCalls: readonly Bench[] = [
  short("in_flight_10", "10 trivial tasks in flight", "us a task", { limit: 1, against: ["knitting"] }),
  short("object_small", "one object of 100 bytes at a time, there and back", "us", {
    limit: 0.8,
    against: ["knitting"],
  }),
  // The limit: the duration of the task, and what a call may cost.
  short("busy_20us", "tasks of 20 us, one at a time", "us", { limit: 30 }),
  short("busy_300us", "tasks of 300 us, one at a time", "us", { limit: 330 }),
  short("paced", "a trivial task each millisecond", "us", { limit: 40 }),
  short("idle_cpu", "a pool that has worked and does nothing", "% of a core", { limit: 1 }),
];
