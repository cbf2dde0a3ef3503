/** Registers the tests of a cluster; a machine without Redis ignores them. */
import { test as register } from "../support/within.ts";
import { noRedis } from "../support/redis.ts";

/** Registers a test that needs Redis. */
export function test(name: string, body: () => Promise<void>, deadline = 60_000): void {
  register(name, body, { deadline, ignore: noRedis ?? false });
}

/** The number of lines in a file; 0 if it does not exist yet. */
export async function lines(path: string): Promise<number> {
  try {
    return (await Deno.readTextFile(path)).split("\n").length - 1;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}
