import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import {
  CancelledError,
  inline,
  Pool,
  SharedArray,
  tasks,
  TaskTimeoutError,
  WorkerCrashedError,
} from "@isopool/isopool";
import { cluster, ClusterError, serveWorker } from "@isopool/isopool/cluster";
import { expectError } from "../support/expect.ts";
import { TestHost } from "../support/cluster_host.ts";
import { processCpu } from "../support/proc.ts";
import { TestRedis } from "../support/redis.ts";
import { MUST_HAPPEN, timed, until, within } from "../support/within.ts";
import { test } from "./kit.ts";
import type * as Tasks from "./tasks.ts";

const { busy, die, double, record, spin, waitForSignal } = tasks<typeof Tasks>(import.meta.resolve("./tasks.ts"));

const exists = (path: string) => Deno.stat(path).then(() => true, () => false);

test("results, errors, streams and progress of worker hosts arrive as from any worker", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "calls" };
  await using _host = await TestHost.start({ ...options, concurrency: 2 });
  await using pool = new Pool({ backend: cluster(options) });
  assertEquals(await pool.submit(double, 21), 42);
  assertEquals(await pool.map(double, Array(100).keys()), Array.from({ length: 100 }, (_, n) => 2 * n));
  const data = [new Map([["a", new Date(0)]]), 5n, new Uint8Array([1, 2]), undefined];
  assertEquals(await pool.submit(inline((value: unknown) => value), data), data);
  const failure = await pool.submit(
    inline(() => {
      throw Object.assign(new RangeError("bad"), { code: 7 });
    }),
  ).exception();
  assertEquals([expectError(failure, RangeError).message, (failure as unknown as { code: number }).code], ["bad", 7]);
  // It has no text: a host must not need one.
  const thrown = pool.submit(inline(() => {
    throw { toString: 1, message: Object.create(null) };
  }));
  assertEquals((await timed(within(MUST_HAPPEN, thrown))).error, { toString: 1, message: {} });
  const count = inline(async function* (n: number) {
    for (let i = 0; i < n; i++) yield i;
  });
  assertEquals(await pool.stream(count, 100), Array.from({ length: 100 }, (_, n) => n));
});

test("first calls right after the construction of a pool are not lost, on 20 fresh queues", async () => {
  await using redis = await TestRedis.start();
  for (let round = 0; round < 20; round++) {
    const options = { redis: redis.address, queue: `fresh${round}` };
    const pool = new Pool({ backend: cluster(options) });
    const results = pool.map(double, [1, 2, 3, 4, 5]);
    await using _host = round % 5 === 0 ? await TestHost.start({ ...options, concurrency: 1 }) : undefined;
    if (round % 5 === 0) assertEquals(await within(MUST_HAPPEN, results), [2, 4, 6, 8, 10]);
    else await assertRejects(async () => (pool.terminate(), await results), CancelledError);
    await pool.terminate();
  }
}, 120_000);

test("an endless loop is stopped by its timeout, and the host's core is free again (bound: 10 s)", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "loops" };
  await using host = await TestHost.start({ ...options, concurrency: 1 });
  await using pool = new Pool({ backend: cluster(options), workers: 4 });
  const file = `${redis.folder}/spins`;
  const { ms, error } = await timed(within(MUST_HAPPEN, pool.submit(spin.with({ timeout: 1_000 }), file)));
  expectError(error, TaskTimeoutError);
  assert(ms < 10_000, `${ms} ms`);
  assertEquals(await within(MUST_HAPPEN, pool.submit(double, 4)), 8);
  await until(async () => {
    const before = processCpu(host.pid);
    await new Promise((resolve) => setTimeout(resolve, 500));
    return processCpu(host.pid) - before < 250; // A spinning thread would use 500 ms.
  }, "the host is idle");
});

test("cancel() takes back a call that waits, and stops one that runs", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "cancel" };
  await using pool = new Pool({ backend: cluster(options), killGrace: 20_000 });
  const waits = pool.submit(double, 1);
  waits.cancel();
  await assertRejects(() => within(MUST_HAPPEN, waits.result()), CancelledError);
  await using _host = await TestHost.start({ ...options, concurrency: 20 });
  const running = Array.from({ length: 20 }, (_, n) => {
    const file = `${redis.folder}/runs${n}`;
    return { file, future: pool.submit(waitForSignal, file) };
  });
  for (const { file } of running) await until(() => exists(file), "the call runs", 30_000);
  for (const { future } of running) future.cancel("enough");
  for (const { future } of running) {
    const { error } = await timed(within(MUST_HAPPEN, future.result()));
    assertEquals(expectError(error, CancelledError).cause, "enough");
  }
});

test("a call that ends its worker fails with a WorkerCrashedError; its neighbours succeed", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "poison" };
  await using _host = await TestHost.start({ ...options, concurrency: 2 });
  await using pool = new Pool({ backend: cluster(options) });
  const neighbours = pool.map(double, Array(50).keys());
  const { error } = await timed(within(MUST_HAPPEN, pool.submit(die)));
  assertEquals(expectError(error, WorkerCrashedError).exitCode, 3);
  assertEquals((await within(MUST_HAPPEN, neighbours)).length, 50);
});

test("a call that runs longer than the lock of its job runs once", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "long" };
  await using _one = await TestHost.start({ ...options, concurrency: 1 });
  await using _two = await TestHost.start({ ...options, concurrency: 1 });
  await using pool = new Pool({ backend: cluster(options) });
  const file = `${redis.folder}/runs`;
  const [ms] = await Promise.all([pool.submit(busy, 8_000), pool.submit(record, file, 1, 8_000)]);
  assertEquals([ms, await Deno.readTextFile(file)], [8_000, "1\n"]);
});

test("without Redis a call fails at once, and says why (bound: 10 s)", async () => {
  const redis = await TestRedis.start();
  const { address } = redis;
  await redis[Symbol.asyncDispose]();
  await using pool = new Pool({ backend: cluster({ redis: address, queue: "none" }) });
  const { error } = await timed(within(MUST_HAPPEN, pool.submit(double, 1)));
  assertStringIncludes(expectError(error, ClusterError).message, `Cannot reach Redis at ${address}`);
});

test("what cannot reach another machine is refused at the call; so are wrong options", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "refused" };
  await using pool = new Pool({ backend: cluster(options) });
  const error = await assertRejects(async () =>
    await pool.submit(inline((_: unknown) => 1), new SharedArray("i32", 1))
  );
  assertStringIncludes((error as Error).message, "process");
  const revoked = Proxy.revocable([], {});
  revoked.revoke();
  const serving = serveWorker({ ...options, modules: revoked.proxy });
  assertStringIncludes(expectError((await timed(serving)).error, TypeError).message, "`modules` is an object");
  for (const wrong of [{ redis: "localhost" }, { queue: "a:b" }, { queue: "" }, { prefix: 5 }, { reddis: 1 }]) {
    const [name] = Object.keys(wrong);
    const thrown = assertThrows(() => cluster({ ...options, ...wrong } as never), TypeError);
    assertStringIncludes(thrown.message, `\`${name}\``);
  }
});

test("a host with `modules` runs these modules, and nothing else", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "modules" };
  await using _host = await TestHost.start({ ...options, modules: [import.meta.resolve("./tasks.ts")] });
  await using pool = new Pool({ backend: cluster(options) });
  assertEquals(await within(MUST_HAPPEN, pool.submit(double, 2)), 4);
  const { error } = await timed(within(MUST_HAPPEN, pool.submit(inline(() => 1))));
  assertStringIncludes(expectError(error, ClusterError).message, "does not run inlined functions");
});
