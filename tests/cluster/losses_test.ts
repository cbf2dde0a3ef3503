import { assertEquals } from "@std/assert";
import { Pool, tasks, WorkerCrashedError } from "@isopool/isopool";
import { cluster } from "@isopool/isopool/cluster";
import { expectError } from "../support/expect.ts";
import { TestHost } from "../support/cluster_host.ts";
import { TestRedis } from "../support/redis.ts";
import { MUST_HAPPEN, timed, until, within } from "../support/within.ts";
import { test } from "./kit.ts";
import type * as Tasks from "./tasks.ts";

const { record, waitForSignal } = tasks<typeof Tasks>(import.meta.resolve("./tasks.ts"));

const lines = async (path: string) => (await Deno.readTextFile(path)).trimEnd().split("\n").length;
const exists = (path: string) => Deno.stat(path).then(() => true, () => false);

test("of 300 calls under retry none is lost when one of two hosts is killed (bound: 60 s)", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "killed" };
  await using one = await TestHost.start({ ...options, concurrency: 4 });
  await using _two = await TestHost.start({ ...options, concurrency: 4 });
  await using pool = new Pool({ backend: cluster(options), retry: 3 });
  const file = `${redis.folder}/runs`;
  const all = pool.starmap(record, Array.from({ length: 300 }, (_, n) => [file, n, 50] as const));
  await until(async () => await exists(file) && await lines(file) > 60, "a part has run", 30_000);
  await one.kill();
  assertEquals(await within(50_000, all), Array.from({ length: 300 }, (_, n) => n));
}, 90_000);

test(
  "without retry the calls of a killed host fail, none runs twice, and the others succeed (bound: 60 s)",
  async () => {
    await using redis = await TestRedis.start();
    const options = { redis: redis.address, queue: "once" };
    await using one = await TestHost.start({ ...options, concurrency: 4 });
    await using _two = await TestHost.start({ ...options, concurrency: 4 });
    await using pool = new Pool({ backend: cluster(options) });
    const file = `${redis.folder}/runs`;
    const calls = Array.from({ length: 100 }, (_, n) => [file, n, 50] as const);
    const all = pool.starmap(record, calls, { onError: "settle" });
    await until(async () => await exists(file) && await lines(file) > 20, "a part has run", 30_000);
    await one.kill();
    const ends = await within(50_000, all);
    const failed = ends.filter(({ status }) => status === "rejected");
    for (const end of failed) expectError((end as PromiseRejectedResult).reason, WorkerCrashedError);
    const ran = (await Deno.readTextFile(file)).trimEnd().split("\n");
    assertEquals([new Set(ran).size, failed.length <= 4], [ran.length, true]);
  },
  90_000,
);

test("the calls of a frozen host run elsewhere, and it works on when it thaws (bound: 60 s)", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "frozen" };
  await using one = await TestHost.start({ ...options, concurrency: 1 });
  await using pool = new Pool({ backend: cluster(options), retry: 2, killGrace: 100 });
  const file = `${redis.folder}/waits`;
  const waiting = pool.submit(waitForSignal, file);
  await until(() => exists(file), "it runs", 30_000);
  one.signal("SIGSTOP");
  await Deno.remove(file);
  await using _two = await TestHost.start({ ...options, concurrency: 1 });
  await until(() => exists(file), "it runs on the other host", 30_000);
  one.signal("SIGCONT");
  waiting.cancel();
  await timed(waiting);
  const ran = `${redis.folder}/ran`;
  const calls = Array.from({ length: 40 }, (_, n) => [ran, n, 20] as const);
  assertEquals((await within(MUST_HAPPEN, pool.starmap(record, calls))).length, 40);
}, 90_000);

test("calls outlive the death of Redis, which keeps its data (bound: 60 s)", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "redis" };
  await using _host = await TestHost.start({ ...options, concurrency: 4 });
  const retry = { maxAttempts: 10, minTimeout: 500 };
  await using pool = new Pool({ backend: cluster(options), workers: 200, retry });
  const file = `${redis.folder}/runs`;
  const calls = Array.from({ length: 200 }, (_, n) => [file, n, 50] as const);
  const all = pool.starmap(record, calls);
  await until(async () => await exists(file) && await lines(file) > 20, "a part has run", 30_000);
  await redis.kill();
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  await redis.start();
  assertEquals(await within(50_000, all), Array.from({ length: 200 }, (_, n) => n));
}, 120_000);

test("a pool that is terminated stops its calls on the hosts, and ends (bound: 20 s)", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "ends" };
  await using host = await TestHost.start({ ...options, concurrency: 8 });
  for (let round = 0; round < 3; round++) {
    const pool = new Pool({ backend: cluster(options) });
    const files = Array.from({ length: 8 }, (_, n) => `${redis.folder}/ends${round}-${n}`);
    const futures = files.map((file) => pool.submit(waitForSignal, file));
    for (const file of files) await until(() => exists(file), "the call runs", 30_000);
    await pool.terminate();
    for (const future of futures) await timed(future);
  }
  // A host that closes waits for what it runs.
  await within(2 * MUST_HAPPEN, host.close());
}, 120_000);
