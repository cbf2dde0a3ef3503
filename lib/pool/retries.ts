/**
 * The items of a map that may be tried again: remembered while they run, and due once more when the wait of the retry
 * policy is over.
 *
 * @module
 */
import { Deque } from "../core/deque.ts";
import { clearTimeout, setTimeout, type Timer } from "../core/timer.ts";
import type { RetryPolicy } from "../core/retry.ts";

/** An item that may be tried again. */
export interface RetryItem {
  readonly index: number;
  readonly item: unknown;
  attempt: number;
}

/** The retries of one map. */
export class Retries {
  readonly #policy: RetryPolicy | undefined;
  readonly #onDue: () => void;
  readonly #items = new Map<number, RetryItem>();
  readonly #due = new Deque<RetryItem>();
  readonly #timers = new Set<Timer>();

  /** @param onDue Called when an item has become due. */
  constructor(policy: RetryPolicy | undefined, onDue: () => void) {
    this.#policy = policy;
    this.#onDue = onDue;
  }

  /** Number of items that are due. */
  get due(): number {
    return this.#due.size;
  }

  /** Number of items that are due, or whose wait is not over. */
  get waiting(): number {
    return this.#due.size + this.#timers.size;
  }

  /** Keeps neighbouring items that are about to run for the first time. */
  add(first: number, items: readonly unknown[]): void {
    if (!this.#policy) return;
    for (let i = 0; i < items.length; i++) this.#items.set(first + i, { index: first + i, item: items[i], attempt: 1 });
  }

  /** Takes the next item that is due. */
  take(): RetryItem | undefined {
    return this.#due.shift();
  }

  /** Drops neighbouring items that need no further attempt. */
  delete(first: number, count: number): void {
    for (let i = 0; i < count && this.#items.size > 0; i++) this.#items.delete(first + i);
  }

  /**
   * Schedules another attempt of a failed item; returns `false` if the item has none left.
   *
   * @throws What the policy's own `isRetriable` throws.
   */
  schedule(index: number, error: unknown): boolean {
    const item = this.#items.get(index);
    const policy = this.#policy;
    if (!item || !policy || item.attempt >= policy.maxAttempts || !policy.isRetriable(error)) return false;
    const wait = policy.delay(item.attempt++);
    if (wait === 0) this.#makeDue(item);
    else {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        this.#makeDue(item);
      }, wait);
      this.#timers.add(timer);
    }
    return true;
  }

  /** Cancels all further attempts. */
  clear(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#due.clear();
    this.#items.clear();
  }

  #makeDue(item: RetryItem): void {
    this.#due.push(item);
    this.#onDue();
  }
}
