/**
 * What failures of items do to a map: {@linkcode OnError}, and the outcomes that `"settle"` gives.
 *
 * @module
 */

/**
 * What the failure of an item does to its map. `"throw"`: the first failure ends the map. `"settle"`: all items run, and
 * each result is a {@linkcode Settled}. `"aggregate"`: all items run, then the map throws all failures as one
 * `AggregateError`, which keeps every failure in memory: use `"settle"` in a loop over an endless input.
 */
export type OnError = "throw" | "settle" | "aggregate";

/**
 * How an item of a map with `onError: "settle"` ended: a `PromiseSettledResult` with the position of the item. Results that
 * come in another order than the items need it.
 *
 * @typeParam R The item's result.
 */
export type Settled<R> = PromiseSettledResult<R> & {
  /** Position of the item in the input, from 0. */
  readonly index: number;
};
