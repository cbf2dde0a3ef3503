/**
 * `Subscriptions`: waits for the messages that Redis publishes when a value, queue or lock may have changed.
 *
 * @module
 */
import { onAbort } from "../core/abort.ts";
import { performance, Promise } from "../core/platform.ts";
import { clearTimeout, setTimeout } from "../core/timer.ts";
import type { Redis } from "./packages.ts";
import type { RedisAddress } from "./address.ts";
import { disconnect, redisClient, unref, within } from "./redis.ts";

/** Milliseconds that a subscription may take. */
const SUBSCRIBE_LIMIT = 2_000;
/** Milliseconds after its last wait for which a channel stays subscribed. */
const IDLE_LIMIT = 60_000;

/** A channel of Redis to which this process has subscribed. */
interface Channel {
  /** The waits that the next message ends. */
  readonly waiting: Set<() => void>;
  /** When the last wait for it began or ended, on the `performance.now()` clock. */
  lastUse: number;
}

/** The channels to which this process has subscribed, and the waits for each. */
export class Subscriptions {
  readonly #address: RedisAddress;
  readonly #idleLimit: number;
  readonly #channels = new Map<string, Channel>();
  #subscriber: Redis | undefined;

  /** @param idleLimit {@linkcode IDLE_LIMIT}; tests use a shorter one. */
  constructor(address: RedisAddress, idleLimit = IDLE_LIMIT) {
    this.#address = address;
    this.#idleLimit = idleLimit;
  }

  /**
   * Waits until a message comes on a channel, or `ms` have passed, or the signal aborts. The first wait for a channel only
   * subscribes, and returns without a message. So the caller must check the state in Redis before each wait.
   *
   * @throws If Redis cannot be reached.
   */
  async wait(channel: string, ms: number, signal: AbortSignal): Promise<void> {
    const known = this.#channels.get(channel);
    if (!known) return await this.#subscribe(channel);
    const { waiting } = known;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    waiting.add(resolve);
    const stopListening = onAbort(signal, () => resolve());
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      waiting.delete(resolve);
      known.lastUse = performance.now();
      stopListening();
    }
  }

  /** Ends all waits and the connection. */
  async close(): Promise<void> {
    const subscriber = this.#subscriber;
    this.#subscriber = undefined;
    this.#wakeAll();
    this.#channels.clear();
    await disconnect(subscriber);
  }

  async #subscribe(channel: string): Promise<void> {
    this.#unsubscribeIdle();
    const subscriber = this.#subscriber ??= this.#connect();
    await within(SUBSCRIBE_LIMIT, subscriber.subscribe(channel) as Promise<unknown>);
    // close() may have been called meanwhile. A channel that is added after that would have no subscription.
    if (this.#subscriber !== subscriber || this.#channels.has(channel)) return;
    this.#channels.set(channel, { waiting: new Set(), lastUse: performance.now() });
  }

  // Without this, a program that uses a new name for each of its users would subscribe to ever more channels. The channels
  // are searched only when one is added.
  #unsubscribeIdle(): void {
    const limit = performance.now() - this.#idleLimit;
    for (const [channel, { waiting, lastUse }] of this.#channels) {
      if (waiting.size > 0 || lastUse > limit) continue;
      this.#channels.delete(channel);
      // If the connection is broken, the subscription is gone as well.
      this.#subscriber?.unsubscribe(channel).catch(() => {});
    }
  }

  #connect(): Redis {
    const subscriber = redisClient(this.#address, true);
    subscriber.on("message", (channel: string) => this.#channels.get(channel)?.waiting.forEach((resolve) => resolve()));
    // While the connection was broken, messages were lost.
    subscriber.on("ready", () => this.#wakeAll());
    unref(subscriber);
    return subscriber;
  }

  #wakeAll(): void {
    for (const { waiting } of this.#channels.values()) waiting.forEach((resolve) => resolve());
  }
}
