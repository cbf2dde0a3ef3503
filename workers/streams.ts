/**
 * The generators that run in one worker, and how much each may still yield.
 *
 * @module
 */
import type { RunningCall } from "../lib/core/running_call.ts";
import { Credit, drive } from "../lib/protocol/stream.ts";

/** The streams of one worker. */
export class Streams {
  readonly #credits = new Map<number, Credit>();

  /** Sends what a generator yields, `granted` items before the first grant. */
  async drive(returned: unknown, granted: number, task: RunningCall): Promise<void> {
    const credit = new Credit(granted);
    this.#credits.set(task.taskId, credit);
    try {
      await drive(returned, credit, task, (item) => task.emit(item));
    } finally {
      this.#credits.delete(task.taskId);
    }
  }

  /** Lets a stream yield more, if it is still there. */
  grant(seq: number, count: number): void {
    this.#credits.get(seq)?.grant(count);
  }
}
