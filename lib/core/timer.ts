/**
 * `KeepAlive`: keeps the script alive while the library waits for something. The library's workers are all unreferenced,
 * so that this one place decides.
 *
 * @module
 */
import { MAX_DELAY } from "./validate.ts";

/** A timer of `setTimeout`: an object, since Deno's timers are Node's. */
export type Timer = ReturnType<typeof setTimeout>;

/** A reference that keeps the event loop alive; it can be taken and released any number of times. */
export class KeepAlive {
  readonly #daemon: boolean;
  #timer: Timer | undefined;
  #held = false;
  #ended = false;

  /** @param daemon Whether `hold` does nothing, so that the script may end at any time. */
  constructor(daemon = false) {
    this.#daemon = daemon;
  }

  /** Keeps the script alive until `release`. */
  hold(): void {
    if (this.#held || this.#daemon || this.#ended) return;
    this.#held = true;
    // One timer, referenced or not: creating and clearing a timer for each call would cost a hundred times as much.
    if (this.#timer !== undefined) {
      this.#timer.ref();
      return;
    }
    const timer = setInterval(() => {}, MAX_DELAY);
    // Creating the first timer of an isolate may run microtasks, and one of those may have called `hold` or dispose.
    if (this.#timer !== undefined || this.#ended) return clearInterval(timer);
    this.#timer = timer;
    if (!this.#held) timer.unref();
  }

  /** Lets the script end. */
  release(): void {
    this.#held = false;
    this.#timer?.unref();
  }

  /** Releases the script for good: a later `hold` does nothing. */
  [Symbol.dispose](): void {
    this.#ended = true;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
