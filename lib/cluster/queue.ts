/**
 * `ClusterQueue`: a first-in, first-out queue in Redis.
 *
 * @module
 */
import { QueueClosedError } from "../core/errors.ts";
import { JSON, Promise as RuntimePromise } from "../core/platform.ts";
import { refuseCopies } from "../core/uncopyable.ts";
import { integer, knownOptions } from "../core/validate.ts";
import { transferError } from "../protocol/transfer_error.ts";
import { reviveValue } from "../protocol/received_value.ts";
import type { WaitLimits } from "../shared/waiting.ts";
import type { TryGetResult } from "../queue/items.ts";
import { attempt } from "./attempt.ts";
import { plainValue } from "./pack.ts";
import type { Reply, Session } from "./session.ts";
import { pack, type PackedValue, unpack } from "./pack.ts";

/** Options of a {@linkcode ClusterQueue}. */
export interface ClusterQueueOptions {
  /**
   * Maximum number of items: `put` waits while the queue has as many. Give each producer the same number.
   *
   * @default {Infinity}
   */
  maxSize?: number;
}

/**
 * A first-in, first-out queue in Redis for producers and consumers in any processes of a cluster, which know it by its name.
 * It stays, with its items, until `delete`.
 *
 * Items are copies of what structured clone takes, errors with their classes; some MB at most. Items that one producer puts
 * through one object arrive in that order, and none arrives twice. Waiting keeps the script alive.
 *
 * ## Failure
 * A put and a get take effect once, also if their connection breaks meanwhile. If Redis does not answer for 2 s, they fail
 * with a {@linkcode ClusterError}; an item that such a get has taken goes back to the front when Redis answers. A consumer
 * that dies loses the items that it has taken: calls that must not be lost belong into a pool with `retry`. If Redis loses
 * its data (`appendonly no`, or the last second under `appendfsync everysec`), the items in it are lost, and items that were
 * taken in that second may come again.
 *
 * ## Cost
 * A put or get takes one round trip to Redis, about 0.2 ms on one machine; those of one process that wait together share it.
 * An item that arrives in an empty queue wakes each process that waits.
 *
 * @typeParam T Type of the items.
 */
export class ClusterQueue<T> implements AsyncIterable<T> {
  /** Its name. */
  readonly name: string;
  /** Maximum number of items: `put` waits while the queue has as many. */
  readonly maxSize: number;
  readonly #session: Session;
  // The last put of a queue with a limit. Puts that wait take turns, or a later one would overtake.
  #lastPut: Promise<unknown> = RuntimePromise.resolve();

  /** @ignore */
  constructor(session: Session, name: string, options: ClusterQueueOptions | undefined) {
    const call = "open ClusterQueue";
    knownOptions(call, options, ["maxSize"]);
    const { maxSize = Infinity } = options ?? {};
    this.#session = session;
    this.name = name;
    this.maxSize = maxSize === Infinity ? maxSize : integer(call, "maxSize", maxSize, 1);
  }

  static {
    refuseCopies(ClusterQueue, "open it by its name in the task: cluster({ redis, queue }).queue(name)");
  }

  /**
   * Puts an item when there is room. Resolves to its ticket: the number of the item in this queue, from 0.
   *
   * @throws {QueueClosedError} If the queue is closed.
   * @throws {WaitTimeoutError} If `timeout` passes first.
   * @throws {TransferError} If the item cannot be copied.
   * @throws {ClusterError} If Redis cannot be reached.
   *
   * @example Hand URLs to whoever takes them
   * ```ts ignore
   * import { cluster } from "@isopool/isopool/cluster";
   * await using backend = cluster({ redis: "redis://localhost", queue: "numbers" });
   * const urls = backend.queue<string>("urls", { maxSize: 1_000 });
   * await urls.put("https://example.com/");
   * ```
   */
  async put(item: T, limits?: WaitLimits): Promise<number> {
    const what = `put into ${this}`;
    const args = this.#putArgs(item);
    const run = () =>
      attempt(this.#session, {
        ...{ what, op: "put", name: this.name, args, wakes: "items" },
        waits: ([status]) => status === "full" ? Infinity : undefined,
        undo: () => {}, // The error said that the put may or may not have happened, so an item in the queue is no surprise.
      }, limits);
    const { reply: [status, ticket] } = await (this.maxSize === Infinity ? run() : this.#inTurn(run));
    if (status === "ok") return Number(ticket);
    throw new QueueClosedError(`Cannot ${what}: it is closed`, { value: item });
  }

  /**
   * Puts an item if there is room now, and resolves to what happened.
   *
   * @throws {TransferError} If the item cannot be copied.
   * @throws {ClusterError} If Redis cannot be reached.
   *
   * @example Drop what does not fit
   * ```ts ignore
   * import { cluster } from "@isopool/isopool/cluster";
   * await using backend = cluster({ redis: "redis://localhost", queue: "numbers" });
   * if (await backend.queue<string>("log", { maxSize: 100 }).tryPut("a line") === "full") console.log("dropped");
   * ```
   */
  async tryPut(item: T): Promise<"ok" | "full" | "closed"> {
    const [status] = await this.#session.call(`put into ${this}`, "put", this.name, this.#putArgs(item));
    return status as "ok" | "full" | "closed";
  }

  /**
   * Takes the oldest item when there is one.
   *
   * @throws {QueueClosedError} If the queue is closed and empty.
   * @throws {WaitTimeoutError} If `timeout` passes first.
   * @throws {ClusterError} If Redis cannot be reached.
   *
   * @example Wait for a minute at most
   * ```ts ignore
   * import { cluster } from "@isopool/isopool/cluster";
   * await using backend = cluster({ redis: "redis://localhost", queue: "numbers" });
   * console.log(await backend.queue<string>("urls").get({ timeout: 60_000 }));
   * ```
   */
  async get(limits?: WaitLimits): Promise<T> {
    const what = `get from ${this}`;
    const { reply } = await attempt(this.#session, {
      ...{ what, op: "take", name: this.name, args: [], wakes: "items" },
      waits: ([status]) => status === "empty" ? Infinity : undefined,
      undo: (reply) => this.#giveBack(reply),
    }, limits);
    if (reply[0] === "ok") return itemOf(reply) as T;
    throw new QueueClosedError(`Cannot ${what}: it is closed and empty`);
  }

  /**
   * Takes the oldest item if there is one now.
   *
   * @throws {ClusterError} If Redis cannot be reached.
   *
   * @example Take what is there
   * ```ts ignore
   * import { cluster } from "@isopool/isopool/cluster";
   * await using backend = cluster({ redis: "redis://localhost", queue: "numbers" });
   * const found = await backend.queue<string>("urls").tryGet();
   * if (found.state === "ok") console.log(found.value);
   * ```
   */
  async tryGet(): Promise<TryGetResult<T>> {
    const reply = await this.#session.call(`get from ${this}`, "take", this.name, [], (late) => this.#giveBack(late));
    return reply[0] === "ok" ? { state: "ok", value: itemOf(reply) as T } : { state: reply[0] as "empty" | "closed" };
  }

  /**
   * Closes the queue for puts, in all processes. Consumers take the rest; then `get` fails and loops end.
   *
   * @example End the loops of the consumers
   * ```ts ignore
   * import { cluster } from "@isopool/isopool/cluster";
   * await using backend = cluster({ redis: "redis://localhost", queue: "numbers" });
   * const urls = backend.queue<string>("urls");
   * await urls.close();
   * for await (const url of urls) console.log(url);
   * ```
   */
  async close(): Promise<void> {
    await this.#session.call(`close ${this}`, "close", this.name);
  }

  /**
   * Removes the queue from Redis, with its items: it is open and empty again.
   *
   * @example Tidy up
   * ```ts ignore
   * import { cluster } from "@isopool/isopool/cluster";
   * await using backend = cluster({ redis: "redis://localhost", queue: "numbers" });
   * await backend.queue("urls").delete();
   * ```
   */
  async delete(): Promise<void> {
    await this.#session.call(`delete ${this}`, "drop", this.name);
  }

  /** Resolves to the number of items at this moment. */
  async size(): Promise<number> {
    return Number((await this.#status())[1]);
  }

  /** Resolves to whether the queue is closed for puts. */
  async closed(): Promise<boolean> {
    return (await this.#status())[2] === 1;
  }

  /** Takes items until the queue is closed and empty. Items that a loop leaves behind stay in the queue. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      let item: T;
      try {
        item = await this.get();
      } catch (error) {
        if (error instanceof QueueClosedError) return;
        throw error;
      }
      yield item;
    }
  }

  /** Returns the name, as `ClusterQueue("urls")`. */
  toString(): string {
    return `ClusterQueue(${JSON.stringify(this.name)})`;
  }

  #status(): Promise<Reply> {
    return this.#session.call(`read state of ${this}`, "status", this.name);
  }

  #putArgs(item: T): (string | number)[] {
    const maxSize = this.maxSize === Infinity ? "" : this.maxSize;
    try {
      return [maxSize, pack(plainValue(item))];
    } catch (cause) {
      throw transferError(item, "item", "argument", cause);
    }
  }

  async #inTurn<R>(run: () => Promise<R>): Promise<R> {
    const own = this.#lastPut.then(run, run);
    this.#lastPut = own.catch(() => {});
    return await own;
  }

  #giveBack([status, item]: Reply): void {
    // If Redis does not come back, the item is lost.
    if (status === "ok") this.#session.call(`put back into ${this}`, "giveBack", this.name, [item]).catch(() => {});
  }
}

function itemOf([, text]: Reply): unknown {
  const { value, errors } = unpack<PackedValue>(text as string);
  return reviveValue(value, false, errors);
}
