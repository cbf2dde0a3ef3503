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
import { SeenCommands } from "./seen_commands.ts";
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

test("a call takes three scripts, and wakes a host and its pool once each", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "few" };
  const client = new Redis(`${redis.folder}/redis.sock`);
  using seen = await SeenCommands.start(client);
  await using _host = await TestHost.start({ ...options, concurrency: 4 });
  await using pool = new Pool({ backend: cluster(options) });
  for (let n = 0; n < 20; n++) assertEquals(await within(MUST_HAPPEN, pool.submit(double, n)), 2 * n);
  await seen.take();
  const calls = 200;
  const times: number[] = [];
  const { ms } = await timed((async () => {
    for (let n = 0; n < calls; n++) times.push((await timed(pool.submit(double, n))).ms);
  })());
  const { add, take, end, report = 0, renew = 0, recover = 0, xread, bzpopmin, ...others } = await seen.take();
  client.disconnect();
  assertEquals({ add, take, end }, { add: calls, take: calls, end: calls });
  const slow = times.filter((each) => each >= 20).length;
  assert(report <= slow, `a host reports calls of 20 ms as running: ${report} reports, and ${slow} calls took so long`);
  assert(renew + recover <= 2 + 2 * ms / 1_000, `${renew} renewals and ${recover} searches in ${ms} ms`);
  assert(Math.abs(bzpopmin - calls) <= 1, `${bzpopmin} waits of the host`);
  assert(xread >= calls - 1 && xread <= calls + report + 1, `${xread} waits of the pool, ${report} reports`);
  // The pool looks for lost events every two seconds.
  const { hmget = 0, ...rest } = others;
  assert(hmget <= 1 + ms / 1_000, `${hmget} checks in ${ms} ms`);
  assertEquals(rest, {});
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
