/**
 * `PendingStops`: the running calls of one worker that are being stopped.
 *
 * ```
 * signal fires --grace period--> what has not started is taken back --the call still runs--> the worker is killed
 *                                                     \--it has ended, its result is to come--> killed after 1 s
 * ```
 *
 * However the call ends meanwhile, it settles to what stopped it: a timeout stays a timeout even if the task returns a
 * value after it.
 *
 * @module
 */
import { clearTimeout, setTimeout } from "../core/timer.ts";
import { waitLimit } from "../core/wait_limit.ts";
import type { Failure } from "./job.ts";

/** What a stopped call settles to. */
export interface StopOutcome {
  readonly outcome: Failure;
  readonly error: unknown;
}

/** Milliseconds that the result of a call may take to arrive once the worker has marked the call as ended. */
const RESULT_LIMIT = 1_000;

/** The worker, as far as a stop by force needs it. */
export interface StopTarget {
  /** Takes back everything that has not started. */
  reclaimAll(): void;
  /** Whether a call has started, and the worker has not marked it as ended. */
  isRunning(seq: number): boolean;
  /** Stops the worker by force. */
  kill(): void;
}

/** The stop of one call. */
interface PendingStop {
  readonly outcome: StopOutcome;
  /** Clears the timer of the next step. */
  clear(): void;
}

/** The stops of one worker, by the number of the call. */
export class PendingStops {
  readonly #target: StopTarget;
  readonly #stops = new Map<number, PendingStop>();

  constructor(target: StopTarget) {
    this.#target = target;
  }

  /** Whether no call is being stopped. */
  get isEmpty(): boolean {
    return this.#stops.size === 0;
  }

  /** Starts the grace period of a call, in milliseconds; `false` if the call is being stopped already. */
  add(seq: number, outcome: StopOutcome, grace: number): boolean {
    if (this.#stops.has(seq)) return false;
    const timer = setTimeout(() => this.#force(seq, outcome), grace);
    this.#stops.set(seq, { outcome, clear: () => clearTimeout(timer) });
    return true;
  }

  /** Removes a call, which has ended. Returns what it settles to, if it was being stopped. */
  take(seq: number): StopOutcome | undefined {
    if (this.#stops.size === 0) return undefined;
    const stop = this.#stops.get(seq);
    this.#stops.delete(seq);
    stop?.clear();
    return stop?.outcome;
  }

  // First the worker must have nothing else to start: it could end the call at this very moment and start the next one,
  // which the kill would lose. Then a call that has ended needs no force.
  #force(seq: number, outcome: StopOutcome): void {
    this.#target.reclaimAll();
    if (this.#target.isRunning(seq)) return this.#target.kill();
    if (!this.#stops.has(seq)) return;
    // The result should be on its way; but a hostile worker may only pretend that the call has ended. If this event loop
    // was blocked meanwhile, the result is delivered before the limit: the worker may run another call by now.
    this.#stops.set(seq, { outcome, clear: waitLimit(RESULT_LIMIT, () => this.#target.kill()) });
  }
}
