/**
 * Where the progress of a map or of `pooled()` is told: the interface between whoever counts and whoever shows.
 *
 * @module
 */

/** How far a map has come. */
export interface ProgressState {
  /** Items that have ended, failed ones among them. */
  readonly done: number;
  /** Items that have failed. */
  readonly failed: number;
  /** Items in all; `undefined` while nobody knows. */
  readonly total: number | undefined;
}

/** Shows progress. A map calls `update` after each item, and `end` once, whether it succeeded or not. */
export interface ProgressSink {
  /** Called for each item that has ended, in no order; must be cheap. */
  update(state: ProgressState): void;
  /** Called once, when nothing runs any more; nothing is called after it. */
  end(state: ProgressState): void;
}
