import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Pool, tasks } from "@isopool/isopool";
import { cluster } from "@isopool/isopool/cluster";
import type * as Tasks from "../cluster/tasks.ts";
import { noRedis, TestRedis } from "../support/redis.ts";
import { MUST_HAPPEN, test, until, within } from "../support/within.ts";
import { ended, Workspace } from "./kit.ts";

const { double, record } = tasks<typeof Tasks>(import.meta.resolve("../cluster/tasks.ts"));
const needsRedis = { ignore: noRedis ?? false, deadline: 60_000 };

test("worker: serves a queue; SIGTERM lets the calls that run end, and it exits with 143", async () => {
  await using redis = await TestRedis.start();
  await using workspace = await Workspace.make();
  const host = workspace.start(["worker", "--redis", redis.address, "--queue", "q", "-j", "2"]);
  const end = host.output();
  await using pool = new Pool({ backend: cluster({ redis: redis.address, queue: "q" }) });
  assertEquals(await within(30_000, pool.submit(double, 4)), 8);
  const running = pool.submit(record, `${redis.folder}/ran`, 7, 1_000);
  await until(() => running.running, "the call runs");
  host.kill("SIGTERM");
  assertEquals(await within(MUST_HAPPEN, running), 7);
  const { code, stderr } = ended(await within(MUST_HAPPEN, end));
  assertEquals(code, 143);
  assertStringIncludes(stderr, "serves the queue q: 2 calls at a time");
}, needsRedis);

test("worker --dev: starts a Redis of its own, says where, and ends it", async () => {
  await using workspace = await Workspace.make();
  const address = `unix://${workspace.folder}/dev.sock`;
  const host = workspace.start(["worker", "--dev", "--redis", address, "--queue", "q", "-j", "1"]);
  const end = host.output();
  const exists = () => Deno.stat(`${workspace.folder}/dev.sock`).then(() => true, () => false);
  await until(exists, "Redis runs", 30_000);
  {
    await using pool = new Pool({ backend: cluster({ redis: address, queue: "q" }) });
    assertEquals(await within(30_000, pool.submit(double, 4)), 8);
  }
  host.kill("SIGTERM");
  const { code, stderr } = ended(await within(MUST_HAPPEN, end));
  assertEquals(code, 143, stderr);
  assertStringIncludes(stderr, `started Redis at ${address}`);
  await until(async () => !await exists(), "Redis has ended");
  const remote = await workspace.run(["worker", "--dev", "--redis", "redis://192.0.2.1", "--queue", "q"]);
  assertEquals([remote.code, remote.stderr.includes("on this machine")], [255, true]);
}, needsRedis);

test("worker: a wrong command line, and a Redis that is not there, are reported in one line", async () => {
  await using workspace = await Workspace.make();
  for (
    const [args, part] of [
      [["worker"], "needs --redis"],
      [["worker", "--redis", "redis://localhost"], "needs --queue"],
      [["worker", "--redis", "localhost", "--queue", "q"], "`redis`"],
      [["worker", "--redis", `unix://${workspace.folder}/none`, "--queue", "q"], "Cannot reach Redis"],
      [["worker", "--redis", "redis://localhost", "--queue", "q", "-j", "0"], "--concurrency"],
    ] as const
  ) {
    const { code, stderr } = await workspace.run(args);
    assertEquals(code, 255, stderr);
    assertStringIncludes(stderr, part);
    assert(stderr.trimEnd().split("\n").length === 1, stderr);
  }
}, { deadline: 60_000 });
