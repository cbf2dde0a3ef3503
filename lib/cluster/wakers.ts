/**
 * `Wakers`: waits for the messages of Redis that say that a value, queue or lock may have changed.
 *
 * @module
 */
import { onAbort } from "../core/abort.ts";
import { Promise } from "../core/platform.ts";
import { clearTimeout, setTimeout } from "../core/timer.ts";
import type { Redis } from "./packages.ts";
import type { RedisAddress } from "./address.ts";
import { disconnect, redisClient, unref, within } from "./redis.ts";

/** Milliseconds that a subscription may take. */
const SUBSCRIBE_LIMIT = 2_000;

/** The channels that a process listens to, and who waits for each. */
export class Wakers {
  readonly #address: RedisAddress;
  readonly #channels = new Map<string, Set<() => void>>();
  #subscriber: Redis | undefined;

  constructor(address: RedisAddress) {
    this.#address = address;
  }

  /**
   * Waits until a message comes on a channel, or `ms` have passed, or the signal aborts. The first wait for a channel returns
   * at once, when messages arrive from then on: look before each wait.
   *
   * @throws If Redis cannot be reached.
   */
  async wait(channel: string, ms: number, signal: AbortSignal): Promise<void> {
    const waiting = this.#channels.get(channel);
    if (!waiting) return await this.#subscribe(channel);
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    waiting.add(resolve);
    const stopListening = onAbort(signal, () => resolve());
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      waiting.delete(resolve);
      stopListening();
    }
  }

  /** Wakes all, and ends the connection. */
  async close(): Promise<void> {
    const subscriber = this.#subscriber;
    this.#subscriber = undefined;
    this.#wakeAll();
    this.#channels.clear();
    await disconnect(subscriber);
  }

  async #subscribe(channel: string): Promise<void> {
    this.#subscriber ??= this.#connect();
    await within(SUBSCRIBE_LIMIT, this.#subscriber.subscribe(channel) as Promise<unknown>);
    if (!this.#channels.has(channel)) this.#channels.set(channel, new Set());
  }

  #connect(): Redis {
    const subscriber = redisClient(this.#address, true);
    subscriber.on("message", (channel: string) => this.#channels.get(channel)?.forEach((resolve) => resolve()));
    // Messages were lost while the connection was broken.
    subscriber.on("ready", () => this.#wakeAll());
    unref(subscriber);
    return subscriber;
  }

  #wakeAll(): void {
    for (const waiting of this.#channels.values()) waiting.forEach((resolve) => resolve());
  }
}
