/**
 * `cluster()`: the backend whose workers are worker hosts on other machines.
 *
 * @module
 */
import { badOption, integer, refusal, requiredOptions, show } from "../core/validate.ts";
import { type RedisAddress, redisAddress } from "./address.ts";

/** Where a queue is: options that pools, worker hosts and {@linkcode attach} have in common. */
export interface ClusterAddress {
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

/** Options of {@linkcode cluster}. */
export interface ClusterOptions extends ClusterAddress {
  /**
   * A name for the pool, without a colon, under which another process can {@linkcode attach} to its calls. By default a pool
   * has no name, and no process can attach.
   */
  executor?: string;
  /** Milliseconds for which Redis keeps the outcome of a call after its end, from 1,000 on. @default {3,600,000: an hour} */
  retention?: number;
  /**
   * Whether local task modules (`file:` URLs) and the local modules that they import are sent to the hosts, through Redis. If
   * not, each host takes them from the same path.
   *
   * @default {true}
   */
  sendModules?: boolean;
  /** Maximum number of bytes that a call, or its result, takes in Redis. @default {16,777,216: 16 MiB} */
  sizeLimit?: number;
}

/** A checked {@linkcode ClusterAddress}. */
export interface ClusterSettings {
  readonly redis: RedisAddress;
  readonly queue: string;
  readonly prefix: string;
}

/** The checked options of a pool. */
export interface PoolSettings extends ClusterSettings {
  readonly executor: string | undefined;
  readonly retention: number;
  readonly sendModules: boolean;
  readonly sizeLimit: number;
}

/** Checks the options that all sides have in common. */
export function clusterSettings(action: string, options: unknown, more: readonly string[] = []): ClusterSettings {
  requiredOptions(action, options, ["redis", "queue", "prefix", ...more]);
  const { redis, queue, prefix = "isopool" } = options as ClusterAddress;
  return {
    redis: redisAddress(action, redis),
    queue: keyPart(action, "queue", queue),
    prefix: keyPart(action, "prefix", prefix),
  };
}

/** Checks the options of a pool. */
export function poolSettings(action: string, options: unknown): PoolSettings {
  const more = ["executor", "retention", "sendModules", "sizeLimit"];
  const settings = clusterSettings(action, options, more);
  const { executor, retention = 3_600_000, sendModules = true, sizeLimit = 2 ** 24 } = options as ClusterOptions;
  if (typeof sendModules !== "boolean") throw badOption(action, "sendModules", sendModules, "true or false", false);
  return {
    ...settings,
    executor: executor === undefined ? undefined : keyPart(action, "executor", executor),
    retention: integer(action, "retention", retention, 1_000),
    sendModules,
    sizeLimit: integer(action, "sizeLimit", sizeLimit, 1_000),
  };
}

/** Checks a text that becomes a part of a key. */
export function keyPart(action: string, option: string, value: unknown): string {
  if (typeof value === "string" && value !== "" && !value.includes(":")) return value;
  throw refusal(`Cannot ${action}: \`${option}\` is ${show(value)}: it takes a text without a colon`);
}
