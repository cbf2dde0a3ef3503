/** Short calls that share a job. */
import { assert, assertEquals } from "@std/assert";
import { Redis } from "ioredis";
import { CancelledError, Pool, tasks, WorkerCrashedError } from "@isopool/isopool";
import { attach, cluster, type ClusterOptions } from "@isopool/isopool/cluster";
import { TestHost } from "../support/cluster_host.ts";
import { expectError } from "../support/expect.ts";
import { TestRedis } from "../support/redis.ts";
import { MUST_HAPPEN, timed, until, within } from "../support/within.ts";
import { lines, test } from "./kit.ts";
import type * as Tasks from "./tasks.ts";

const { step } = tasks<typeof Tasks>(import.meta.resolve("./tasks.ts"));
/** Numbers of the calls that are submitted at a time. */
const NUMBERS = Array.from({ length: 32 }, (_, n) => n);
/** The one of them that does something else. */
const ODD = 3;

/** Makes a pool, and lets it learn that calls of `step` are short. */
async function warmPool(options: ClusterOptions, retry = 0) {
  const pool = new Pool({ backend: cluster(options), retry });
  const calls = Array.from({ length: 300 }, (_, n) => [n, "nothing"] as const);
  assertEquals(await within(3 * MUST_HAPPEN, pool.starmap(step, calls)), calls.map(([n]) => n));
  return pool;
}

/** The numbers in a file, in their order; none if there is no file yet. */
async function numbersIn(file: string): Promise<number[]> {
  if (await lines(file) === 0) return [];
  return (await Deno.readTextFile(file)).trimEnd().split("\n").map(Number).toSorted((a, b) => a - b);
}

test("short calls share jobs; the results of a map are in order; calls of a pool with an executor do not", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "share" };
  await using _host = await TestHost.start({ ...options, concurrency: 2 });
  const client = new Redis(`${redis.folder}/redis.sock`);
  const jobs = () => client.zcard("isopool:share:completed");
  const calls = Array.from({ length: 1_000 }, (_, n) => [n, "nothing"] as const);
  await using pool = await warmPool(options);
  const before = await jobs();
  assertEquals(await within(3 * MUST_HAPPEN, pool.starmap(step, calls)), calls.map(([n]) => n));
  const shared = await jobs();
  assert(shared - before < 500, `1,000 calls took ${shared - before} jobs`);
  await using alone = await warmPool({ ...options, executor: "alone" });
  assertEquals(await jobs(), shared + 300);
  assertEquals((await Array.fromAsync(attach({ ...options, executor: "alone" }))).length, 300);
  assertEquals(await alone.submit(step, 1, "nothing"), 1);
  client.disconnect();
});

for (const backend of ["worker", "process"] as const) {
  test(`a call of a batch that ends its ${backend} fails; the others succeed, each runs once`, async () => {
    await using redis = await TestRedis.start();
    const options = { redis: redis.address, queue: "poison" };
    await using _host = await TestHost.start({ ...options, concurrency: 1, backend });
    await using pool = await warmPool(options);
    const file = `${redis.folder}/notes`;
    const futures = NUMBERS.map((n) => pool.submit(step, n, n === ODD ? "die" : "note", file));
    for (const [n, future] of futures.entries()) {
      const { value, error } = await timed(within(MUST_HAPPEN, future));
      if (n === ODD) assertEquals(expectError(error, WorkerCrashedError).exitCode, 3);
      else assertEquals(value, n);
    }
    assertEquals(await numbersIn(file), NUMBERS.filter((n) => n !== ODD));
  });
}

test(
  "what is behind a long call of a batch runs on another host; the long one, when its host is killed, too",
  async () => {
    await using redis = await TestRedis.start();
    const options = { redis: redis.address, queue: "long" };
    await using one = await TestHost.start({ ...options, concurrency: 1 });
    await using pool = await warmPool(options, 2);
    const file = `${redis.folder}/notes`;
    const futures = NUMBERS.map((n) => pool.submit(step, n, n === ODD ? "wait" : "note", file));
    await until(async () => (await numbersIn(file)).includes(ODD), "the long call runs");
    await using _two = await TestHost.start({ ...options, concurrency: 1 });
    const others = NUMBERS.filter((n) => n !== ODD);
    assertEquals(await within(MUST_HAPPEN, Promise.all(others.map((n) => futures[n]))), others);
    assertEquals(await numbersIn(file), NUMBERS);
    await one.kill();
    await Deno.writeTextFile(`${file}.open`, "");
    assertEquals(await within(3 * MUST_HAPPEN, futures[ODD]), ODD);
    assertEquals(await numbersIn(file), NUMBERS.toSpliced(ODD, 0, ODD));
  },
  90_000,
);

test("calls of a batch that no host has are taken back one by one; of a pool that ends, all", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "back" };
  const client = new Redis(`${redis.folder}/redis.sock`);
  const waiting = () => client.zcard("isopool:back:prioritized");
  const first = await TestHost.start({ ...options, concurrency: 1 });
  await using pool = await warmPool(options);
  await first.close();
  const file = `${redis.folder}/notes`;
  const submit = () => NUMBERS.map((n) => pool.submit(step, n, "note", file));
  const futures = submit();
  await until(async () => await waiting() > 0, "the calls wait");
  const isOdd = (n: number) => n % 2 === 1;
  for (const [n, future] of futures.entries()) if (isOdd(n)) future.cancel();
  for (const [n, future] of futures.entries()) {
    if (isOdd(n)) expectError((await timed(within(MUST_HAPPEN, future))).error, CancelledError);
  }
  assert(await waiting() < NUMBERS.length / 2, "they were in batches");
  await using _host = await TestHost.start({ ...options, concurrency: 1 });
  const others = NUMBERS.filter((n) => !isOdd(n));
  assertEquals(await within(MUST_HAPPEN, Promise.all(others.map((n) => futures[n]))), others);
  assertEquals(await numbersIn(file), others);
  await _host.close();
  const more = submit();
  await until(async () => await waiting() > 0, "the calls wait");
  await pool.terminate();
  for (const future of more) expectError((await timed(future)).error, CancelledError);
  await until(async () => await waiting() === 0, "Redis has none of them");
  client.disconnect();
});

test("cancel() reaches a call that waits behind another one of its batch; both end", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "behind" };
  await using _host = await TestHost.start({ ...options, concurrency: 1 });
  await using pool = await warmPool(options);
  const file = `${redis.folder}/notes`;
  const futures = NUMBERS.map((n) => pool.submit(step, n, n === ODD ? "wait" : "nothing", file));
  // All are with the only host, or came back from it and wait in Redis: behind the one that runs.
  await until(async () => (await numbersIn(file)).includes(ODD), "the long call runs");
  const last = NUMBERS.at(-1)!;
  futures[last].cancel();
  expectError((await timed(within(MUST_HAPPEN, futures[last]))).error, CancelledError);
  await Deno.writeTextFile(`${file}.open`, "");
  const others = NUMBERS.slice(0, -1);
  assertEquals(await within(MUST_HAPPEN, Promise.all(others.map((n) => futures[n]))), others);
});
