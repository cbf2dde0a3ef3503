/**
 * What failures of items do to a map: {@linkcode OnError}, and the outcomes that `"settle"` gives.
 *
 * @module
 */

/**
 * What the failure of an item does to its map. `"throw"`: the first failure ends the map. `"settle"`: all items run, and
 * each result is a {@linkcode Settled}. `"aggregate"`: all items run, then the map throws all failures as one
 * `AggregateError`, which keeps every failure in memory: use `"settle"` in a loop over an endless input. A
 * {@linkcode StopAfter}: as `"settle"`, until too many have failed.
 */
export type OnError = "throw" | "settle" | "aggregate" | StopAfter;

/**
 * A budget of failures. With so many failures the map ends: it cancels the items that run, reads no more, and throws an
 * `AggregateError` of the failures. With fewer, each result is a {@linkcode Settled}.
 */
export interface StopAfter {
  /**
   * A number, or a share of the items, such as `"3%"`. Of an input whose length is not known (and without `total`) it is the
   * share of the items that have ended, at least 100, and at the end of all.
   */
  stopAfter: number | `${number}%`;
}

/**
 * How an item of a map with `onError: "settle"` ended: a `PromiseSettledResult` with the position of the item, and of an
 * item that failed also the item itself. Tasks on workers get a copy of their item; it is that copy.
 *
 * @typeParam R The item's result.
 */
export type Settled<R> =
  & {
    /** Position of the item in the input, from 0. */
    readonly index: number;
  }
  & (
    | PromiseFulfilledResult<R>
    | PromiseRejectedResult & {
      /** The item. */
      readonly item: unknown;
    }
  );
