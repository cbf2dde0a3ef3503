/** What a pool and a host ask of Redis for a call, and what they leave there. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { Redis } from "ioredis";
import { CancelledError, ClusterError, Pool, tasks } from "@isopool/isopool";
import { cluster } from "@isopool/isopool/cluster";
import { HostRedis, jobSource, withAddition } from "../../lib/cluster/host_scripts.ts";
import { Queue } from "../../lib/cluster/packages.ts";
import { expectError } from "../support/expect.ts";
import { TestHost } from "../support/cluster_host.ts";
import { TestRedis } from "../support/redis.ts";
import { MUST_HAPPEN, timed, until, within } from "../support/within.ts";
import { test } from "./kit.ts";
import type * as Tasks from "./tasks.ts";

const { double, waitForSignal } = tasks<typeof Tasks>(import.meta.resolve("./tasks.ts"));

Deno.test("a host refuses a version of bullmq whose scripts have their keys in other places", () => {
  const described = "--[[ KEYS[1] Job id key\n ARGV[1] id\n ARGV[2]  progress ]]\nreturn 0";
  assertStringIncludes(withAddition("updateProgress:6.7.0", described), "progress");
  assertEquals(withAddition("pause:7.0.0", "return 0"), "return 0");
  assertThrows(
    () => withAddition("updateProgress:7.0.0", described.replace("ARGV[2]", "ARGV[3]")),
    ClusterError,
    'the script updateProgress of bullmq 7.0.0 has no "ARGV[2] progress"',
  );
});

/** How often Redis has run each command, those in scripts as well. */
async function commands(client: Redis): Promise<(name: string) => number> {
  const text = await client.info("commandstats");
  return (name) => Number(new RegExp(`^cmdstat_${name}:calls=(\\d+)`, "m").exec(text)?.[1] ?? 0);
}

test("a call takes three scripts, and wakes a host and its pool once each", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "few" };
  await using _host = await TestHost.start({ ...options, concurrency: 4 });
  await using pool = new Pool({ backend: cluster(options) });
  const client = new Redis(`${redis.folder}/redis.sock`);
  for (let n = 0; n < 20; n++) assertEquals(await within(MUST_HAPPEN, pool.submit(double, n)), 2 * n);
  const before = await commands(client);
  const calls = 200;
  const { ms } = await timed((async () => {
    for (let n = 0; n < calls; n++) await pool.submit(double, n);
  })());
  const after = await commands(client);
  client.disconnect();
  const each = (name: string) => (after(name) - before(name)) / calls;
  // A host looks for stalled jobs, and a pool for lost events, every second or two; a call of 20 ms is reported as running.
  const rest = 0.2 + Math.min(1, ms / calls / 10);
  for (const [name, count] of [["evalsha", 3], ["bzpopmin", 1], ["xread", 1]] as const) {
    assert(each(name) >= count - 0.1 && each(name) <= count + rest, `${name}: ${each(name)} for each call`);
  }
});

test("a job that is added while a worker waits for one is taken at once, whatever the last reply said", async () => {
  await using redis = await TestRedis.start();
  const connection = new HostRedis(`${redis.folder}/redis.sock`, { maxRetriesPerRequest: null });
  const queue = new Queue("wait", { connection });
  const options = { connection, lockDuration: MUST_HAPPEN };
  const source = jobSource("wait", options, { withBlockingConnection: true });
  try {
    await source.waitUntilReady();
    const first = await queue.add("first", 0);
    await connection.del("bull:wait:marker"); // Another worker was woken, which took no job.
    const woken = source.waitForJob(MUST_HAPPEN / 1_000);
    await until(async () => /^blocked_clients:1\b/m.test(await connection.info("clients")), "it waits");
    assertEquals((await source.moveToActive("token", "name"))[1], first.id);
    const second = await queue.add("second", 0);
    assertEquals((await within(MUST_HAPPEN, woken))?.score, 0);
    assertEquals((await source.moveToActive("token", "name"))[1], second.id);
  } finally {
    await source.close();
    await queue.close();
    await connection.quit();
  }
});

test("Redis forgets the events that a pool has read, and those of a pool that is closed", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "trimmed" };
  await using _host = await TestHost.start({ ...options, concurrency: 4 });
  const client = new Redis(`${redis.folder}/redis.sock`);
  const streams = () => client.keys("isopool:trimmed:isopool:events:*");
  {
    await using pool = new Pool({ backend: cluster(options) });
    for (let n = 0; n < 800; n++) await within(MUST_HAPPEN, pool.submit(double, n));
    const [key, ...others] = await streams();
    assertEquals(others, []);
    assert(await client.ttl(key) > 3_000, "a pool that is killed leaves them for an hour");
    assert(await client.xlen(key) < 600, `${await client.xlen(key)} events`);
  }
  assertEquals(await streams(), []);
  client.disconnect();
});

test("Redis forgets within a minute what a host reports of the calls of a pool that has ended", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "ended" };
  await using _host = await TestHost.start({ ...options, concurrency: 1 });
  const client = new Redis(`${redis.folder}/redis.sock`);
  const pool = new Pool({ backend: cluster(options) });
  const call = timed(pool.submit(waitForSignal, `${redis.folder}/runs`));
  await until(() => Deno.stat(`${redis.folder}/runs`).then(() => true, () => false), "it runs");
  await pool.terminate();
  expectError((await call).error, CancelledError);
  await until(async () => await client.zcard("isopool:ended:failed") === 1, "its host has stopped it");
  for (const key of await client.keys("isopool:ended:isopool:events:*")) {
    const seconds = await client.ttl(key);
    assert(seconds <= 60, `${key} stays for ${seconds} s`);
  }
  client.disconnect();
});
