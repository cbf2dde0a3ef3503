/**
 * Running calls that are being stopped: each has been told, and has a grace period before its worker is stopped by
 * force. Whatever the call makes of it, it settles to what stopped it.
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

/** The calls of one worker that are being stopped, by number. */
export class PendingStops {
  readonly #stops = new Map<number, { verdict: StopOutcome; timer: Timer }>();

  /** Stops a call after `grace` milliseconds unless it has ended; `false` if it is being stopped already. */
  add(seq: number, verdict: StopOutcome, grace: number, force: () => void): boolean {
    if (this.#stops.has(seq)) return false;
    this.#stops.set(seq, { verdict, timer: setTimeout(force, grace) });
    return true;
  }

  /** Whether no call is being stopped. */
  get isEmpty(): boolean {
    return this.#stops.size === 0;
  }

  /** A call has ended: what it settles to, if it was being stopped. */
  take(seq: number): StopOutcome | undefined {
    if (this.#stops.size === 0) return undefined;
    const stop = this.#stops.get(seq);
    this.#stops.delete(seq);
    clearTimeout(stop?.timer);
    return stop?.verdict;
  }
}
