/** The ends of the calls of a pool, as another process gets them. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { inline, Pool, tasks } from "@isopool/isopool";
import { attach, cluster, ClusterError } from "@isopool/isopool/cluster";
import { TestHost } from "../support/cluster_host.ts";
import { expectError } from "../support/expect.ts";
import { TestRedis } from "../support/redis.ts";
import { pause, timed, until, within } from "../support/within.ts";
import { test } from "./kit.ts";
import type * as Tasks from "./tasks.ts";

const { record } = tasks<typeof Tasks>(import.meta.resolve("./tasks.ts"));
const ROOT = new URL("../../", import.meta.url);

async function readLines(path: string): Promise<string[]> {
  try {
    return (await Deno.readTextFile(path)).trimEnd().split("\n");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

test(
  "the submitter of 500 calls is killed in the middle: who attaches gets 500 of 500, and each ran once",
  async () => {
    await using redis = await TestRedis.start();
    const options = { redis: redis.address, queue: "attach", executor: "nightly" };
    const file = `${redis.folder}/runs`;
    const submitter = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-check", "-A", `--import-map=${new URL("npm.import_map.json", ROOT).href}`],
        ...[new URL("tests/cluster/submitter_script.ts", ROOT).href, JSON.stringify(options), file],
      ],
      stdin: "null",
      stdout: "null",
      stderr: "inherit",
    }).spawn();
    await using _host = await TestHost.start({ redis: redis.address, queue: "attach", concurrency: 4 });
    await until(async () => (await readLines(file)).length > 100, "a part has run", 60_000);
    submitter.kill("SIGKILL");
    assertEquals((await submitter.status).signal, "SIGKILL");
    const before = (await readLines(file)).length;
    assert(before < 450, `${before} have run`);
    const found = await within(60_000, Array.fromAsync(attach<number>(options)));
    const items = found.map(({ index, item, status, ...rest }) => [index, (item as [string, number])[1], status, rest]);
    const expected = Array.from({ length: 500 }, (_, n) => [n, n, "fulfilled", { job: 0, value: n }]);
    assertEquals(items.toSorted(([a], [b]) => Number(a) - Number(b)), expected);
    assertEquals(
      (await readLines(file)).map(Number).toSorted((a, b) => a - b),
      Array.from({ length: 500 }, (_, n) => n),
    );
    // Reading changes nothing.
    assertEquals((await Array.fromAsync(attach(options))).length, 500);
  },
  180_000,
);

test("attach() gives failures, the last attempt of a call, the calls of the last pool, and leaves the others alone", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "ends" };
  await using _host = await TestHost.start({ ...options, concurrency: 2 });
  const fails = inline((n: number) => {
    if (n === 1) throw Object.assign(new RangeError("bad"), { code: 7 });
    return n;
  });
  for (const executor of ["one", "one-more", "one"]) {
    await using pool = new Pool({ backend: cluster({ ...options, executor }), retry: 2 });
    await pool.map(fails, [0, 1, 2], { onError: "settle" });
    await pool.submit(fails, 5);
  }
  const found = await within(20_000, Array.fromAsync(attach<number>({ ...options, executor: "one" })));
  const seen = found.map((
    { job, index, item, ...end },
  ) => [job, index, item, end.status === "fulfilled" ? end.value : expectError(end.reason, RangeError).message]);
  assertEquals(seen.toSorted(), [[0, 0, 0, 0], [0, 1, 1, "bad"], [0, 2, 2, 2], [1, 0, [5], 5]]);
});

test("attach() follows calls that run while their pool lives, and its loop can be left", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "lives", executor: "day" };
  await using _host = await TestHost.start({ redis: redis.address, queue: "lives", concurrency: 2 });
  await using pool = new Pool({ backend: cluster(options) });
  const file = `${redis.folder}/runs`;
  const all = pool.starmap(record, Array.from({ length: 20 }, (_, n) => [file, n, 100] as const));
  await until(async () => (await readLines(file)).length > 2, "some have run", 30_000);
  let count = 0;
  for await (const _ of attach(options)) if (++count === 5) break;
  const found = await within(20_000, Array.fromAsync(attach(options)));
  assertEquals([count, found.length, (await all).length], [5, 20, 20]);
});

test("what is over or was never sent is an error that says so; so are wrong options, at the call", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "over", executor: "short" };
  await using _host = await TestHost.start({ redis: redis.address, queue: "over", concurrency: 1 });
  const one = inline(() => 1);
  {
    await using pool = new Pool({ backend: cluster({ ...options, retention: 1_000 }) });
    await pool.submit(one);
    assertEquals((await Array.fromAsync(attach(options))).length, 1);
    await pause(2_100);
    // BullMQ looks for what is over when the next job ends.
    await using other = new Pool({ backend: cluster({ ...options, executor: "other", retention: 1_000 }) });
    await other.submit(one);
  }
  const { error } = await timed(Array.fromAsync(attach(options)));
  assertStringIncludes(expectError(error, ClusterError).message, `no calls of "short"`);
  for (const wrong of [{ executor: "a:b" }, { executor: undefined }, { redis: "x" }, { workers: 1 }]) {
    const thrown = assertThrows(() => attach({ ...options, ...wrong } as never), TypeError);
    assertStringIncludes(thrown.message, `\`${Object.keys(wrong)[0]}\``);
  }
  for (const wrong of [{ executor: "" }, { retention: 10 }, { sendModules: 1 }, { sizeLimit: "1M" }]) {
    const { message } = assertThrows(() => cluster({ redis: redis.address, queue: "q", ...wrong } as never), Error);
    assertStringIncludes(message, `\`${Object.keys(wrong)[0]}\``);
  }
});
