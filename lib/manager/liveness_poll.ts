/**
 * A check every 50 ms whether threads are alive, while something depends on them: no message reports a thread's death.
 *
 * @module
 */
import { clearInterval, setInterval, type Timer } from "../core/timer.ts";
import { POLL_INTERVAL } from "../shared/waiting.ts";

/** Repeats a check, and may keep the script alive meanwhile. */
export class LivenessPoll {
  readonly #check: () => boolean;
  #timer: Timer | undefined;

  /** @param check Returns whether to repeat it. If not, the poll ends until the next `start`. */
  constructor(check: () => boolean) {
    this.#check = check;
  }

  /** Starts the poll if it does not run. `keepAlive`: the script stays alive from now on, until `release`. */
  start(keepAlive: boolean): void {
    if (this.#timer === undefined) {
      const timer = setInterval(() => this.#runCheck(), POLL_INTERVAL);
      // Creating the first timer of an isolate may run microtasks, and one of those may have called this.
      if (this.#timer === undefined) this.#timer = timer;
      else clearInterval(timer);
    }
    if (keepAlive) this.#timer!.ref();
    else this.#timer!.unref();
  }

  /** Lets the script end. The timer runs until its next check: the next call often follows at once. */
  release(): void {
    this.#timer?.unref();
  }

  /** Ends the poll. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #runCheck(): void {
    if (!this.#check()) this.stop();
  }
}
