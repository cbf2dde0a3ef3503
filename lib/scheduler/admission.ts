/**
 * Where single calls come in, when there is a limit to how many may wait.
 *
 * ```
 * room() -> told at once, or in line -> told -> a place is kept for this turn -> enter() takes it
 *                                                         \-> nobody came: the next in line is told
 * ```
 *
 * @module
 */
import { Deque } from "../core/deque.ts";
import type { Timer } from "../core/timer.ts";

/** Counts unfinished calls against a limit, and lets producers wait for room. */
export class Admission {
  readonly #limit: () => number;
  readonly #waiting = new Deque<PromiseWithResolvers<void>>();
  #admitted = 0;
  // Places kept for producers that were told. They submit in the same turn, or do not want to any more.
  #reserved = 0;
  #turn: Timer | undefined;
  #closed: { error: unknown } | undefined;

  /** @param limit Most unfinished calls. */
  constructor(limit: () => number) {
    this.#limit = limit;
  }

  /** Whether no further call is let in. */
  get full(): boolean {
    return this.#admitted >= this.#limit();
  }

  /** A call comes in. */
  enter(): void {
    this.#admitted++;
    if (this.#reserved > 0) this.#reserved--;
  }

  /** A call has ended. */
  leave(): void {
    this.#admitted--;
    if (this.#waiting.size > 0) this.admitWaiters();
  }

  /** Resolves when a call would be let in; the first to wait is the first to be told. */
  room(): Promise<void> {
    if (this.#closed) return Promise.reject(this.#closed.error);
    const wait = Promise.withResolvers<void>();
    this.#waiting.push(wait);
    this.admitWaiters();
    return wait.promise;
  }

  /** Tells as many as there is room for. */
  admitWaiters(): void {
    while (this.#waiting.size > 0 && this.#admitted + this.#reserved < this.#limit()) {
      this.#waiting.shift()!.resolve();
      if (this.#limit() < Infinity) this.#reserve();
    }
  }

  /** Nobody is let in any more. */
  close(error: unknown): void {
    this.#closed ??= { error };
    clearTimeout(this.#turn);
    for (let wait; (wait = this.#waiting.shift());) wait.reject(error);
  }

  #reserve(): void {
    this.#reserved++;
    this.#turn ??= setTimeout(() => {
      this.#turn = undefined;
      this.#reserved = 0;
      this.admitWaiters();
    }, 0);
  }
}
