/**
 * Counts what has ended, and tells a progress sink.
 *
 * @module
 */
import type { ProgressSink, ProgressState } from "../progress/sink.ts";

/** How many items an input has, where it says so without being read. */
export function sizeOf(items: unknown): number | undefined {
  // A string is read by code points, its length counts something else.
  if (typeof items !== "object" || items === null) return undefined;
  if (Array.isArray(items) || ArrayBuffer.isView(items)) return (items as ArrayLike<unknown>).length;
  return items instanceof Set || items instanceof Map ? items.size : undefined;
}

/** The counts of one map. */
export class Tally {
  readonly #sink: ProgressSink;
  readonly #total: number | undefined;
  #done = 0;
  #failed = 0;

  constructor(sink: ProgressSink, total: number | undefined) {
    this.#sink = sink;
    this.#total = total;
  }

  /** An item has ended. */
  count(ok: boolean): void {
    this.#done++;
    if (!ok) this.#failed++;
    this.#tell(() => this.#sink.update(this.#state()));
  }

  /** Nothing runs any more. To be called once. */
  end(): void {
    this.#tell(() => this.#sink.end(this.#state()));
  }

  #state(): ProgressState {
    return { done: this.#done, failed: this.#failed, total: this.#total };
  }

  // What shows the work must not decide how it ends.
  #tell(call: () => void): void {
    try {
      call();
    } catch (error) {
      queueMicrotask(() => reportError(error));
    }
  }
}
