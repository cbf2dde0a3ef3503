/**
 * `KeyLimit`: limits how many items of one key are in progress, and sets aside items whose key is busy, so that items of
 * other keys go on.
 *
 * ```
 * admit(item) --key is free--> in progress --release()--> the next item of the key is ready
 *      +--------key is busy--> waits aside -------------------^
 * ```
 *
 * @module
 */
import { Deque } from "../core/deque.ts";
import { badOption, callback, integer, knownOptions } from "../core/validate.ts";
import { KeyedSemaphore } from "./keyed_semaphore.ts";

/**
 * A limit for each key.
 *
 * @typeParam T An item.
 */
// deno-lint-ignore no-explicit-any -- nothing narrower takes every key function
export interface PerKeyOptions<T = any> {
  /** Returns the key of an item, such as the host of a URL. Keys are compared as those of a `Map`. */
  key: (item: T) => unknown;
  /** Maximum number of items of one key in progress at a time. */
  limit: number;
  /** Maximum number of items that wait for their key. With so many, no more are read. @default {1_000} */
  lookahead?: number;
}

/** A limit for each key of the calls of {@linkcode limit}. */
export interface LimitPerKeyOptions {
  /** Maximum number of calls of one key in progress at a time. */
  limit: number;
  /**
   * Returns the key of a call of a function that `wrap()` has made, from its arguments. Other calls name their key
   * themselves: `run(fn, { key })`.
   *
   * @default {none}
   */
  // deno-lint-ignore no-explicit-any -- nothing narrower takes every key function
  key?: (...args: any[]) => unknown;
}

/** Checks the option of `limit()`; `undefined` without it. */
export function limitPerKeyOptions(call: string, given: unknown): LimitPerKeyOptions | undefined {
  if (given === undefined) return undefined;
  const { key, limit } = checked<LimitPerKeyOptions>(call, given, "`limit`", ["key", "limit"]);
  callback(call, "per.key", key);
  return { key, limit: integer(call, "per.limit", limit, 1) };
}

/** Checks and completes the option of `pooled()`; `undefined` without it. */
export function perKeyOptions(call: string, given: unknown): Required<PerKeyOptions> | undefined {
  if (given === undefined) return undefined;
  const known = ["key", "limit", "lookahead"];
  const { key, limit, lookahead = 1_000 } = checked<PerKeyOptions>(call, given, "`key` and `limit`", known);
  if (typeof key !== "function") throw badOption(call, "per.key", key, "a function", false);
  return {
    key,
    limit: integer(call, "per.limit", limit, 1),
    lookahead: integer(call, "per.lookahead", lookahead, 1),
  };
}

function checked<T>(call: string, given: unknown, needs: string, known: readonly string[]): T {
  if (typeof given !== "object" || given === null) {
    throw badOption(call, "per", given, `an object with ${needs}`, false);
  }
  knownOptions(`${call}: \`per\``, given, known);
  return given as T;
}

/** An item that has been read. */
export interface KeyedItem<T> {
  readonly item: T;
  readonly index: number;
  readonly key: unknown;
}

/** The limit of one run. */
export class KeyLimit<T> {
  readonly #options: Required<PerKeyOptions<T>>;
  readonly #permits: KeyedSemaphore<KeyedItem<T>>;
  readonly #ready = new Deque<KeyedItem<T>>();
  #waiting = 0;

  constructor(options: Required<PerKeyOptions<T>>) {
    this.#options = options;
    this.#permits = new KeyedSemaphore(options.limit);
  }

  /** Number of items that wait for their key, or are ready. */
  get waiting(): number {
    return this.#waiting + this.#ready.size;
  }

  /** Whether an item that has waited can go on. */
  get hasReady(): boolean {
    return this.#ready.size > 0;
  }

  /** Whether no more items may be read. */
  get isFull(): boolean {
    return this.#waiting >= this.#options.lookahead;
  }

  /** Takes an item that has waited, and whose key is free. */
  shift(): KeyedItem<T> | undefined {
    return this.#ready.shift();
  }

  /** Takes an item that was read; `undefined` if it must wait for its key. */
  admit(item: T, index: number): KeyedItem<T> | undefined {
    const keyed = { item, index, key: this.#options.key(item) };
    if (this.#permits.take(keyed.key)) return keyed;
    this.#permits.wait(keyed.key, keyed);
    this.#waiting++;
    return undefined;
  }

  /** An item is no longer in progress. */
  release({ key }: KeyedItem<T>): void {
    const next = this.#permits.release(key);
    if (!next) return;
    this.#waiting--;
    this.#ready.push(next);
  }

  /** Drops the items that wait. */
  clear(): void {
    this.#permits.removeWaiters();
    this.#ready.clear();
    this.#waiting = 0;
  }
}
