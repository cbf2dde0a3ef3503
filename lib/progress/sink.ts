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

/** An item of a map that has ended, with its position in the input and, if it failed, its error. */
export type ProgressItem =
  | { readonly index: number; readonly status: "fulfilled" }
  | { readonly index: number; readonly status: "rejected"; readonly reason: unknown };

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
 *
 * @example Log each failure with the position of its item
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { pooled, type ProgressSink } from "@isopool/isopool";
 *
 * const log: string[] = [];
 * const sink: ProgressSink = {
 *   item: (item) => item.status === "rejected" && log.push(`item ${item.index}: ${item.reason}`),
 *   update() {},
 *   end() {},
 * };
 * const halve = (n: number) => n % 2 ? Promise.reject(`${n} is odd`) : n / 2;
 * await pooled([2, 4, 5], halve, { progress: sink, onError: "settle" });
 * assertEquals(log, ["item 2: 5 is odd"]);
 * ```
 */
export interface ProgressSink {
  /** Called for each item that has ended, before the `update` that counts it; not for a failed attempt that is retried. */
  item?(item: ProgressItem): void;
  /** Called after each item, in the order in which they end; must be fast. */
  update(state: ProgressState): void;
  /** Called once, when no item runs any more, as the last call. */
  end(state: ProgressState): void;
}
