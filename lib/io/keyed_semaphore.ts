/**
 * `KeyedSemaphore`: a semaphore for each key. All have the same number of permits.
 *
 * ```
 * take(key)          -> has a permit ... release(key) -> the next waiter of the key has it
 * wait(key, waiter)  -> waits -------------------------^
 * ```
 *
 * @module
 */
import { Deque } from "../core/deque.ts";

/** One key. It is dropped when no permit of it is taken. */
interface KeyState<W> {
  taken: number;
  readonly waiting: Deque<W>;
}

/**
 * The permits of all keys.
 *
 * @typeParam W What waits for a permit.
 */
export class KeyedSemaphore<W> {
  readonly #limit: number;
  readonly #keys = new Map<unknown, KeyState<W>>();

  /** @param limit Number of permits of each key. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes a permit of the key, if one is free. */
  take(key: unknown): boolean {
    const state = this.#keys.get(key);
    if (!state) this.#keys.set(key, { taken: 1, waiting: new Deque() });
    else if (state.taken < this.#limit) state.taken++;
    else return false;
    return true;
  }

  /** Adds a waiter for a permit of the key, after `take()` has found none. */
  wait(key: unknown, waiter: W): void {
    this.#keys.get(key)!.waiting.push(waiter);
  }

  /** Releases a permit of the key. Returns the waiter that has it now, if there is one. */
  release(key: unknown): W | undefined {
    const state = this.#keys.get(key);
    if (!state) return undefined;
    const next = state.waiting.shift();
    if (next === undefined && --state.taken === 0) this.#keys.delete(key);
    return next;
  }

  /** Removes all waiters, and returns them. Taken permits stay taken. */
  removeWaiters(): W[] {
    const removed: W[] = [];
    for (const { waiting } of this.#keys.values()) {
      for (const waiter of waiting) removed.push(waiter);
      waiting.clear();
    }
    return removed;
  }
}
