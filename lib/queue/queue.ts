/**
 * `Queue`: a first-in, first-out queue between any threads of the process.
 *
 * @module
 */
import { BRAND, type Handle, registerKind, Shared } from "../shared/handle.ts";
import type { BlockLimits, WaitLimits } from "../shared/waiting.ts";
import type { JoinSource } from "./item_source.ts";
import * as items from "./items.ts";
import { SELECT, type Selectable, type Selection } from "./select.ts";

export type { TryGetResult } from "./items.ts";

const KIND = "queue";

/** Options of a queue. */
export interface QueueOptions {
  /**
   * Maximum number of items in the queue; `put` waits for room.
   *
   * @default Infinity
   */
  maxSize?: number;
}

let sourceOf: (queue: Queue<never>) => JoinSource;

/**
 * A first-in, first-out queue for many producers and many consumers on any threads: `multiprocessing.Queue`, without a
 * feeder thread. It can be an argument or result of a task, or an item of a queue, at any depth.
 *
 * Items are structured-cloneable values, copied when `put` is called; shared objects inside them stay shared. Items that
 * one producer puts through one `Queue` object arrive in that order, and none arrives twice. Waiting keeps the script
 * alive.
 *
 * **Close.** After `close`, puts fail with a {@linkcode QueueClosedError}, waiting ones too. Consumers take the rest; then
 * `get` fails with a {@linkcode QueueClosedError}, and `for await` ends.
 *
 * **Death.** A producer that dies has put an item wholly or not at all. A consumer that dies loses the item that it got
 * last, until its thread asks for the next one, and no other. Only the death of a pool's threads is noticed. A queue does
 * not know its producers: if the last one fails, `get` waits on. Close it in a `finally`, or give `get` a signal.
 *
 * **Memory ordering.** What a thread wrote to shared memory before `put` is visible after the `get` of that item.
 *
 * **Cost.** A number takes about 0.7 us from worker to worker, a small object 1.3 us (two cores). A queue takes 148 KB,
 * and keeps the memory of its fullest moment; with 1 GiB of unread items, `put` waits. Do not use it for large buffers
 * that can be shared (`SharedArray`) or for a number that many threads change (`Counter`).
 *
 * @typeParam T Type of the items.
 */
export class Queue<T> extends Shared implements AsyncIterable<T>, Selectable<items.TryGetResult<T>> {
  readonly #source: JoinSource;

  static {
    sourceOf = (queue) => (queue as Queue<unknown>).#source;
  }

  /** Creates an empty queue. */
  constructor(options?: QueueOptions) {
    super();
    this.#source = items.sourceFor(this.name, this.acknowledges, options);
  }

  /** @ignore */
  protected get name(): string {
    return "Queue";
  }

  /** @ignore */
  protected get acknowledges(): boolean {
    return true;
  }

  /** Number of items in the queue at this moment. */
  get size(): number {
    return this.#source.size;
  }

  /** Maximum number of items. */
  get maxSize(): number {
    return this.#source.maxSize;
  }

  /** Whether the queue is closed for puts. */
  get closed(): boolean {
    return this.#source.closed;
  }

  /**
   * Puts an item when there is room. Resolves to its ticket: the number of the item in this queue, from 0 (and again from
   * 0 after 2^31). Rejects with a {@linkcode QueueClosedError}, a {@linkcode WaitTimeoutError}, the signal's reason, or a
   * {@linkcode TransferError} if the item cannot be copied.
   *
   * @example Slow down a producer that is faster than its consumer
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Queue } from "@isopool/isopool";
   * const queue = new Queue<string>({ maxSize: 1 });
   * const puts = ["a", "b"].map((item) => queue.put(item)); // The second one waits.
   * assertEquals([await queue.get(), await queue.get(), ...await Promise.all(puts)], ["a", "b", 0, 1]);
   * ```
   */
  put(item: T, limits?: WaitLimits): Promise<number> {
    return items.putItem(this.#source, item, limits);
  }

  /**
   * Puts an item, and blocks this thread until there is room. It overtakes waiting `put` calls of this thread.
   *
   * @throws {QueueClosedError} If the queue is closed.
   * @throws {WaitTimeoutError} If `timeout` passes first.
   * @throws {TypeError} On the main thread, without a `timeout`.
   *
   * @example Put from a function that is not async
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Queue } from "@isopool/isopool";
   * assertEquals(new Queue<string>().putSync("line", { timeout: 1_000 }), 0);
   * ```
   */
  putSync(item: T, limits?: BlockLimits): number {
    return items.putItemSync(this.#source, item, limits);
  }

  /**
   * Puts an item if there is room now, and returns what happened.
   *
   * @example Drop what does not fit
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Queue } from "@isopool/isopool";
   * const queue = new Queue<number>({ maxSize: 1 });
   * assertEquals([queue.tryPut(1), queue.tryPut(2)], ["ok", "full"]);
   * ```
   */
  tryPut(item: T): "ok" | "full" | "closed" {
    return items.tryPutItem(this.#source, item);
  }

  /**
   * Takes the oldest item when there is one. Rejects with a {@linkcode QueueClosedError} if the queue is closed and empty,
   * a {@linkcode WaitTimeoutError}, or the signal's reason.
   *
   * @example Give up after some time
   * ```ts
   * import { assertRejects } from "@std/assert";
   * import { Queue, WaitTimeoutError } from "@isopool/isopool";
   * await assertRejects(() => new Queue().get({ timeout: 10 }), WaitTimeoutError);
   * ```
   */
  get(limits?: WaitLimits): Promise<T> {
    return items.getItem(this.#source, limits);
  }

  /**
   * Takes the oldest item, and blocks this thread until there is one.
   *
   * @throws {QueueClosedError} If the queue is closed and empty.
   * @throws {WaitTimeoutError} If `timeout` passes first.
   * @throws {TypeError} On the main thread, without a `timeout`.
   *
   * @example Get from a function that is not async
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Queue } from "@isopool/isopool";
   * const queue = new Queue<string>();
   * queue.tryPut("line");
   * assertEquals(queue.getSync({ timeout: 1_000 }), "line");
   * ```
   */
  getSync(limits?: BlockLimits): T {
    return items.getItemSync(this.#source, limits);
  }

  /**
   * Takes the oldest item if there is one now.
   *
   * @example Take what is there
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Queue } from "@isopool/isopool";
   * const queue = new Queue<number>();
   * queue.tryPut(1);
   * assertEquals([queue.tryGet(), queue.tryGet()], [{ state: "ok", value: 1 }, { state: "empty" }]);
   * ```
   */
  tryGet(): items.TryGetResult<T> {
    return items.tryGetItem(this.#source);
  }

  /**
   * Closes the queue for all threads. Closing it again does nothing.
   *
   * @example End the loops of the consumers
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Queue } from "@isopool/isopool";
   * const queue = new Queue<number>();
   * queue.tryPut(1);
   * queue.close();
   * assertEquals([queue.tryPut(2), await Array.fromAsync(queue)], ["closed", [1]]);
   * ```
   */
  close(): void {
    this.#source.close();
  }

  /**
   * Returns the tickets of items that were lost with their consumers. Each ticket is returned once, to the first caller.
   *
   * @example Check that no item was lost
   * ```ts
   * import { Queue } from "@isopool/isopool";
   * if (new Queue<string>().takeLost().length > 0) throw new Error("put these items again");
   * ```
   */
  takeLost(): number[] {
    return this.#source.takeLost(`take lost items of ${this.name}`);
  }

  /** Takes items until the queue is closed and empty. Items that a loop leaves behind stay in the queue. */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    return items.allItems(this.#source);
  }

  /** @ignore */
  [SELECT](): Selection<items.TryGetResult<T>> {
    return items.selectionOf(this.#source, () => this.tryGet());
  }

  /** Returns a text with the size and the state. */
  toString(): string {
    return `${this.name}(${this.size} of ${this.maxSize}${this.closed ? ", closed" : ""})`;
  }

  /** @ignore */
  [BRAND](): Handle {
    return this.#source.handle(KIND);
  }
}

/** Returns what a queue is built on. */
export function source(queue: Queue<unknown>): JoinSource {
  return sourceOf(queue as Queue<never>);
}

registerKind(KIND, Queue);
