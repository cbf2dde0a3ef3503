/**
 * The items of a map that may be tried again: kept while they run, handed out once more when their pause is over.
 *
 * @module
 */
import { Deque } from "../core/deque.ts";
import type { Timer } from "../core/timer.ts";
import type { RetryPolicy } from "../core/retry.ts";

/** An item to be tried again. */
export interface Again {
  readonly index: number;
  readonly item: unknown;
  attempt: number;
}

/** The retries of one map. */
export class Retries {
  readonly #policy: RetryPolicy | undefined;
  readonly #ready: () => void;
  readonly #kept = new Map<number, Again>();
  readonly #due = new Deque<Again>();
  readonly #pauses = new Set<Timer>();

  /** @param ready Called when an item has become due. */
  constructor(policy: RetryPolicy | undefined, ready: () => void) {
    this.#policy = policy;
    this.#ready = ready;
  }

  /** Items that can be handed out now. */
  get due(): number {
    return this.#due.size;
  }

  /** Items that wait, for their pause or for a worker. */
  get waiting(): number {
    return this.#due.size + this.#pauses.size;
  }

  /** Keeps neighbouring items that are about to run for the first time. */
  keep(first: number, items: readonly unknown[]): void {
    if (!this.#policy) return;
    for (let i = 0; i < items.length; i++) this.#kept.set(first + i, { index: first + i, item: items[i], attempt: 1 });
  }

  /** Hands out an item. */
  take(): Again | undefined {
    return this.#due.shift();
  }

  /** Neighbouring items are done with. */
  forget(first: number, count: number): void {
    for (let i = 0; i < count && this.#kept.size > 0; i++) this.#kept.delete(first + i);
  }

  /**
   * Plans another attempt of a failed item; `false` if there is none.
   *
   * @throws What the policy's own `isRetriable` throws.
   */
  again(index: number, error: unknown): boolean {
    const kept = this.#kept.get(index);
    const policy = this.#policy;
    if (!kept || !policy || kept.attempt >= policy.maxAttempts || !policy.isRetriable(error)) return false;
    const wait = policy.delay(kept.attempt++);
    if (wait === 0) this.#hand(kept);
    else {
      const pause = setTimeout(() => {
        this.#pauses.delete(pause);
        this.#hand(kept);
      }, wait);
      this.#pauses.add(pause);
    }
    return true;
  }

  /** Nothing is tried again any more. */
  clear(): void {
    for (const pause of this.#pauses) clearTimeout(pause);
    this.#pauses.clear();
    this.#due.clear();
    this.#kept.clear();
  }

  #hand(kept: Again): void {
    this.#due.push(kept);
    this.#ready();
  }
}
