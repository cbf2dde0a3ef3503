/**
 * `KeyPlaces`: the places of each key: as many of its calls as the limit allows have one, the others wait for one.
 *
 * ```
 * take(key)          -> has a place ... release(key) -> the next waiter of the key has it
 * wait(key, waiter)  -> waits ------------------------^
 * ```
 *
 * @module
 */
import { Deque } from "../core/deque.ts";

/** One key. It is dropped when no place of it is taken. */
interface KeyState<W> {
  taken: number;
  readonly waiting: Deque<W>;
}

/**
 * The places of all keys.
 *
 * @typeParam W What waits for a place.
 */
export class KeyPlaces<W> {
  readonly #limit: number;
  readonly #keys = new Map<unknown, KeyState<W>>();

  /** @param limit Number of places of each key. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes a place of the key, if one is free. */
  take(key: unknown): boolean {
    const state = this.#keys.get(key);
    if (!state) this.#keys.set(key, { taken: 1, waiting: new Deque() });
    else if (state.taken < this.#limit) state.taken++;
    else return false;
    return true;
  }

  /** Waits for a place of the key, after `take()` has found none. */
  wait(key: unknown, waiter: W): void {
    this.#keys.get(key)!.waiting.push(waiter);
  }

  /** Releases a place of the key. Returns the waiter that has it now, if there is one. */
  release(key: unknown): W | undefined {
    const state = this.#keys.get(key);
    if (!state) return undefined;
    const next = state.waiting.shift();
    if (next === undefined && --state.taken === 0) this.#keys.delete(key);
    return next;
  }

  /** Removes all waiters, and returns them. The taken places stay taken. */
  removeWaiters(): W[] {
    const removed: W[] = [];
    for (const { waiting } of this.#keys.values()) {
      for (const waiter of waiting) removed.push(waiter);
      waiting.clear();
    }
    return removed;
  }
}
