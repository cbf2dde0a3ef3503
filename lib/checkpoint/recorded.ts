/**
 * `Recorded`: stands in the input of a map for an item that a checkpoint has a record of.
 *
 * @module
 */

/** Gets the outcomes of items. */
interface Outcomes {
  fulfill(first: number, values: readonly unknown[]): void;
  reject(index: number, reason: unknown, item: unknown): void;
}

/** Counts the outcomes of items. */
interface Counts {
  fulfilled(first: number, count: number): void;
  rejected(index: number, reason: unknown): void;
}

/** How the item ended in an earlier run. */
export class Recorded {
  readonly #isRecorded = true;

  /** Whether an item of the input stands for a record. Not `instanceof`, which throws for a revoked proxy. */
  static is(item: unknown): item is Recorded {
    return typeof item === "object" && item !== null && #isRecorded in item;
  }

  constructor(
    /** Whether it has succeeded. */
    readonly ok: boolean,
    /** Its result, or what it has thrown. */
    readonly value: unknown,
    /** The item. */
    readonly item: unknown,
  ) {}

  /** Delivers it as the outcome of an item of this run. */
  deliver(index: number, collector: Outcomes, progress: Counts | undefined): void {
    if (this.ok) {
      progress?.fulfilled(index, 1);
      collector.fulfill(index, [this.value]);
    } else {
      progress?.rejected(index, this.value);
      collector.reject(index, this.value, this.item);
    }
  }
}
