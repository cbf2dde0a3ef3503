/**
 * The option `redis`: where Redis is.
 *
 * @module
 */
import { URL } from "../core/platform.ts";
import { badOption, integer, isArray, isOptions, knownOptions, refusal, show } from "../core/validate.ts";
import type { RedisOptions } from "./packages.ts";

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

const MAX_PORT = 65_535;
const SERVER_OPTIONS = ["host", "port", "path", "username", "password", "db", "tls"];

/** Checks an address. */
export function redisAddress(action: string, address: unknown): RedisAddress {
  if (typeof address === "object" && address !== null && !isArray(address)) {
    knownOptions(`${action}: \`redis\``, address, SERVER_OPTIONS);
    checkServer(action, address);
    return address;
  }
  if (typeof address === "string" && /^(rediss?|unix):\/\/./.test(address)) return address;
  throw refusal(
    `Cannot ${action}: \`redis\` is ${show(address)}: it takes a URL (redis://, rediss:// or unix://), or an object ` +
      `of ${SERVER_OPTIONS.join(", ")}`,
  );
}

function checkServer(action: string, { port, db, tls, ...texts }: RedisServer): void {
  for (const [name, text] of Object.entries(texts)) {
    if (text !== undefined && (typeof text !== "string" || text === "" || text.includes("\0"))) {
      throw badOption(action, `redis.${name}`, text, "a text that is not empty and has no \\0", false);
    }
  }
  if (port !== undefined && integer(action, "redis.port", port, 1) > MAX_PORT) {
    throw badOption(action, "redis.port", port, `an integer from 1 to ${MAX_PORT}`, true);
  }
  if (db !== undefined) integer(action, "redis.db", db, 0);
  if (tls !== undefined && !isOptions(tls)) {
    throw badOption(action, "redis.tls", tls, "an object with the settings of TLS", false);
  }
}

/** Text that names an address, without its password. */
export function addressName(address: RedisAddress): string {
  if (typeof address === "string") return address.replace(/\/\/[^@/]*@/, "//");
  return address.path ?? `${address.host ?? "localhost"}:${address.port ?? 6379}`;
}

/** The options of a client for an address. */
export function clientOptions(address: RedisAddress): RedisOptions {
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
