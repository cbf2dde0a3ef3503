/**
 * `EndLimit`: how long a stopped worker may take to end before it counts as abandoned.
 *
 * Ending takes a worker some milliseconds of processor time. Where hundreds are stopped at once they wait for a core, and
 * this event loop takes as long to hear of them. So the limit does not count from the stop alone: while workers end that
 * were stopped no later than this one, its own turn is still to come. A worker that cannot be stopped lets those that
 * were stopped later pass, and so does not wait for them.
 *
 * @module
 */
import { performance } from "../core/platform.ts";
import { waitLimit } from "../core/wait_limit.ts";

/** Milliseconds between the stops of workers that count as stopped together. */
const TOGETHER = 50;
/** Milliseconds that a worker has from the last end of another one that was stopped no later. */
const PROGRESS_LIMIT = 2_000;
/** Milliseconds after which a worker counts as abandoned in any case. */
const MAX_LIMIT = 30_000;

// When the last stopped worker has ended, and when it had been stopped.
let lastEnd = -Infinity;
let lastStop = -Infinity;

/** The end of one worker. */
export class EndLimit {
  readonly #ms: number;
  readonly #onLimit: () => void;
  #stoppedAt: number | undefined;
  #clear: (() => void) | undefined;

  /**
   * @param ms Milliseconds that the worker has.
   * @param onLimit Called if it has not ended in time.
   */
  constructor(ms: number, onLimit: () => void) {
    this.#ms = ms;
    this.#onLimit = onLimit;
  }

  /** The worker was stopped: its time begins. */
  start(): void {
    this.#clear?.();
    this.#stoppedAt = performance.now();
    this.#wait(this.#ms);
  }

  /** The worker has ended, or nothing waits for its end any more. */
  stop(hasEnded: boolean): void {
    this.#clear?.();
    if (!hasEnded || this.#stoppedAt === undefined) return;
    lastEnd = performance.now();
    lastStop = this.#stoppedAt;
  }

  #wait(ms: number): void {
    this.#clear = waitLimit(ms, () => {
      const stoppedAt = this.#stoppedAt!;
      const left = lastStop <= stoppedAt + TOGETHER ? lastEnd + PROGRESS_LIMIT - performance.now() : 0;
      if (left > 0 && performance.now() - stoppedAt < MAX_LIMIT) this.#wait(left);
      else this.#onLimit();
    });
  }
}
