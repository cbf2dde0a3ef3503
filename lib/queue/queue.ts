/**
 * Queues between any threads of the process.
 *
 * @module
 */
import { QueueClosedError } from "../core/queue_errors.ts";
import { integer, knownOptions } from "../core/validate.ts";
import { BRAND, type Handle, handleOfArrival, registerKind, Shared, VERSION } from "../shared/handle.ts";
import { type BlockLimits, checkBlock, checkLimits, type WaitLimits } from "../shared/waiting.ts";
import { Channel, type ChannelMemory, type Item, UNLIMITED } from "./channel.ts";
import { decodeValue, type Encoded, encodeValue } from "./codec.ts";
import { MAX_RECORD } from "./paged_log.ts";
import { SELECT, type Selectable, type Selection } from "./select.ts";

const KIND = "queue";

/** Options of a queue. */
export interface QueueOptions {
  /**
   * Most items in it; `put` waits for room.
   *
   * @default Infinity
   */
  maxSize?: number;
}

/** What `tryGet` gives. */
export type TryGetResult<T> = { state: "ok"; value: T } | { state: "empty" } | { state: "closed" };

// For JoinableQueue, which counts.
let channelOf: (queue: Queue<never>) => Channel;

/**
 * A first-in, first-out queue for many producers and many consumers on any threads: `multiprocessing.Queue`, without a
 * feeder thread. It can be an argument or result of a task, or an item of a queue, at any depth.
 *
 * Items are any structured-cloneable values, shared objects inside them, as they were when `put` was called. The items
 * that one producer puts through one `Queue` object arrive in that order; none arrives twice. All that was written
 * before a `put` is seen after the `get` that gives it. Memory holds up to 1 GiB of unread items; then `put` waits,
 * whatever `maxSize` says. Waiting keeps the script alive.
 *
 * **Close.** After `close`, producers get a {@linkcode QueueClosedError} with their value, those that wait too; consumers
 * get what is left, and then end: `get` with a {@linkcode QueueClosedError}, `for await` as a loop does.
 *
 * **Death.** A producer that dies has put an item wholly or not at all. A consumer that dies takes along the item in its
 * hands, from `get` to its thread's next `get`, and no other; `takeLost` tells its ticket, which `put` gave. This takes
 * a pool that notices the death; nobody notices that of a `Worker` of your own.
 *
 * @typeParam T What the items are.
 *
 * @example Producer and consumer
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Queue } from "@isopool/isopool";
 *
 * const queue = new Queue<{ n: number }>({ maxSize: 2 });
 * const produce = async () => {
 *   for (let n = 1; n <= 4; n++) await queue.put({ n });
 *   queue.close();
 * };
 * const done = produce();
 * let sum = 0;
 * for await (const { n } of queue) sum += n;
 * await done;
 * assertEquals(sum, 10);
 * ```
 */
export class Queue<T> extends Shared implements AsyncIterable<T>, Selectable<TryGetResult<T>> {
  readonly #channel: Channel;

  static {
    channelOf = (queue) => (queue as Queue<unknown>).#channel;
  }

  /** Creates an empty queue. */
  constructor(options?: QueueOptions) {
    super();
    const handle = handleOfArrival(options);
    if (handle) this.#channel = new Channel(handle.memory as ChannelMemory);
    else {
      const call = `create ${this.name}`;
      knownOptions(call, options, ["maxSize"]);
      const { maxSize = Infinity } = options ?? {};
      this.#channel = new Channel(maxSize === Infinity ? UNLIMITED : integer(call, "maxSize", maxSize, 1));
    }
  }

  /** @ignore */
  protected get name(): string {
    return "Queue";
  }

  /** How many items are in it at this moment. */
  get size(): number {
    return this.#channel.size;
  }

  /** Most items that may be in it. */
  get maxSize(): number {
    const { maxSize } = this.#channel.memory;
    return maxSize === UNLIMITED ? Infinity : maxSize;
  }

  /** Whether nothing can be put any more. */
  get closed(): boolean {
    return this.#channel.closed;
  }

  /**
   * Puts an item when there is room. Gives its ticket: which item of this queue it is, from 0 (and again from 0 after
   * 2^31).
   *
   * The promise rejects with a {@linkcode QueueClosedError}, a {@linkcode WaitTimeoutError}, the signal's reason, or a
   * `DataCloneError` if the item cannot be cloned.
   */
  async put(item: T, limits?: WaitLimits): Promise<number> {
    const call = `put into ${this.name}`;
    const timeout = checkLimits(call, limits);
    limits?.signal?.throwIfAborted();
    return this.#done(await this.#channel.put(call, this.#encode(item), timeout, limits?.signal), item);
  }

  /**
   * Puts an item, and blocks this thread until there is room. It overtakes what `put` of this thread still waits with.
   *
   * @throws {QueueClosedError} If the queue is closed.
   * @throws {WaitTimeoutError} If `timeout` passes first.
   * @throws {TypeError} On the main thread, without a `timeout`.
   */
  putSync(item: T, limits?: BlockLimits): number {
    const call = `put into ${this.name}`;
    const timeout = checkBlock(call, limits);
    return this.#done(this.#channel.putSync(call, this.#encode(item), timeout), item);
  }

  /** Puts an item if there is room now, and says what happened. */
  tryPut(item: T): "ok" | "full" | "closed" {
    return this.#channel.tryPut(`put into ${this.name}`, this.#encode(item));
  }

  /**
   * Takes the oldest item when there is one.
   *
   * The promise rejects with a {@linkcode QueueClosedError} if the queue is closed and empty, a
   * {@linkcode WaitTimeoutError}, or the signal's reason.
   */
  async get(limits?: WaitLimits): Promise<T> {
    const call = `get from ${this.name}`;
    const timeout = checkLimits(call, limits);
    limits?.signal?.throwIfAborted();
    this.released();
    return this.#value(call, await this.#channel.take(call, timeout, limits?.signal));
  }

  /**
   * Takes the oldest item, and blocks this thread until there is one.
   *
   * @throws {QueueClosedError} If the queue is closed and empty.
   * @throws {WaitTimeoutError} If `timeout` passes first.
   * @throws {TypeError} On the main thread, without a `timeout`.
   */
  getSync(limits?: BlockLimits): T {
    const call = `get from ${this.name}`;
    const timeout = checkBlock(call, limits);
    this.released();
    return this.#value(call, this.#channel.takeSync(call, timeout));
  }

  /** Takes the oldest item if there is one now. */
  tryGet(): TryGetResult<T> {
    this.released();
    const item = this.#channel.tryTake(`get from ${this.name}`);
    return typeof item === "string" ? { state: item } : { state: "ok", value: decodeValue(item) as T };
  }

  /** Closes the queue, for everybody. Doing it again does nothing. */
  close(): void {
    this.#channel.close();
  }

  /** Tickets of items that died in the hands of their consumers. Each is told once, to whoever asks first. */
  takeLost(): number[] {
    return this.#channel.takeLost(`take lost items of ${this.name}`);
  }

  /** Takes items until the queue is closed and empty. Leaving the loop leaves the rest in the queue. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    const call = `get from ${this.name}`;
    for (;;) {
      this.released();
      const item = await this.#channel.take(call, undefined);
      if (item === undefined) return;
      yield decodeValue(item) as T;
    }
  }

  /** @ignore */
  [SELECT](): Selection<TryGetResult<T>> {
    return {
      take: () => {
        const got = this.tryGet();
        return got.state === "empty" ? undefined : got;
      },
      ready: (signal) => this.#channel.ready("select", signal),
      passOn: () => this.#channel.passOn(),
    };
  }

  /** Shows its state. */
  toString(): string {
    return `${this.name}(${this.size} of ${this.maxSize}${this.closed ? ", closed" : ""})`;
  }

  /** @ignore */
  [BRAND](): Handle {
    return { kind: KIND, version: VERSION, memory: this.#channel.memory };
  }

  // This thread asks for more: what it had is done.
  /** @ignore */
  protected released(): void {
    this.#channel.deliveries.acknowledgeAll();
  }

  #encode(item: T): Encoded {
    const record = encodeValue(item);
    if (record.bytes.length <= MAX_RECORD) return record;
    throw new RangeError(
      `Cannot put into ${this.name}: the item has ${record.bytes.length} bytes: it takes up to ${MAX_RECORD}`,
    );
  }

  #done(ticket: number | undefined, value: T): number {
    if (ticket !== undefined) return ticket;
    throw new QueueClosedError(`Cannot put into ${this.name}: it is closed`, { value });
  }

  #value(call: string, item: Item | undefined): T {
    if (item === undefined) throw new QueueClosedError(`Cannot ${call}: it is closed and empty`);
    return decodeValue(item) as T;
  }
}

/** The channel of a queue. */
export function channel(queue: Queue<unknown>): Channel {
  return channelOf(queue as Queue<never>);
}

registerKind(KIND, Queue);
