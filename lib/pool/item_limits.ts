/**
 * `ItemLimits`: how often each item of a map is tried, and until when.
 *
 * @module
 */
import type { RetryPolicy } from "../core/retry.ts";
import type { Counters } from "../scheduler/counters.ts";
import { Deadlines } from "./deadlines.ts";
import { Retries, type RetryItem } from "./retries.ts";

/** The map whose items have limits. */
export interface LimitedMap {
  /** An item has become due for another attempt. */
  onDue(): void;
  /** The policy's own `isRetriable` has thrown. */
  onThrown(error: unknown): void;
  /** The deadline of an item has passed. */
  onExpired(index: number): void;
}

/** The limits of the items of one map. */
export class ItemLimits {
  readonly #retries: Retries;
  readonly #deadlines: Deadlines | undefined;

  constructor(
    { retry, deadline }: { retry: RetryPolicy | undefined; deadline: number | undefined },
    counters: Counters,
    map: LimitedMap,
  ) {
    this.#retries = new Retries(retry, counters, () => map.onDue(), (error) => map.onThrown(error));
    if (deadline !== undefined) this.#deadlines = new Deadlines(deadline, (index) => map.onExpired(index));
  }

  /** Number of items that are due for another attempt. */
  get due(): number {
    return this.#retries.due;
  }

  /** Number of items that are due, or wait for another attempt. */
  get waiting(): number {
    return this.#retries.waiting;
  }

  /** An item was read, and waits for a worker. */
  read(index: number): void {
    this.#deadlines?.add(index);
  }

  /** Neighbouring items are about to run for the first time. */
  started(first: number, items: readonly unknown[]): void {
    this.#retries.add(first, items);
    this.#deadlines?.add(first, items.length);
  }

  /** Takes the next item that is due for another attempt. */
  takeDue(): RetryItem | undefined {
    return this.#retries.take();
  }

  /** An item has failed. Returns whether it is tried again. */
  triesAgain(index: number, error: unknown): boolean {
    return this.#retries.schedule(index, error);
  }

  /** Whether an attempt of an item has failed, and another one was to follow. */
  wasTried(index: number): boolean {
    return this.#retries.wasTried(index);
  }

  /** Cancels all further attempts of an item. Returns the item if there would have been one. */
  cancelAttempts(index: number): RetryItem | undefined {
    return this.#retries.cancel(index);
  }

  /** Neighbouring items have ended. */
  ended(first: number, count = 1): void {
    this.#retries.delete(first, count);
    this.#deadlines?.remove(first, count);
  }

  /** The map has ended. */
  clear(): void {
    this.#retries.clear();
    this.#deadlines?.clear();
  }
}
