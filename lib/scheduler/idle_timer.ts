/**
 * `IdleTimer`: fires when a worker has been idle for as long as the pool's `idleTimeout` allows.
 *
 * @module
 */
import { performance } from "../core/platform.ts";
import { clearTimeout, setTimeout, type Timer } from "../core/timer.ts";
import type { Slot } from "./slot.ts";

/** Whether a worker has been idle since `time`, on the `performance.now()` clock, and has nothing to wait for. */
export function isIdleSince({ state, inFlight, idleSince, boundBacklog }: Slot, time: number): boolean {
  // While the pool is paused, jobs may wait in the bound backlog of an idle worker.
  return state === "alive" && inFlight === 0 && idleSince <= time && (boundBacklog?.size ?? 0) === 0;
}

/** One timer for the idle workers of a pool. */
export class IdleTimer {
  readonly #idleTimeout: number | undefined;
  readonly #onIdle: (since: number) => void;
  #timer: Timer | undefined;

  /**
   * @param idleTimeout Milliseconds that a worker may be idle; `undefined`: for ever.
   * @param onIdle Called with the latest time at which workers became idle that have now been idle for too long.
   */
  constructor(idleTimeout: number | undefined, onIdle: (since: number) => void) {
    this.#idleTimeout = idleTimeout;
    this.#onIdle = onIdle;
  }

  /** Sets the timer for the worker that is idle for the longest time, unless it is set. */
  watch(slots: Iterable<Slot>): void {
    const idleTimeout = this.#idleTimeout;
    if (idleTimeout === undefined || this.#timer !== undefined) return;
    const now = performance.now();
    let wait = Infinity;
    for (const slot of slots) {
      if (slot.state === "alive" && slot.inFlight === 0) wait = Math.min(wait, slot.idleSince + idleTimeout - now);
    }
    if (wait === Infinity) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#onIdle(performance.now() - idleTimeout);
    }, Math.max(1, Math.ceil(wait)));
    // An idle pool does not keep the script alive.
    this.#timer.unref();
  }

  /** Clears the timer. */
  stop(): void {
    clearTimeout(this.#timer);
  }
}
