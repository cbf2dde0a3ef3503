/**
 * The items of a map that may be tried again: remembered while they run, and due once more when the wait of the retry
 * policy is over.
 *
 * @module
 */
import { Deque } from "../core/deque.ts";
import { clearTimeout, setTimeout, type Timer } from "../core/timer.ts";
import type { RetryPolicy } from "../core/retry.ts";
import type { Counters } from "../scheduler/counters.ts";

/** An item that may be tried again. */
export interface RetryItem {
  readonly index: number;
  readonly item: unknown;
  attempt: number;
}

/** The retries of one map. */
export class Retries {
  readonly #policy: RetryPolicy | undefined;
  readonly #counters: Counters;
  readonly #onDue: () => void;
  readonly #onThrown: (error: unknown) => void;
  readonly #items = new Map<number, RetryItem>();
  readonly #due = new Deque<RetryItem>();
  readonly #timers = new Map<number, Timer>();

  /**
   * @param onDue Called when an item has become due.
   * @param onThrown Called with what the policy's own `isRetriable` has thrown.
   */
  constructor(
    policy: RetryPolicy | undefined,
    counters: Counters,
    onDue: () => void,
    onThrown: (error: unknown) => void,
  ) {
    this.#policy = policy;
    this.#counters = counters;
    this.#onDue = onDue;
    this.#onThrown = onThrown;
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
   * Schedules another attempt of a failed item; returns `false` if it gets none. If `isRetriable` throws, `onThrown` ends
   * the map, and the result is `true`: the item needs nothing more.
   */
  schedule(index: number, error: unknown): boolean {
    const item = this.#items.get(index);
    const policy = this.#policy;
    if (!item || !policy || item.attempt >= policy.maxAttempts) return false;
    try {
      if (!policy.isRetriable(error)) return false;
    } catch (thrown) {
      this.#onThrown(thrown);
      return true;
    }
    this.#counters.retried++;
    const wait = policy.delay(item.attempt++);
    if (wait === 0) this.#makeDue(item);
    else {
      const timer = setTimeout(() => {
        this.#timers.delete(index);
        this.#makeDue(item);
      }, wait);
      this.#timers.set(index, timer);
    }
    return true;
  }

  /** Whether an attempt of an item has failed, and another one was to follow. */
  wasTried(index: number): boolean {
    return (this.#items.get(index)?.attempt ?? 1) > 1;
  }

  /** Cancels all further attempts of an item. Returns the item if one was due, or would have become so. */
  cancel(index: number): RetryItem | undefined {
    const cancelled = this.#items.get(index);
    this.#items.delete(index);
    const timer = this.#timers.get(index);
    clearTimeout(timer);
    const size = this.waiting;
    this.#timers.delete(index);
    for (let left = this.#due.size; left > 0; left--) {
      const item = this.#due.shift()!;
      if (item.index !== index) this.#due.push(item);
    }
    return this.waiting < size ? cancelled : undefined;
  }

  /** Cancels all further attempts. */
  clear(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#due.clear();
    this.#items.clear();
  }

  #makeDue(item: RetryItem): void {
    this.#due.push(item);
    this.#onDue();
  }
}
