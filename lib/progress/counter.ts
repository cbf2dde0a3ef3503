/**
 * Counts what has ended, and tells a progress sink.
 *
 * @module
 */
import { guarded } from "../core/guarded.ts";
import type { ProgressSink, ProgressState } from "./sink.ts";

/** How many items an input has, where it says so without being read. */
export function sizeOf(items: unknown): number | undefined {
  // A string is read by code points, its length counts something else.
  if (typeof items !== "object" || items === null) return undefined;
  if (Array.isArray(items) || ArrayBuffer.isView(items)) return (items as ArrayLike<unknown>).length;
  return items instanceof Set || items instanceof Map ? items.size : undefined;
}

/** The counts of one map. What its sink throws is reported: what shows the work must not decide how it ends. */
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

  /** An item has ended. */
  count(ok: boolean): void {
    if (this.#ended) return;
    this.#done++;
    if (!ok) this.#failed++;
    guarded(() => this.#sink.update(this.#state()));
  }

  /** Nothing runs any more. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    guarded(() => this.#sink.end(this.#state()));
  }

  #state(): ProgressState {
    return { done: this.#done, failed: this.#failed, total: this.#total };
  }
}
