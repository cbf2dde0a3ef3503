/**
 * Benchmark of items that a generator in a worker yields and the host reads one by one. The contestants `bare` and
 * `bareChunked` have no backpressure.
 *
 * @module
 */
import type { Bench } from "./kit/bench.ts";
import { bare, bareChunked, isopool } from "./kit/contestants.ts";

export const stream: Bench = {
  name: "stream",
  what: "10^5 numbers yielded by a task",
  unit: "us an item",
  contestants: [isopool, bare, bareChunked],
};
