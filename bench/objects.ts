/**
 * Benchmarks of objects that go to a worker and come back unchanged, 500 in flight: a small object, and one with lists of
 * objects.
 *
 * @module
 */
import type { Bench } from "./kit/bench.ts";
import { bare, bareChunked, isopool, peerPools, pythons } from "./kit/contestants.ts";

const objects = (name: string, what: string): Bench => ({
  name,
  what: `${what} there and back, 500 in flight`,
  unit: "us a task",
  goal: { limit: 0.8, against: ["knitting"] },
  contestants: [isopool, bare, bareChunked, ...peerPools, ...pythons],
});

export const objectBenches: readonly Bench[] = [
  objects("objects_small", "objects of 100 bytes"),
  objects("objects_nested", "nested objects of 1.5 KB"),
];
