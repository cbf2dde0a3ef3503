/** Calls that wait in Redis, before a host takes them and after it has put them back: their deadlines, and the dashboard. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Redis } from "ioredis";
import { CancelledError, Pool, tasks, TaskTimeoutError } from "@isopool/isopool";
import { cluster } from "@isopool/isopool/cluster";
import { expectError } from "../support/expect.ts";
import { TestHost } from "../support/cluster_host.ts";
import { TestRedis } from "../support/redis.ts";
import { MUST_HAPPEN, timed, until, within } from "../support/within.ts";
import { lines, test } from "./kit.ts";
import type * as Tasks from "./tasks.ts";

const { double, step, waitForSignal } = tasks<typeof Tasks>(import.meta.resolve("./tasks.ts"));

/** What the page of a pool says of its workers that have a call. */
async function busyWorkers(url: string): Promise<{ id: number; running: string[] }[]> {
  const response = await fetch(`${url}events`);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n\n")) text += (await reader.read()).value;
  await reader.cancel();
  const { workers } = JSON.parse(text.slice("data: ".length));
  return workers.filter(({ inFlight }: { inFlight: number }) => inFlight > 0);
}

test("a call that no host takes ends at its deadline as one that waits, and leaves Redis (bound: 5 s)", async () => {
  await using redis = await TestRedis.start();
  await using pool = new Pool({ backend: cluster({ redis: redis.address, queue: "late" }) });
  await pool.ready();
  const client = new Redis(`${redis.folder}/redis.sock`);
  const limited = double.with({ deadline: 300 });
  const call = timed(pool.submit(limited, 1).result());
  const items = pool.map(limited, [1, 2], { onError: "settle" });
  await until(async () => await client.zcard("isopool:late:prioritized") === 3, "they wait in Redis");
  const { ms, error } = await within(MUST_HAPPEN, call);
  assert(ms < 5_000, `${ms} ms`);
  const errors = (await within(MUST_HAPPEN, items)).map((each) => each.status === "rejected" && each.reason);
  for (const each of [error, ...errors]) {
    const { timeout, waiting, message } = expectError(each, TaskTimeoutError);
    assertEquals([timeout, waiting], [300, true]);
    assertMatch(message, /`double` in tasks.ts was still waiting at its deadline of 300 ms: it was not started/);
  }
  assertEquals(await client.zcard("isopool:late:prioritized"), 0);
  client.disconnect();
});

test("at its deadline a call that a host runs is stopped", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "stopped" };
  await using _host = await TestHost.start({ ...options, concurrency: 1 });
  await using pool = new Pool({ backend: cluster(options) });
  await within(MUST_HAPPEN, pool.submit(double, 1));
  const call = pool.submit(waitForSignal.with({ deadline: 2_000 }), `${redis.folder}/runs`);
  const { waiting, message } = expectError((await timed(within(MUST_HAPPEN, call))).error, TaskTimeoutError);
  assertEquals(waiting, false);
  assertMatch(message, /it was stopped/);
});

test("a call that its host has returned waits at its deadline", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "returned" };
  await using _host = await TestHost.start({ ...options, concurrency: 1 });
  await using pool = new Pool({ backend: cluster(options) });
  const calls = Array.from({ length: 300 }, (_, n) => [n, "nothing"] as const);
  await within(3 * MUST_HAPPEN, pool.starmap(step, calls)); // The pool measures that calls of `step` are short, and puts several into one job from then on.
  const file = `${redis.folder}/notes`;
  const client = new Redis(`${redis.folder}/redis.sock`);
  const limited = step.with({ deadline: 3_000 });
  const long = pool.submit(step, 0, "wait", file);
  const others = Array.from({ length: 15 }, (_, n) => pool.submit(limited, n, "nothing"));
  await until(async () => await lines(file) === 1, "the long call runs");
  await until(
    async () => await client.zcard("isopool:returned:prioritized") === others.length,
    "each of the others is in a job of its own",
  );
  for (const other of others) {
    assertEquals(expectError((await timed(within(MUST_HAPPEN, other))).error, TaskTimeoutError).waiting, true);
  }
  await Deno.writeTextFile(`${file}.open`, "");
  assertEquals(await within(MUST_HAPPEN, long), 0);
  client.disconnect();
});

test("the page of a pool shows a call as running once a host runs it, and can cancel it before", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "shown" };
  await using pool = new Pool({ backend: cluster(options), workers: 2 });
  await pool.ready();
  const client = new Redis(`${redis.folder}/redis.sock`);
  await using page = await pool.dashboard();
  const waiting = pool.submit(double, 1);
  await until(async () => await client.zcard("isopool:shown:prioritized") === 1, "it waits in Redis");
  const [worker, ...more] = await busyWorkers(page.url);
  assertEquals([worker.running, more], [[], []]);
  assertEquals(pool.stats().perWorker.map(({ run }) => run), [0, 0]);
  const action = { action: "cancelRunning", workerId: worker.id };
  await (await fetch(`${page.url}action`, { method: "POST", body: JSON.stringify(action) })).text();
  expectError((await timed(within(MUST_HAPPEN, waiting))).error, CancelledError);
  await using _host = await TestHost.start({ ...options, concurrency: 1 });
  const runs = pool.submit(waitForSignal, `${redis.folder}/runs`);
  await until(
    async () => (await busyWorkers(page.url))[0]?.running[0]?.startsWith("waitForSignal(") ?? false,
    "it runs",
  );
  runs.cancel();
  expectError((await timed(within(MUST_HAPPEN, runs))).error, CancelledError);
  client.disconnect();
});
