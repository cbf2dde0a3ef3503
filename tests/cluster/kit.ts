/** What the cluster's tests have in common: a Redis, hosts, and a registration that is left out where Redis is missing. */
import { test as register } from "../support/within.ts";
import { noRedis } from "../support/redis.ts";

/** Registers a test that needs Redis. */
export function test(name: string, body: () => Promise<void>, deadline = 60_000): void {
  register(name, body, { deadline, ignore: noRedis ?? false });
}
