/**
 * `cluster()`: the backend whose workers are worker hosts on other machines.
 *
 * @module
 */
import { knownOptions, show } from "../core/validate.ts";
import { type RedisAddress, redisAddress } from "./redis.ts";

/** Options of {@linkcode cluster}. */
export interface ClusterOptions {
  /**
   * Where Redis is: a URL (`redis://user:password@host:6379`, `rediss://` for TLS, `unix:///run/redis.sock`), or an object,
   * for example with `tls`.
   */
  redis: RedisAddress;
  /** Name of the queue that the worker hosts serve; without a colon. */
  queue: string;
  /** First part of all keys in Redis. @default {"isopool"} */
  prefix?: string;
}

/** The options, checked. */
export interface ClusterSettings {
  readonly redis: RedisAddress;
  readonly queue: string;
  readonly prefix: string;
}

/** Checks the options that submitters and worker hosts have in common. */
export function clusterSettings(action: string, options: unknown, more: readonly string[] = []): ClusterSettings {
  knownOptions(action, options, ["redis", "queue", "prefix", ...more]);
  const { redis, queue, prefix = "isopool" } = options as ClusterOptions;
  return {
    redis: redisAddress(action, redis),
    queue: keyPart(action, "queue", queue),
    prefix: keyPart(action, "prefix", prefix),
  };
}

function keyPart(action: string, option: string, value: unknown): string {
  if (typeof value === "string" && value !== "" && !value.includes(":")) return value;
  throw new TypeError(`Cannot ${action}: \`${option}\` is ${show(value)}: it takes a text without a colon`);
}
