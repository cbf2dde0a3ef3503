/**
 * `Recorder`: writes down how the items of a map end.
 *
 * @module
 */

/** The recorder of one map, as the collector calls it. */
export interface Recorder {
  /** Sets what to call, once, if recording fails: the map must fail, too. */
  onFailure(fail: (error: unknown) => void): void;
  /** Neighbouring items have succeeded, from index `first` on. */
  fulfilled(first: number, values: readonly unknown[]): void;
  /** An item has failed. */
  rejected(index: number, reason: unknown): void;
  /** No item runs any more, or the outcomes of those that run are no longer needed. */
  close(): void;
}
