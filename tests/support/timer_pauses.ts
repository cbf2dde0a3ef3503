/**
 * `TimerPauses`: measures how long the timers of this thread stand still, as they do while something blocks it.
 *
 * @module
 */

/** Milliseconds between two ticks. */
const INTERVAL = 10;

/** Measures from its construction to {@linkcode TimerPauses.stop}. */
export class TimerPauses {
  /** The longest time between two ticks so far, in milliseconds. */
  longest = 0;
  #last = performance.now();
  readonly #timer = setInterval(() => {
    this.longest = Math.max(this.longest, performance.now() - this.#last);
    this.#last = performance.now();
  }, INTERVAL);

  /** Stops measuring. */
  stop(): void {
    clearInterval(this.#timer);
  }
}
