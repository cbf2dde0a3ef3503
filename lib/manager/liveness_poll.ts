/**
 * A look every 50 ms, for as long as there is something to look for: nobody is told that a thread has died.
 *
 * @module
 */
import type { Timer } from "../core/timer.ts";
import { SLICE } from "../shared/waiting.ts";

/** Looks again and again, and keeps the script alive or not. */
export class LivenessPoll {
  readonly #look: () => boolean;
  #timer: Timer | undefined;

  /** @param look Says whether there is more to look for; if not, the next `start` begins anew. */
  constructor(look: () => boolean) {
    this.#look = look;
  }

  /** Starts, if it does not run; `hold`: the script stays alive from now on, until `release`. */
  start(hold: boolean): void {
    if (this.#timer === undefined) {
      const timer = setInterval(() => this.#beat(), SLICE);
      // The first timer of an isolate may run microtasks on its way, and one of those may have been here.
      if (this.#timer === undefined) this.#timer = timer;
      else clearInterval(timer);
    }
    if (hold) this.#timer!.ref();
    else this.#timer!.unref();
  }

  /** Lets the script end. The timer stays until its next look: calls come one after the other. */
  release(): void {
    this.#timer?.unref();
  }

  /** Ends it. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #beat(): void {
    if (!this.#look()) this.stop();
  }
}
