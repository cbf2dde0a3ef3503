/**
 * `PendingStops`: the running calls of one worker that are being stopped. The signal of each has fired; its worker is
 * stopped by force if the call has not ended within the grace period. However the call ends, it settles to what stopped
 * it: a timeout stays a timeout even if the task returns a value after it.
 *
 * @module
 */
import type { Timer } from "../core/timer.ts";
import type { Failure } from "./job.ts";

/** What a stopped call settles to. */
export interface StopOutcome {
  readonly outcome: Failure;
  readonly error: unknown;
}

/** The stops of one worker, by the number of the call. */
export class PendingStops {
  readonly #stops = new Map<number, { outcome: StopOutcome; timer: Timer }>();

  /** Calls `force` in `grace` milliseconds, unless the call has ended by then; `false` if it is being stopped already. */
  add(seq: number, outcome: StopOutcome, grace: number, force: () => void): boolean {
    if (this.#stops.has(seq)) return false;
    this.#stops.set(seq, { outcome, timer: setTimeout(force, grace) });
    return true;
  }

  /** Calls `force` once more in `wait` milliseconds, unless the call has ended by then. */
  again(seq: number, wait: number, force: () => void): void {
    const stop = this.#stops.get(seq);
    if (stop) stop.timer = setTimeout(force, wait);
  }

  /** Whether no call is being stopped. */
  get isEmpty(): boolean {
    return this.#stops.size === 0;
  }

  /** Removes a call, which has ended. Returns what it settles to, if it was being stopped. */
  take(seq: number): StopOutcome | undefined {
    if (this.#stops.size === 0) return undefined;
    const stop = this.#stops.get(seq);
    this.#stops.delete(seq);
    clearTimeout(stop?.timer);
    return stop?.outcome;
  }
}
