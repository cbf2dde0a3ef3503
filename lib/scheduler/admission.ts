/**
 * `Admission`: limits how many submitted calls may be unfinished, and lets producers wait for room.
 *
 * ```
 * room() -> waits, first come first served -> resolves, and room for one call is reserved -> enter() takes it
 *                                                                \-> nothing entered in this turn: the next one
 * ```
 *
 * Without the reservation, room for one call would let in every producer that waits.
 *
 * @module
 */
import { Deque } from "../core/deque.ts";
import { Promise } from "../core/platform.ts";
import { clearTimeout, setTimeout, type Timer } from "../core/timer.ts";

/** Counts unfinished calls against a limit. */
export class Admission {
  readonly #limit: () => number;
  readonly #waiting = new Deque<PromiseWithResolvers<void>>();
  #admitted = 0;
  // Room for one call of each producer whose `room()` has resolved. They submit in the same turn of the event loop, or
  // not at all.
  #reserved = 0;
  #reservationTimer: Timer | undefined;
  #closed: { error: unknown } | undefined;

  /** @param limit Returns how many calls may be unfinished. */
  constructor(limit: () => number) {
    this.#limit = limit;
  }

  /** Whether no further call may enter. */
  get full(): boolean {
    return this.#admitted >= this.#limit();
  }

  /** Counts a call in. */
  enter(): void {
    this.#admitted++;
    if (this.#reserved > 0) this.#reserved--;
  }

  /** Counts a call out, which has ended. */
  leave(): void {
    this.#admitted--;
    if (this.#waiting.size > 0) this.admitWaiters();
  }

  /** Resolves when there is room for a call, in the order of the calls of this method. */
  room(): Promise<void> {
    if (this.#closed) return Promise.reject(this.#closed.error);
    const wait = Promise.withResolvers<void>();
    this.#waiting.push(wait);
    this.admitWaiters();
    return wait.promise;
  }

  /** Resolves as many waits as there is room for. */
  admitWaiters(): void {
    while (this.#waiting.size > 0 && this.#admitted + this.#reserved < this.#limit()) {
      this.#waiting.shift()!.resolve();
      if (this.#limit() < Infinity) this.#reserve();
    }
  }

  /** Rejects every wait, now and later. */
  close(error: unknown): void {
    this.#closed ??= { error };
    clearTimeout(this.#reservationTimer);
    for (let wait; (wait = this.#waiting.shift());) wait.reject(error);
  }

  #reserve(): void {
    this.#reserved++;
    this.#reservationTimer ??= setTimeout(() => {
      this.#reservationTimer = undefined;
      this.#reserved = 0;
      this.admitWaiters();
    }, 0);
  }
}
