/**
 * Timers, and keeping the script alive while there is something to wait for. Workers do not do it by themselves here,
 * so that one place decides.
 *
 * @module
 */
import { MAX_DELAY } from "./validate.ts";

/** What `setTimeout` gives: an object, since Deno's timers are node's. */
export type Timer = ReturnType<typeof setTimeout>;

/** A hold on the event loop that can be taken and let go any number of times. */
export class KeepAlive {
  readonly #daemon: boolean;
  #timer: Timer | undefined;
  #held = false;
  #ended = false;

  /** @param daemon Whether it never holds at all. */
  constructor(daemon = false) {
    this.#daemon = daemon;
  }

  /** Keeps the script alive from now on. */
  hold(): void {
    if (this.#held || this.#daemon || this.#ended) return;
    this.#held = true;
    // One timer for ever, referenced or not: making and clearing one costs a hundred times as much, for each call.
    if (this.#timer !== undefined) {
      this.#timer.ref();
      return;
    }
    const timer = setInterval(() => {}, MAX_DELAY);
    // The first timer of an isolate may run microtasks on its way, and one of those may have been here.
    if (this.#timer !== undefined || this.#ended) return clearInterval(timer);
    this.#timer = timer;
    if (!this.#held) timer.unref();
  }

  /** Lets the script end again. */
  release(): void {
    this.#held = false;
    this.#timer?.unref();
  }

  /** Ends the hold for good. */
  [Symbol.dispose](): void {
    this.#ended = true;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
