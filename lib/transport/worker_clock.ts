/**
 * `WorkerClock`: converts times of a worker's clock to this thread's. Each isolate has a clock of its own.
 *
 * @module
 */
import { Date, performance } from "../core/platform.ts";
import type { CallTimes } from "./transport.ts";

/**
 * The clock of one worker. Each message with the worker's time has taken some time to arrive, so its difference to this
 * clock is too large by that: the smallest difference so far is the best. Times come out too late by it, not too early,
 * and so no timeout is cut short.
 *
 * The first message may take seconds, if this event loop is blocked while the worker starts. Every timeout would come so
 * much too late. So that message has the time of the wall clock, too, which all threads share.
 */
export class WorkerClock {
  // This thread's time before the worker was started: no time of the worker's comes before it.
  readonly #launchedAt = performance.now();
  #offset = Infinity;
  // When the last call ended, on both clocks.
  #lastEnd = 0;
  #lastLocalEnd = 0;

  /** Takes the first message, which was sent when the worker's clocks showed `now` and, with full milliseconds, `date`. */
  started({ now, date }: { readonly now: number; readonly date: number }): void {
    this.seen(now);
    const offset = this.#offset - Math.max(0, Date.now() - date - 1);
    // Else the wall clock was set forward meanwhile.
    if (offset >= this.#launchedAt) this.#offset = offset;
  }

  /** Takes a message that was sent when the worker's clock showed `now`. */
  seen(now: number): void {
    this.#offset = Math.min(this.#offset, performance.now() - now);
  }

  /** Converts a time. */
  toLocal(time: number): number {
    return time + this.#offset;
  }

  /**
   * Converts the times of a call that has just ended. Calls that ran one after another come out so, although the
   * difference between the clocks is known better with each. A worker can send any number: times come out in order.
   */
  timesOf({ start, end }: CallTimes): CallTimes {
    this.seen(end);
    let localStart = this.toLocal(Math.min(start, end));
    if (start >= this.#lastEnd) localStart = Math.max(localStart, this.#lastLocalEnd);
    this.#lastEnd = end;
    this.#lastLocalEnd = Math.max(localStart, this.toLocal(end));
    return { start: localStart, end: this.#lastLocalEnd };
  }
}
