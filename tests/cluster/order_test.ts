import { assert, assertEquals } from "@std/assert";
import { Pool, tasks } from "@isopool/isopool";
import { cluster } from "@isopool/isopool/cluster";
import { TestHost } from "../support/cluster_host.ts";
import { TestRedis } from "../support/redis.ts";
import { MUST_HAPPEN, timed, within } from "../support/within.ts";
import { test } from "./kit.ts";
import type * as Tasks from "./tasks.ts";

const { note, report } = tasks<typeof Tasks>(import.meta.resolve("./tasks.ts"));

/** The lines that `note` has written: number and time. */
async function notes(file: string): Promise<number[][]> {
  return (await Deno.readTextFile(file)).trimEnd().split("\n").map((line) => line.split(" ").map(Number));
}

test("attempts keep their distance: at least 200, then 400 ms", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "backoff" };
  await using _host = await TestHost.start({ ...options, concurrency: 1 });
  await using pool = new Pool({ backend: cluster(options) });
  const file = `${redis.folder}/notes`;
  const retry = { maxAttempts: 3, minTimeout: 200, multiplier: 2, jitter: 0 };
  await timed(within(3 * MUST_HAPPEN, pool.submit(note.with({ retry }), file, 0, true)));
  const [first, second, third, ...more] = (await notes(file)).map(([, ms]) => ms);
  assertEquals(more, []);
  // Two clocks are compared, and timers may be early by a millisecond.
  assert(second - first >= 195 && third - second >= 395, `${second - first}, ${third - second} ms`);
});

test("a pool's `rate` limits the calls on all hosts", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "rate" };
  await using _one = await TestHost.start({ ...options, concurrency: 4 });
  await using _two = await TestHost.start({ ...options, concurrency: 4 });
  await using pool = new Pool({ backend: cluster(options), rate: { limit: 5, interval: 500, strict: true } });
  const file = `${redis.folder}/notes`;
  const start = performance.now();
  await within(3 * MUST_HAPPEN, pool.starmap(note, Array.from({ length: 20 }, (_, n) => [file, n] as const)));
  assert(performance.now() - start >= 1_450, "20 calls, 5 in half a second: 1.5 s");
});

test("calls of a higher priority run first", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "priority" };
  await using pool = new Pool({ backend: cluster(options), workers: 1 });
  const file = `${redis.folder}/notes`;
  // No host serves yet. The first call is in Redis, the others wait in the pool.
  const futures = [9, 1, 3, 2, 3].map((n) => pool.submit(note.with({ priority: n }), file, n));
  await using _host = await TestHost.start({ ...options, concurrency: 1 });
  await within(3 * MUST_HAPPEN, Promise.all(futures));
  assertEquals((await notes(file)).map(([n]) => n), [9, 3, 3, 2, 1]);
});

test("progress arrives in order, and the last report before the result", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "progress" };
  await using _host = await TestHost.start({ ...options, concurrency: 1 });
  await using pool = new Pool({ backend: cluster(options) });
  const seen: number[] = [];
  const onProgress = (done: number) => void seen.push(done);
  assertEquals(await within(3 * MUST_HAPPEN, pool.submit(report.with({ onProgress }), 50)), 50);
  assertEquals(seen.at(-1), 50);
  assertEquals(seen, seen.toSorted((a, b) => a - b));
});
