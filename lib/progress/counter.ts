/**
 * Counts the items of a map that have ended, and reports the counts to a progress sink.
 *
 * @module
 */
import { guarded } from "../core/guarded.ts";
import type { ProgressSink, ProgressState } from "./sink.ts";

/** Returns the number of items of an input; `undefined` if only reading it would show that. */
export function sizeOf(items: unknown): number | undefined {
  // A string is iterated by code points, and its length counts UTF-16 units.
  if (typeof items !== "object" || items === null) return undefined;
  try {
    if (Array.isArray(items) || ArrayBuffer.isView(items)) return (items as ArrayLike<unknown>).length;
    return items instanceof Set || items instanceof Map ? items.size : undefined;
  } catch {
    return undefined; // a revoked proxy, which is refused when the input is opened
  }
}

/** The counts of one map. What the sink throws goes to `reportError`: a display must not fail the map. */
export class ProgressCounter {
  readonly #sink: ProgressSink;
  readonly #total: number | undefined;
  #done = 0;
  #failed = 0;
  #ended = false;

  constructor(sink: ProgressSink, total: number | undefined) {
    this.#sink = sink;
    this.#total = total;
  }

  /** Counts neighbouring items that have succeeded, from index `first` on. */
  fulfilled(first: number, count: number): void {
    const { item } = this.#sink;
    for (let index = first; index < first + count && !this.#ended; index++) {
      if (item) guarded(() => item({ index, status: "fulfilled" }));
      this.#count();
    }
  }

  /** Counts an item that has failed. */
  rejected(index: number, reason: unknown): void {
    if (this.#ended) return;
    this.#failed++;
    const { item } = this.#sink;
    if (item) guarded(() => item({ index, status: "rejected", reason }));
    this.#count();
  }

  /** Ends the counting: no item runs any more. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    guarded(() => this.#sink.end(this.#state()));
  }

  #count(): void {
    this.#done++;
    guarded(() => this.#sink.update(this.#state()));
  }

  #state(): ProgressState {
    return { done: this.#done, failed: this.#failed, total: this.#total };
  }
}
