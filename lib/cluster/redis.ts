/**
 * Connections to Redis.
 *
 * Whoever begins notices a Redis that is not there within half a second. Later, a submitter's commands fail while Redis is
 * away; a worker host and a listener for events wait for its return.
 *
 * @module
 */
import { Promise, URL } from "../core/platform.ts";
import { clearTimeout, setTimeout } from "../core/timer.ts";
import { knownOptions, refusal, show } from "../core/validate.ts";
import { ClusterError } from "../core/errors.ts";
import { Redis, type RedisOptions } from "./packages.ts";

/** Where Redis is, and how to log in there. */
export interface RedisServer {
  /** Name or address of its machine. @default {"localhost"} */
  host?: string;
  /** Its port. @default {6379} */
  port?: number;
  /** Path of its socket, in place of `host` and `port`. */
  path?: string;
  /** Name of the user, for access control lists. */
  username?: string;
  /** The password. */
  password?: string;
  /** Number of the database. @default {0} */
  db?: number;
  /** Settings of TLS as `node:tls` takes them: `ca`, `cert`, `key`, `servername`; `{}` for the default ones. */
  tls?: object;
}

/** Where Redis is: a URL (`redis://host:6379`, `rediss://` for TLS, `unix:///run/redis.sock`), or an object. */
export type RedisAddress = string | RedisServer;

const SERVER_OPTIONS = ["host", "port", "path", "username", "password", "db", "tls"];

/** So many refused connections in a row mean that there is no Redis. */
const MAX_REFUSALS = 4;
/** Milliseconds that a first answer may take. A TLS server that wants a certificate and gets none never answers. */
const ANSWER_LIMIT = 10_000;
/** Milliseconds between attempts to reconnect, at most. */
const RECONNECT_WAIT = 500;

/** Checks an address. */
export function redisAddress(action: string, address: unknown): RedisAddress {
  if (typeof address === "object" && address !== null && !Array.isArray(address)) {
    knownOptions(`${action}: \`redis\``, address, SERVER_OPTIONS);
    return address;
  }
  if (typeof address === "string" && /^(rediss?|unix):\/\/./.test(address)) return address;
  throw refusal(
    `Cannot ${action}: \`redis\` is ${show(address)}: it takes a URL (redis://, rediss:// or unix://), or an object ` +
      `of ${SERVER_OPTIONS.join(", ")}`,
  );
}

/** Text that names an address, without its password. */
export function addressName(address: RedisAddress): string {
  if (typeof address === "string") return address.replace(/\/\/[^@/]*@/, "//");
  return address.path ?? `${address.host ?? "localhost"}:${address.port ?? 6379}`;
}

function optionsOf(address: RedisAddress): RedisOptions {
  if (typeof address !== "string") return address as RedisOptions;
  const url = new URL(address);
  if (url.protocol === "unix:") return { path: url.pathname };
  return {
    host: url.hostname,
    port: url.port === "" ? 6379 : Number(url.port),
    ...url.username !== "" && { username: decodeURIComponent(url.username) },
    ...url.password !== "" && { password: decodeURIComponent(url.password) },
    ...url.pathname.length > 1 && { db: Number(url.pathname.slice(1)) },
    ...url.protocol === "rediss:" && { tls: {} },
  };
}

/**
 * Makes a client, which connects by itself, and again whenever the connection breaks.
 *
 * @param waits Whether commands wait for a connection. If not, they fail while there is none.
 */
export function redisClient(address: RedisAddress, waits: boolean): Redis {
  const client = new Redis({
    ...optionsOf(address),
    maxRetriesPerRequest: waits ? null : 1,
    enableOfflineQueue: waits,
    connectTimeout: ANSWER_LIMIT,
    retryStrategy: (times: number) => Math.min(50 * times, RECONNECT_WAIT),
  });
  // Each command that fails says why; a connection that breaks is made again.
  client.on("error", () => {});
  return client;
}

/**
 * Waits until a client is connected and Redis answers.
 *
 * @throws {ClusterError} If {@linkcode MAX_REFUSALS} connections in a row are refused, which takes half a second, or if there
 * is no answer within 10 s.
 */
export async function connected(client: Redis, address: RedisAddress): Promise<void> {
  const { promise: hasAnswered, resolve, reject } = Promise.withResolvers<unknown>();
  let refusals = 0;
  const count = (error: unknown) => {
    if (++refusals >= MAX_REFUSALS) reject(error);
  };
  const ping = () => void client.ping().then(resolve, reject);
  const timer = setTimeout(
    () => reject(new ClusterError(`there was no answer within ${ANSWER_LIMIT} ms`)),
    ANSWER_LIMIT,
  );
  client.on("error", count);
  if (client.status === "ready") ping();
  else client.once("ready", ping);
  try {
    await hasAnswered;
  } catch (cause) {
    throw new ClusterError(
      `Cannot reach Redis at ${addressName(address)}: is it running, and may this script reach it (--allow-net)?`,
      { cause },
    );
  } finally {
    clearTimeout(timer);
    client.off("error", count);
    client.off("ready", ping);
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
  // Between two attempts to connect there is nothing that could end.
  const isOpen = ["connecting", "connect", "ready"].includes(client.status);
  const hasEnded = new Promise<void>((resolve) => client.once("end", resolve));
  client.disconnect();
  if (isOpen) await hasEnded;
}
