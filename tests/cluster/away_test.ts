/** A Redis that is not there when something starts, and comes later. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { inline, Pool, tasks } from "@isopool/isopool";
import { attach, cluster, ClusterError, serveWorker } from "@isopool/isopool/cluster";
import { expectError } from "../support/expect.ts";
import { TestHost } from "../support/cluster_host.ts";
import { TestRedis } from "../support/redis.ts";
import { MUST_HAPPEN, timed, until, within } from "../support/within.ts";
import { lines, test } from "./kit.ts";
import type * as Tasks from "./tasks.ts";

const { double } = tasks<typeof Tasks>(import.meta.resolve("./tasks.ts"));

/** Runs a script to its end. */
async function runScript(text: string): Promise<{ stdout: string }> {
  const { href } = new URL("../../npm.import_map.json", import.meta.url);
  const url = `data:application/typescript,${encodeURIComponent(text)}`;
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--no-prompt", "-A", `--import-map=${href}`, url],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const end = setTimeout(() => process.kill("SIGKILL"), 20_000);
  const { stdout, signal } = await process.output();
  clearTimeout(end);
  assertEquals(signal, null, "it ends by itself");
  return { stdout: new TextDecoder().decode(stdout) };
}

/** A Redis that is not running; `port` is where it will be, beside its socket. */
async function stopped() {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const redis = await TestRedis.start("--port", `${port}`, "--bind", "127.0.0.1");
  await redis.kill();
  return { redis, port };
}

/** Asserts that a call fails because there is no Redis. A second is what it takes; a busy machine may take longer. */
async function failsSoon(what: string, call: PromiseLike<unknown>): Promise<void> {
  const { ms, error } = await timed(within(MUST_HAPPEN, call, what));
  assertStringIncludes(expectError(error, ClusterError).message, "Cannot", what);
  assert(ms < 5_000, `${what}: ${ms} ms`);
}

test(
  "a pool that was made without Redis fails its calls, and works when Redis is there (bound: 5 s each)",
  async () => {
    const { redis, port } = await stopped();
    await using _redis = redis;
    for (const address of [redis.address, `redis://127.0.0.1:${port}`]) {
      const options = { redis: address, queue: "late" };
      await using pool = new Pool({ backend: cluster(options) });
      await failsSoon("ready", pool.ready());
      await failsSoon("submit", pool.submit(double, 1));
      const many = Array.from({ length: 200 }, (_, n) => pool.submit(double, n).exception());
      for (const error of await within(MUST_HAPPEN, Promise.all(many))) {
        assertStringIncludes(expectError(error, ClusterError).message, `Cannot reach Redis at ${address}`);
      }
      assertEquals([pool.state, pool.stats().workers.crashed], ["open", 0]);
      await redis.start();
      await using _host = await TestHost.start({ ...options, concurrency: 2 });
      await within(MUST_HAPPEN, pool.ready());
      assertEquals(await within(MUST_HAPPEN, pool.map(double, [1, 2, 3])), [2, 4, 6]);
      await redis.kill();
    }
  },
  120_000,
);

test("under retry, calls that were submitted without Redis run when it is there (bound: 30 s)", async () => {
  const { redis } = await stopped();
  await using _redis = redis;
  const options = { redis: redis.address, queue: "retried" };
  let failures = 0;
  const retry = { maxAttempts: 100, minTimeout: 200, maxTimeout: 200, jitter: 0, isRetriable: () => ++failures > 0 };
  await using pool = new Pool({ backend: cluster(options), minWorkers: 2, retry });
  const results = within(30_000, pool.map(double, [1, 2, 3]));
  results.catch(() => {}); // It is awaited below.
  await until(() => failures > 6, "each has failed more than once");
  await redis.start();
  await using _host = await TestHost.start({ ...options, concurrency: 2 });
  assertEquals(await results, [2, 4, 6]);
});

test("a pool that has closed its connection, and finds no Redis for the next one, works when Redis is back", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "idle" };
  await using pool = new Pool({ backend: cluster(options), idleTimeout: 50 });
  {
    await using _host = await TestHost.start({ ...options, concurrency: 1 });
    assertEquals(await within(MUST_HAPPEN, pool.submit(double, 1)), 2);
  }
  await until(() => pool.workerIds.length === 0, "it has no workers");
  await redis.kill();
  await failsSoon("submit", pool.submit(double, 1));
  await redis.start();
  await using _host = await TestHost.start({ ...options, concurrency: 1 });
  assertEquals(await within(MUST_HAPPEN, pool.submit(double, 2)), 4);
});

test("a pool ends although Redis, which is connected, does not answer (bound: 5 s each)", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "silent" };
  await using _host = await TestHost.start({ ...options, concurrency: 1 });
  for (const end of ["terminate", "dispose"]) {
    const pool = new Pool({ backend: cluster(options) });
    assertEquals(await within(MUST_HAPPEN, pool.submit(double, 1)), 2);
    redis.freeze();
    try {
      const { ms } = await timed(
        within(MUST_HAPPEN, end === "terminate" ? pool.terminate() : pool[Symbol.asyncDispose](), end),
      );
      assert(ms < 5_000, `${end}: ${ms} ms`);
    } finally {
      redis.goOn();
    }
  }
});

test("a pool that was not closed lets its script end, with Redis and without (bound: 20 s each)", async () => {
  await using redis = await TestRedis.start();
  const script = [
    `import { Pool } from "@isopool/isopool";`,
    `import { cluster } from "@isopool/isopool/cluster";`,
    `const backend = cluster({ redis: "${redis.address}", queue: "end" });`,
    `const pool = new Pool({ backend, workers: 2, minWorkers: 2 });`,
    `console.log(await pool.ready().then(() => "ready", (error) => error.name));`,
  ];
  for (const expected of ["ready", "ClusterError"]) {
    const { stdout } = await runScript(script.join("\n"));
    assertEquals(stdout.trim(), expected);
    await redis.kill();
  }
}, 60_000);

test("a host ends while Redis is away, after the calls that it runs (bound: 20 s)", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "ends" };
  const host = await TestHost.start({ ...options, concurrency: 1 });
  await using pool = new Pool({ backend: cluster(options) });
  const file = `${redis.folder}/runs`;
  const task = inline(async (file: string) => {
    await Deno.writeTextFile(file, "began\n");
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    await Deno.writeTextFile(file, "ended\n", { append: true });
  });
  const running = pool.submit(task, file);
  await until(async () => await lines(file) === 1, "it runs");
  await redis.kill();
  await within(20_000, host.close(), "the end of the host");
  assertEquals(await lines(file), 2);
  running.cancel();
});

test("values, queues, locks, attach() and hosts without Redis fail, and work when it is there (bound: 5 s each)", async () => {
  const { redis } = await stopped();
  await using _redis = redis;
  const options = { redis: redis.address, queue: "others", concurrency: 1 };
  const address = { redis: redis.address, queue: "others", executor: "late" };
  await using backend = cluster(address);
  await using pool = new Pool({ backend });
  const [value, queue, lock] = [backend.value("n"), backend.queue<number>("q"), backend.lock("l")];
  await failsSoon("submit", pool.submit(double, 1));
  await failsSoon("add", value.add(1));
  await failsSoon("put", queue.put(1));
  await failsSoon("get", queue.get());
  await failsSoon("acquire", lock.acquire());
  await failsSoon("attach", Array.fromAsync(attach(address)));
  await failsSoon("serveWorker", serveWorker(options));
  await redis.start();
  await using _host = await within(MUST_HAPPEN, serveWorker(options));
  assertEquals(await within(MUST_HAPPEN, pool.submit(double, 1)), 2);
  assertEquals([await value.add(1), await queue.put(1), await queue.get()], [0, 0, 1]);
  await (await lock.acquire()).release();
  assertEquals((await within(MUST_HAPPEN, Array.fromAsync(attach(address)))).length, 1);
});
