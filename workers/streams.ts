/**
 * The streaming calls of a worker, each with the credit of its reader.
 *
 * @module
 */
import type { RunningCall } from "../lib/core/running_call.ts";
import { Credit, drive } from "../lib/protocol/stream.ts";

/** The streaming calls of one worker. */
export class Streams {
  readonly #credits = new Map<number, Credit>();

  /** Sends what a generator yields, `initial` items before the first grant. */
  async drive(returned: unknown, initial: number, call: RunningCall): Promise<void> {
    const credit = new Credit(initial);
    this.#credits.set(call.taskId, credit);
    try {
      await drive(returned, credit, call, (item) => call.emit(item));
    } finally {
      this.#credits.delete(call.taskId);
    }
  }

  /** Allows a streaming call to yield more, if it still runs. */
  grant(seq: number, count: number): void {
    this.#credits.get(seq)?.grant(count);
  }
}
