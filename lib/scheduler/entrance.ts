/**
 * Where single calls come in, when there is a limit to how many may wait.
 *
 * @module
 */
import { Deque } from "../core/deque.ts";

/** Counts unfinished calls against a limit, and lets producers wait for room. */
export class Entrance {
  readonly #limit: () => number;
  readonly #waiting = new Deque<PromiseWithResolvers<void>>();
  #inside = 0;
  #closed: { error: unknown } | undefined;

  /** @param limit Most unfinished calls. */
  constructor(limit: () => number) {
    this.#limit = limit;
  }

  /** Whether no further call is let in. */
  get full(): boolean {
    return this.#inside >= this.#limit();
  }

  /** A call comes in. */
  enter(): void {
    this.#inside++;
  }

  /** A call has ended. One who waits is told for each, and all when nothing is left. */
  leave(): void {
    this.#inside--;
    do this.#waiting.shift()?.resolve(); while (this.#inside === 0 && this.#waiting.size > 0);
  }

  /** Resolves when a call would be let in; the first to wait is the first to be told. */
  room(): Promise<void> {
    if (this.#closed) return Promise.reject(this.#closed.error);
    if (!this.full && this.#waiting.size === 0) return Promise.resolve();
    const wait = Promise.withResolvers<void>();
    this.#waiting.push(wait);
    return wait.promise;
  }

  /** Nobody is let in any more. */
  close(error: unknown): void {
    this.#closed ??= { error };
    for (let wait; (wait = this.#waiting.shift());) wait.reject(error);
  }
}
