/**
 * Benchmarks of the chunk sizes that the pool chooses: maps of short items, of long ones, and of a few long ones among
 * many short ones. Every fixed chunk size is wrong for one of these maps; the pool's own sizes must not lose to any.
 *
 * @module
 */
import type { Bench } from "./kit/bench.ts";
import { bareChunked, having, isopool, pythonPool } from "./kit/contestants.ts";

const sizes = [1, 10, 100, 1_000].map((size) => having(isopool, `chunks of ${size}`, size));

const against = (name: string, items: string): Bench => ({
  name,
  what: `${items}, 2 workers against one thread`,
  unit: "x faster",
  better: "more",
  goal: { limit: 0.95, against: sizes.map(({ name }) => name) },
  contestants: [isopool, ...sizes, having(bareChunked, "chunks of 100", 100), pythonPool],
});

export const mapMixes: readonly Bench[] = [
  against("map_short", "100,000 items of 1 us"),
  against("map_long", "8 items of 100 ms"),
  against("map_mixed", "10,000 items of 1 us and 8 of 100 ms among them"),
  against("map_burst", "10,000 items of 1 us and 8 of 100 ms in a row"),
];
