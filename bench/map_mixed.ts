/**
 * A few long items among many short ones, where every fixed size of chunks is wrong for one of them: the sizes that the
 * pool chooses by itself must not lose to any.
 *
 * @module
 */
import type { Bench } from "./kit/bench.ts";
import { bareChunked, having, isopool, pythonPool } from "./kit/contestants.ts";

const sizes = [1, 10, 100, 1_000].map((size) => having(isopool, `chunks of ${size}`, size));

const mixed = (name: string, where: string): Bench => ({
  name,
  what: `10,000 items of 1 us and 8 of 100 ms ${where}, 2 workers against one thread`,
  unit: "x faster",
  better: "more",
  goal: { limit: 0.95, against: sizes.map(({ name }) => name) },
  contestants: [isopool, ...sizes, having(bareChunked, "chunks of 100", 100), pythonPool],
});

export const mapMixes: readonly Bench[] = [mixed("map_mixed", "among them"), mixed("map_burst", "in a row")];
