/**
 * Timers, and keeping the script alive while there is something to wait for. Workers do not do it by themselves here,
 * so that one place decides.
 *
 * @module
 */
import { MAX_DELAY } from "./validate.ts";

/** What `setTimeout` gives: a number, or an object where node's types are in play. */
export type Timer = ReturnType<typeof setTimeout>;

/** A hold on the event loop that can be taken and let go any number of times. */
export class KeepAlive {
  #timer: Timer | undefined;

  /** Keeps the script alive from now on. */
  hold(): void {
    this.#timer ??= setInterval(() => {}, MAX_DELAY);
  }

  /** Lets the script end again. */
  release(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
