/**
 * Benchmark of what `map` costs an item: a million items whose task is one addition.
 *
 * @module
 */
import type { Bench } from "./kit/bench.ts";
import { bareChunked, isopool, pythons } from "./kit/contestants.ts";

export const mapTrivial: Bench = {
  name: "map_trivial",
  what: "map of 10^6 trivial items",
  unit: "us an item",
  goal: { limit: 1.2, against: [bareChunked.name] },
  contestants: [isopool, bareChunked, ...pythons],
};
