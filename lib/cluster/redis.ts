/**
 * Connections to Redis.
 *
 * The first connection of a pool or a worker host fails within half a second if there is no Redis. Later, while Redis is
 * down, the commands of a pool fail; worker hosts and listeners for events wait until it is back.
 *
 * @module
 */
import { Promise } from "../core/platform.ts";
import { clearTimeout, setTimeout } from "../core/timer.ts";
import { clientOptions, type RedisAddress } from "./address.ts";
import { Connector } from "./connector.ts";
import type { ClusterSettings } from "./options.ts";
import { Redis } from "./packages.ts";
import { isFinal, NoAnswer, unreachable } from "./refusals.ts";

/** Number of refused connections in a row after which the first connection fails. */
const MAX_REFUSALS = 4;
/** Milliseconds that a connection may take. */
const CONNECT_LIMIT = 10_000;
/** Milliseconds that the first answer may take then. A TLS server that wants a certificate and gets none may never answer. */
export const ANSWER_LIMIT = 2_000;
/** Milliseconds that the end of a connection may take; what a server has not answered by then is not needed any more. */
const DISCONNECT_LIMIT = 500;
/** Shows whether the user may run scripts on the keys of the cluster: BullMQ would try again and again in silence. */
const PROBE = 'return redis.call("EXISTS", KEYS[1])';
/** Milliseconds between attempts to reconnect, at most. */
const RECONNECT_WAIT = 500;

/**
 * Makes a client, which connects at once, and again whenever the connection breaks.
 *
 * @param waits Whether commands wait for a connection. If `false`, they fail while there is none.
 */
export function redisClient(address: RedisAddress, waits: boolean, Client: typeof Redis = Redis): Redis {
  const client = new Client({
    ...clientOptions(address),
    maxRetriesPerRequest: waits ? null : 1,
    enableOfflineQueue: waits,
    connectTimeout: CONNECT_LIMIT,
    disconnectTimeout: DISCONNECT_LIMIT,
    Connector,
    retryStrategy: (times: number) => Math.min(50 * times, RECONNECT_WAIT),
  });
  // Ignored: a command that fails rejects with the cause, and the client connects again by itself.
  client.on("error", () => {});
  return client;
}

/**
 * Waits until a client is connected and Redis answers.
 *
 * @throws {ClusterError} At once if Redis refuses this client, or its user may not run scripts. After half a second, if
 * {@linkcode MAX_REFUSALS} connections in a row fail. If there is no answer within {@linkcode ANSWER_LIMIT}, or no
 * connection within {@linkcode CONNECT_LIMIT}.
 */
export async function connected(client: Redis, { redis, prefix, queue }: ClusterSettings): Promise<void> {
  const { promise: refused, reject } = Promise.withResolvers<never>();
  refused.catch(() => {}); // The refusal may come after the wait has ended.
  let refusals = 0;
  const count = (error: unknown) => {
    if (++refusals >= MAX_REFUSALS || isFinal(error)) reject(error);
  };
  const reached = (...states: string[]) =>
    new Promise<void>((resolve) => {
      if (states.includes(client.status)) resolve();
      else client.once(states[0], resolve);
    });
  client.on("error", count);
  try {
    const isReady = reached("ready");
    await within(CONNECT_LIMIT, Promise.race([refused, reached("connect", "ready")]));
    const answer = isReady.then(() => client.ping())
      .then(() => client.eval(PROBE, 1, `${prefix}:${queue}:isopool:probe`));
    await within(ANSWER_LIMIT, Promise.race([refused, answer]));
  } catch (cause) {
    throw unreachable(redis, cause);
  } finally {
    client.off("error", count);
  }
}

/**
 * Settles as a promise does.
 *
 * @throws {NoAnswer} If that takes longer than `ms` milliseconds.
 */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new NoAnswer(`there was no answer within ${ms} ms`)), ms);
  timer.unref(); // The connection or the unfinished calls keep the script alive.
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Returns the replies of a pipeline or a transaction; throws the first error among them. */
export function repliesOf<T>(replies: [Error | null, unknown][] | null): T[] {
  return (replies ?? []).map(([error, reply]) => {
    if (error) throw error;
    return reply as T;
  });
}

/** Ends a connection; resolves when it has ended. */
export async function disconnect(client: Redis | undefined): Promise<void> {
  if (!client) return;
  // Between two attempts to connect there is no connection, so no `end` would come.
  const isOpen = ["connecting", "connect", "ready"].includes(client.status);
  const hasEnded = new Promise<void>((resolve) => client.once("end", resolve));
  client.disconnect();
  if (isOpen) await hasEnded;
}

/** Lets the script end although a connection is open or is to be made again: unfinished calls keep it alive instead. */
export function unref(client: Redis): void {
  const release = () => internals(client).stream?.unref?.();
  client.on("connect", release);
  client.on("reconnecting", () => internals(client).reconnectTimeout?.unref?.());
  release();
}

interface Internals {
  readonly stream?: { unref?(): void };
  readonly reconnectTimeout?: { unref?(): void };
}

function internals(client: Redis): Internals {
  return client as unknown as Internals;
}
