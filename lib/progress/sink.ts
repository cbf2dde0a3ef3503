/**
 * `ProgressSink`: the interface between the counter of a map or of `pooled()` and a display.
 *
 * @module
 */

/** The progress of a map. */
export interface ProgressState {
  /** Number of items that have ended, failed ones included. */
  readonly done: number;
  /** Number of items that have failed. */
  readonly failed: number;
  /** Number of all items; `undefined` while it is unknown. */
  readonly total: number | undefined;
}

/**
 * Shows progress. A map calls `update` after each item, and `end` once, whether the map succeeded or not. `update` runs on
 * the thread that runs the map, between two items, so a slow one slows the map: it should draw at most every 100 ms.
 *
 * @example Count the failures while a map runs
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { pooled, type ProgressSink } from "@isopool/isopool";
 *
 * let last = "";
 * const sink: ProgressSink = {
 *   update: ({ done, total }) => last = `${done} of ${total}`,
 *   end: ({ failed }) => last += `, ${failed} failed`,
 * };
 * await pooled([1, 2, 3], (n) => n * 2, { progress: sink });
 * assertEquals(last, "3 of 3, 0 failed");
 * ```
 */
export interface ProgressSink {
  /** Called after each item, in the order in which they end; must be fast. */
  update(state: ProgressState): void;
  /** Called once, when no item runs any more, as the last call. */
  end(state: ProgressState): void;
}
