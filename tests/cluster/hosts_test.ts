/** What a worker host does with the calls that it takes, and what a pool puts into Redis. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Redis } from "ioredis";
import { CancelledError, inline, Pool, type PoolOptions, type Task, tasks, TransferError } from "@isopool/isopool";
import { attach, cluster } from "@isopool/isopool/cluster";
import { expectError } from "../support/expect.ts";
import { TestHost } from "../support/cluster_host.ts";
import { TestRedis } from "../support/redis.ts";
import { MUST_HAPPEN, timed, until, within } from "../support/within.ts";
import { test } from "./kit.ts";
import type * as Tasks from "./tasks.ts";

const { double, record, waitForSignal } = tasks<typeof Tasks>(import.meta.resolve("./tasks.ts"));

/** Ends at once, and leaves code behind that blocks its worker for ever. */
const leaveSpin = inline(() =>
  void setTimeout(() => {
    while (true);
  }, 50)
);

for (const backend of ["worker", "process"] as const) {
  test(`a ${backend} that left-over code of a call blocks is replaced, and the next call runs (bound: 20 s)`, async () => {
    await using redis = await TestRedis.start();
    const options = { redis: redis.address, queue: "blocked" };
    await using _host = await TestHost.start({ ...options, concurrency: 1, backend });
    await using pool = new Pool({ backend: cluster(options), workers: 1 });
    await pool.submit(leaveSpin);
    await new Promise((resolve) => setTimeout(resolve, 500));
    assertEquals(await within(20_000, pool.submit(double, 4)), 8);
  });
}

test("a host that is closed ends its process at once, also after its workers have worn out (bound: 5 s)", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "closed" };
  await using host = await TestHost.start({ ...options, concurrency: 1 });
  await using pool = new Pool({ backend: cluster(options), maxTasksPerWorker: 1 });
  for (const n of [1, 2]) assertEquals(await within(MUST_HAPPEN, pool.submit(double, n)), 2 * n);
  const { ms } = await timed(host.close());
  assert(ms < 5_000, `${ms} ms`);
});

test("a call, and a result, larger than `sizeLimit` fail with a TransferError that names it", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "large" };
  await using _host = await TestHost.start({ ...options, concurrency: 1 });
  await using pool = new Pool({ backend: cluster({ ...options, sizeLimit: 10_000 }) });
  const length = inline((text: string) => text.length);
  const make = inline((length: number) => "x".repeat(length));
  assertEquals(await pool.submit(length, "x".repeat(5_000)), 5_000);
  const call = expectError(await pool.submit(length, "x".repeat(20_000)).exception(), TransferError);
  const result = expectError(await within(MUST_HAPPEN, pool.submit(make, 20_000).exception()), TransferError);
  assertEquals([call.direction, result.direction], ["argument", "result"]);
  for (const { message } of [call, result]) assertStringIncludes(message, "`sizeLimit` 10000");
});

test("what is large leaves Redis when its call has ended, unless an executor has a name", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "memory" };
  await using _host = await TestHost.start({ ...options, concurrency: 1 });
  const echo = inline((text: string) => text);
  const text = "x".repeat(100_000);
  const client = new Redis(`${redis.folder}/redis.sock`);
  const kept = async () => (await client.keys("isopool:memory:*-*-*")).length;
  for (const executor of [undefined, "kept"]) {
    await using pool = new Pool({ backend: cluster({ ...options, ...executor && { executor } }) });
    assertEquals(await within(MUST_HAPPEN, pool.submit(echo, text)), text);
    if (executor === undefined) await until(async () => await kept() === 0, "its keys are removed");
    else assertEquals(await kept(), 2);
  }
  const [outcome] = await Array.fromAsync(attach<string>({ ...options, executor: "kept" }));
  assertEquals(outcome.status === "fulfilled" && outcome.value, text);
  assertEquals(outcome.item, [text]);
  // Events do not carry it.
  const events = await client.xrange("isopool:memory:events", "-", "+");
  assert(JSON.stringify(events).length < 20_000);
  client.disconnect();
});

test("a map is read lazily: Redis has as many calls as the pool has workers, and the input is not far ahead", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "lazy" };
  const pool = new Pool({ backend: cluster(options), workers: 20 });
  let read = 0;
  const all = pool.map(
    double,
    (function* () {
      while (true) yield read++;
    })(),
  );
  const client = new Redis(`${redis.folder}/redis.sock`);
  await until(async () => await client.zcard("isopool:lazy:prioritized") === 20, "20 calls wait");
  await new Promise((resolve) => setTimeout(resolve, 500));
  assertEquals(await client.zcard("isopool:lazy:prioritized"), 20);
  assert(read < 200, `${read} items were read`);
  await pool.terminate();
  await timed(all);
  client.disconnect();
});

test(
  "calls that are cancelled at the moment that a host takes them end by their signal (bound: 1.9 s each)",
  async () => {
    await using redis = await TestRedis.start();
    const options = { redis: redis.address, queue: "moment" };
    await using _host = await TestHost.start({ ...options, concurrency: 4 });
    await using pool = new Pool({ backend: cluster(options), workers: 4, killGrace: 30_000 });
    const file = `${redis.folder}/runs`;
    // Their workers have started.
    await Promise.all([1, 2, 3, 4].map((n) => pool.submit(double, n)));
    for (let wait = 0; wait < 30; wait++) {
      const future = pool.submit(waitForSignal, file);
      await new Promise((resolve) => setTimeout(resolve, wait));
      const start = performance.now();
      future.cancel("enough");
      expectError((await timed(within(MUST_HAPPEN, future.result()))).error, CancelledError);
      // The worker is free again, too.
      assertEquals(await within(MUST_HAPPEN, pool.submit(double, 2)), 4);
      const ms = performance.now() - start;
      assert(ms < 1_900, `${ms} ms after a wait of ${wait} ms`);
    }
  },
  120_000,
);

test("of all calls that wait in Redis a higher priority runs first; equal ones run in their order", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "priority" };
  await using one = new Pool({ backend: cluster(options) });
  await using two = new Pool({ backend: cluster(options) });
  const file = `${redis.folder}/order`;
  const client = new Redis(`${redis.folder}/redis.sock`);
  const waiting: PromiseLike<number>[] = [];
  const calls = [[one, 4, 0], [one, 5, 0], [two, 6, -1], [two, 2, 5], [one, 1, 1e9], [two, 3, 5]] as const;
  for (const [pool, n, priority] of calls) {
    waiting.push(pool.submit(record.with({ priority }), file, n, 0));
    await until(async () => await client.zcard("isopool:priority:prioritized") === waiting.length, "it waits");
  }
  await using _host = await TestHost.start({ ...options, concurrency: 1 });
  await within(MUST_HAPPEN, Promise.all(waiting));
  assertEquals((await Deno.readTextFile(file)).trimEnd().split("\n"), ["1", "2", "3", "4", "5", "6"]);
  client.disconnect();
});

test("`permissions` of a host bound its tasks, and those of a pool narrow them", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "permissions" };
  const file = `${redis.folder}/text`;
  await Deno.writeTextFile(file, "text");
  const permissions = { read: [redis.folder], env: true, import: true };
  await using _host = await TestHost.start({ ...options, concurrency: 1, backend: "process", permissions });
  const read = inline((path: string) => Deno.readTextFileSync(path));
  const write = inline((path: string) => Deno.writeTextFileSync(path, ""));
  const run = async (task: Task<[string], unknown>, scope?: PoolOptions["permissions"]) => {
    await using pool = new Pool({ backend: cluster(options), ...scope && { permissions: scope } });
    const error = await within(MUST_HAPPEN, pool.submit(task, file).exception());
    return (error as Error | undefined)?.name;
  };
  assertEquals(await run(read), undefined);
  assertEquals(await run(write), "NotCapable");
  assertEquals(await run(read, { read: true, write: true }), undefined);
  assertEquals(await run(write, { read: true, write: true }), "NotCapable");
  assertEquals(await run(read, "none"), "NotCapable");
});
