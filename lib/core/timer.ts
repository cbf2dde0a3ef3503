/**
 * The timers of the library, and `KeepAlive`: keeps the script alive while the library waits for something.
 *
 * The timer functions are those that the runtime has when this module loads; the runtime itself loads them with their first
 * use (lazy_global.ts). A user's test may replace those of `globalThis` afterwards: `FakeTime` of `@std/testing` returns
 * numbers, which have no `unref`, and its time stands still. No other file of the library uses the timers of `globalThis`.
 *
 * @module
 */
import { lazyGlobal } from "./lazy_global.ts";
import { MAX_DELAY } from "./validate.ts";

const runtime = {
  setTimeout: lazyGlobal("setTimeout"),
  clearTimeout: lazyGlobal("clearTimeout"),
  setInterval: lazyGlobal("setInterval"),
  clearInterval: lazyGlobal("clearInterval"),
  setImmediate: lazyGlobal("setImmediate"),
};

/** A timer of `setTimeout`: an object with `ref` and `unref`, as in Node. */
export type Timer = ReturnType<typeof globalThis.setTimeout>;

/** The functions in use. Only the library's own tests replace them (tests/scheduler/manual_clock.ts). */
export const timerFunctions = {
  setTimeout: (callback: () => void, ms: number): Timer => runtime.setTimeout()(callback, ms),
  clearTimeout: (timer: Timer): void => runtime.clearTimeout()(timer),
  setInterval: (callback: () => void, ms: number): Timer => runtime.setInterval()(callback, ms),
  clearInterval: (timer: Timer): void => runtime.clearInterval()(timer),
};

/**
 * Loads the functions. That runs microtasks, which must not happen in the middle of a call, for example between the abort of a
 * signal and what follows from it: whatever uses timers calls this first.
 */
export function loadTimers(): void {
  for (const load of Object.values(runtime)) load();
}

/** Calls `callback` in a later turn of the event loop. */
export function setImmediate(callback: () => void): void {
  runtime.setImmediate()(callback);
}

/** The runtime's `queueMicrotask`. */
export const queueMicrotask = globalThis.queueMicrotask;

/** Calls `callback` after `ms` milliseconds. */
export function setTimeout(callback: () => void, ms: number): Timer {
  return timerFunctions.setTimeout(callback, ms);
}

/** Clears a timer of {@linkcode setTimeout}. */
export function clearTimeout(timer: Timer | undefined): void {
  if (timer !== undefined) timerFunctions.clearTimeout(timer);
}

/** Calls `callback` every `ms` milliseconds. */
export function setInterval(callback: () => void, ms: number): Timer {
  return timerFunctions.setInterval(callback, ms);
}

/** Clears a timer of {@linkcode setInterval}. */
export function clearInterval(timer: Timer | undefined): void {
  if (timer !== undefined) timerFunctions.clearInterval(timer);
}

/**
 * Keeps the script alive between `hold` and `release`. It does not count: one `release` ends any number of `hold`s, and
 * `hold` works again afterwards.
 */
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
    // One timer for all holds: creating and clearing a timer for each costs a hundred times as much as `ref` and `unref`.
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
