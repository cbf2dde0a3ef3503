/**
 * `Session`: a process's connection to the values, queues and locks of a cluster.
 *
 * ```
 * call() ---> calls that wait ---> one batch at a time, as a script ---> Redis: session_script.ts
 *                 500 at most       is sent again when a connection
 *                                   breaks, and has one effect
 * wait() <------------------------ a published message: check again
 * ```
 *
 * Calls take effect in their order. While Redis does not answer, it is unknown whether the batch that was sent took effect.
 * The session keeps the batch to send it again, and rejects its calls after {@linkcode AWAY_LIMIT}. A reply that comes later
 * goes to {@linkcode Pending.late}, which undoes the effect: a queue gets an item back that no caller has received.
 *
 * @module
 */
import { ClusterError } from "../core/errors.ts";
import { crypto, Promise } from "../core/platform.ts";
import { clearTimeout, KeepAlive, queueMicrotask, setTimeout, type Timer } from "../core/timer.ts";
import type { ClusterSettings } from "./options.ts";
import type { Redis } from "./packages.ts";
import { addressName } from "./address.ts";
import { connected, disconnect, redisClient, unref } from "./redis.ts";
import { SESSION_SCRIPT } from "./session_script.ts";
import { Subscriptions } from "./subscriptions.ts";

/** Milliseconds for which calls wait for a Redis that does not answer or that the connection to is broken. */
const AWAY_LIMIT = 2_000;
/** Operations in a batch, at most. */
const MAX_BATCH = 500;
/** Characters of all arguments of a batch, at most; one operation may have more. */
const MAX_LENGTH = 1 << 20;

const CLOSED = new ClusterError("the connection was closed");

/** The status of an operation, then what belongs to it. */
export type Reply = readonly [status: string, ...values: (string | number)[]];

interface Pending {
  readonly what: string;
  readonly args: readonly string[];
  readonly length: number;
  readonly end: PromiseWithResolvers<Reply>;
  /** Receives the reply if the call was rejected before, because Redis did not answer in time. */
  readonly late: ((reply: Reply) => void) | undefined;
  hasEnded: boolean;
}

type ScriptClient = Redis & { isopoolSession(session: string, ...args: string[]): Promise<Reply[]> };

/** The values, queues and locks of one cluster, as one process sees them. */
export class Session {
  readonly #settings: ClusterSettings;
  readonly #base: string;
  readonly #key: string;
  #keepAlive = new KeepAlive();
  readonly #subscriptions: Subscriptions;
  #opened: Promise<ScriptClient> | undefined;
  #client: ScriptClient | undefined;
  #waiting: Pending[] = [];
  #sent: Pending[] = [];
  #batches = 0;
  #closes = 0;
  #isSending = false;
  #held = 0;
  #awayTimer: Timer | undefined;
  #away: ClusterError | undefined;

  constructor(settings: ClusterSettings) {
    this.#settings = settings;
    this.#subscriptions = new Subscriptions(settings.redis);
    this.#base = `${settings.prefix}:${settings.queue}:isopool:`;
    this.#key = `${this.#base}session:${crypto.randomUUID()}`;
  }

  /**
   * Runs an operation of the script.
   *
   * @param what The call, for messages: `get from ClusterQueue "urls"`.
   * @param late Receives the reply if this call was rejected before it came.
   * @throws {ClusterError} If Redis cannot be reached, or refuses the operation.
   */
  async call(
    what: string,
    op: string,
    name: string,
    args: readonly (string | number)[] = [],
    late?: (reply: Reply) => void,
  ): Promise<Reply> {
    if (this.#away) throw this.#error(what, "", this.#away.cause);
    const list = [op, name, `${args.length}`, ...args.map(String)];
    const length = list.reduce((sum, each) => sum + each.length, 0);
    const pending: Pending = { what, args: list, length, end: Promise.withResolvers(), late, hasEnded: false };
    this.#waiting.push(pending);
    if (!this.#isSending) {
      this.#isSending = true;
      queueMicrotask(() => void this.#send());
    }
    this.#hold();
    try {
      const reply = await pending.end.promise;
      if (reply[0] === "error") throw this.#error(what, `: Redis says: ${reply[1]}`);
      return reply;
    } finally {
      this.#release();
    }
  }

  /** Waits until a message is published for a value, queue or lock, as {@linkcode Subscriptions.wait} does. */
  async wait(what: string, kind: string, name: string, ms: number, signal: AbortSignal): Promise<void> {
    const closes = this.#closes;
    this.#hold();
    try {
      await this.#subscriptions.wait(`${this.#base}${kind}:${name}`, ms, signal);
      if (this.#closes !== closes) throw CLOSED;
    } catch (cause) {
      throw this.#error(what, "", cause);
    } finally {
      this.#release();
    }
  }

  /** Closes the connections. Calls that have not ended reject. */
  async close(): Promise<void> {
    this.#closes++;
    const client = await this.#opened?.catch(() => undefined);
    // Nothing of this session is sent again.
    if (client?.status === "ready" && this.#sent.length === 0) await client.del(this.#key).catch(() => {});
    this.#fail(CLOSED);
    this.#isBack();
    this.#opened = this.#client = undefined;
    this.#keepAlive[Symbol.dispose]();
    this.#keepAlive = new KeepAlive();
    await Promise.all([disconnect(client), this.#subscriptions.close()]);
  }

  #hold(): void {
    if (++this.#held === 1) this.#keepAlive.hold();
  }

  #release(): void {
    if (--this.#held === 0) this.#keepAlive.release();
  }

  #open(): Promise<ScriptClient> {
    return this.#opened ??= this.#connect();
  }

  async #connect(): Promise<ScriptClient> {
    const { redis } = this.#settings;
    const client = redisClient(redis, true) as ScriptClient;
    try {
      await connected(client, this.#settings);
    } catch (error) {
      this.#opened = undefined;
      await disconnect(client);
      throw error;
    }
    client.defineCommand("isopoolSession", { numberOfKeys: 1, lua: SESSION_SCRIPT });
    client.on("close", () => this.#watch());
    client.on("ready", () => {
      this.#isBack();
      // Redis has the full time to answer the batch that is sent again.
      if (this.#sent.length > 0) this.#watch();
    });
    unref(client);
    return this.#client = client;
  }

  async #send(): Promise<void> {
    try {
      while (this.#waiting.length > 0) await this.#sendBatch(await this.#open());
    } catch (error) {
      this.#fail(error as Error);
    }
    this.#isSending = false;
  }

  async #sendBatch(client: ScriptClient): Promise<void> {
    const batch = this.#sent = this.#nextBatch();
    this.#watch();
    try {
      const args = [`${++this.#batches}`, this.#base, ...batch.flatMap(({ args }) => args)];
      const replies = await client.isopoolSession(this.#key, ...args);
      batch.forEach((each, i) => settle(each, replies[i]));
    } catch (cause) {
      for (const each of batch) this.#reject(each, "", cause);
    }
    this.#sent = [];
    this.#isBack();
  }

  #isBack(): void {
    this.#away = undefined;
    clearTimeout(this.#awayTimer);
    this.#awayTimer = undefined;
  }

  #nextBatch(): Pending[] {
    let count = 0;
    for (let length = 0; count < MAX_BATCH && count < this.#waiting.length; count++) {
      length += this.#waiting[count].length;
      if (length > MAX_LENGTH && count > 0) break;
    }
    return this.#waiting.splice(0, count);
  }

  // Watches a batch that was sent, or a connection that has broken.
  #watch(): void {
    if (!this.#client || this.#awayTimer) return;
    const timer = this.#awayTimer = setTimeout(() => {
      const name = addressName(this.#settings.redis);
      this.#fail(new ClusterError(`Redis at ${name} has not answered for ${AWAY_LIMIT} ms`));
    }, AWAY_LIMIT);
    timer.unref(); // Calls keep the script alive.
  }

  #fail(cause: Error): void {
    const isOpen = this.#client !== undefined;
    for (const each of this.#sent) this.#reject(each, ": nobody knows whether it was done", cause);
    for (const each of this.#waiting.splice(0)) this.#reject(each, ": it was not done", cause);
    if (isOpen) this.#away = new ClusterError("Redis is away", { cause });
  }

  #reject(pending: Pending, more: string, cause: unknown): void {
    if (pending.hasEnded) return;
    pending.hasEnded = true;
    pending.end.reject(this.#error(pending.what, more, cause));
  }

  #error(what: string, more: string, cause?: unknown): ClusterError {
    const reason = cause instanceof Error ? `: ${cause.message}` : "";
    return new ClusterError(`Cannot ${what}${more}${reason}`, cause === undefined ? undefined : { cause });
  }
}

function settle(pending: Pending, reply: Reply): void {
  if (pending.hasEnded) return pending.late?.(reply);
  pending.hasEnded = true;
  pending.end.resolve(reply);
}
