/**
 * Every option and method of a pool on a cluster: a row each, which the compiler demands. It is refused at the call, or the
 * row names the tests that prove that it works. Those of the contract run on worker hosts, too; what a pool does before it
 * sends a call is the same on every backend.
 */
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import {
  type BackendName,
  type ImapOptions,
  inline,
  IsopoolError,
  Pool,
  type PoolOptions,
  type TaskOptions,
  tasks,
  WorkerCrashedError,
} from "@isopool/isopool";
import { cluster } from "@isopool/isopool/cluster";
import { expectError } from "../support/expect.ts";
import { TestHost } from "../support/cluster_host.ts";
import { TestRedis } from "../support/redis.ts";
import { MUST_HAPPEN, timed, within } from "../support/within.ts";
import { test } from "./kit.ts";
import type * as Tasks from "./tasks.ts";

/** A value that is refused, and what the error says; or the tests that prove the option, in a file of `tests/`. */
type Row = { readonly refused: unknown; readonly says: readonly string[] } | { readonly proof: `${string}.ts` };

const POOL_OPTIONS: Record<keyof PoolOptions, Row> = {
  backend: { proof: "cluster/calls_test.ts" },
  name: { proof: "contract/events_suite.ts" },
  workers: { proof: "cluster/hosts_test.ts" },
  minWorkers: { proof: "contract/worker_set_suite.ts" },
  idleTimeout: { proof: "contract/worker_set_suite.ts" },
  maxTasksPerWorker: { proof: "cluster/options_test.ts" },
  recycleAt: { proof: "cluster/options_test.ts" },
  concurrencyPerWorker: { refused: 2, says: ["`concurrencyPerWorker` is 2", "leave it out"] },
  initializer: { proof: "contract/initializer_suite.ts" },
  initArgs: { proof: "contract/initializer_suite.ts" },
  finalizer: { proof: "contract/finalizer_suite.ts" },
  timeout: { proof: "contract/timeout_suite.ts" },
  retry: { proof: "contract/retry_suite.ts" },
  killGrace: { proof: "contract/cancel_suite.ts" },
  priorityAging: { proof: "contract/order_suite.ts" },
  maxQueue: { proof: "contract/queue_suite.ts" },
  rate: { proof: "contract/rate_suite.ts" },
  memoryLimit: { proof: "cluster/options_test.ts" },
  cpuTime: { refused: 1_000, says: ["`cpuTime` is 1000", "leave it out", '"process"'] },
  maxOutput: { refused: 1_000, says: ["`maxOutput` is 1000", "leave it out", '"process"'] },
  permissions: { proof: "cluster/hosts_test.ts" },
  env: { proof: "cluster/options_test.ts" },
  cwd: { refused: "/tmp", says: ["`cwd`", "leave it out", '"process"'] },
  command: { refused: ["nice"], says: ["`command`", '"process"'] },
  hosts: { refused: ["a"], says: ["`hosts`", '"process"'] },
  ssh: { refused: ["-4"], says: ["`ssh`"] },
};

const TASK_OPTIONS: Record<keyof TaskOptions, Row> = {
  timeout: { proof: "contract/timeout_suite.ts" },
  deadline: { proof: "contract/deadline_suite.ts" },
  cpuTime: POOL_OPTIONS.cpuTime,
  maxOutput: POOL_OPTIONS.maxOutput,
  signal: { proof: "contract/signal_suite.ts" },
  retry: { proof: "contract/retry_suite.ts" },
  priority: { proof: "cluster/order_test.ts" },
  affinityKey: { refused: "user 7", says: ['`affinityKey` is "user 7"', "leave it out"] },
  onEmit: { proof: "contract/context_suite.ts" },
  onProgress: { proof: "contract/context_suite.ts" },
  transfer: { proof: "contract/value_suite.ts" },
};

const MAP_OPTIONS: Record<keyof ImapOptions, Row> = {
  chunkSize: { proof: "contract/map_suite.ts" },
  ordered: { proof: "contract/map_suite.ts" },
  timeout: { proof: "contract/timeout_suite.ts" },
  deadline: { proof: "contract/deadline_suite.ts" },
  signal: { proof: "contract/signal_suite.ts" },
  drainOn: { proof: "pool/drain_on_test.ts" },
  retry: { proof: "contract/retry_suite.ts" },
  onError: { proof: "contract/failed_items_suite.ts" },
  checkpoint: { proof: "contract/checkpoint_suite.ts" },
  progress: { proof: "contract/context_suite.ts" },
  total: { proof: "contract/context_suite.ts" },
  label: { proof: "progress/map_test.ts" },
  buffer: { proof: "contract/imap_suite.ts" },
};

/** What EventTarget has, and the fields that say what the pool is, need no proof. */
type Method = Exclude<keyof Pool, keyof EventTarget | "backend" | "capabilities" | "name" | symbol>;
const METHODS: Record<Method | "addEventListener" | "removeEventListener", Row> = {
  submit: { proof: "cluster/calls_test.ts" },
  apply: { proof: "contract/apply_suite.ts" },
  applyAsync: { proof: "contract/apply_suite.ts" },
  broadcast: { proof: "cluster/options_test.ts" },
  group: { proof: "contract/group_suite.ts" },
  share: { proof: "contract/share_suite.ts" },
  map: { proof: "contract/map_suite.ts" },
  starmap: { proof: "contract/map_suite.ts" },
  imap: { proof: "contract/imap_suite.ts" },
  imapUnordered: { proof: "contract/imap_suite.ts" },
  transform: { proof: "contract/transform_suite.ts" },
  stream: { proof: "contract/stream_suite.ts" },
  state: { proof: "contract/lifetime_suite.ts" },
  close: { proof: "contract/lifetime_suite.ts" },
  join: { proof: "contract/lifetime_suite.ts" },
  shutdown: { proof: "contract/shutdown_suite.ts" },
  drainOn: { proof: "pool/drain_on_test.ts" },
  terminate: { proof: "contract/shutdown_suite.ts" },
  paused: { proof: "contract/pause_suite.ts" },
  pause: { proof: "contract/pause_suite.ts" },
  resume: { proof: "contract/pause_suite.ts" },
  trace: { proof: "observe/trace_test.ts" },
  dashboard: { proof: "observe/dashboard_test.ts" },
  workers: { proof: "cluster/hosts_test.ts" },
  workerIds: { proof: "contract/worker_set_suite.ts" },
  ready: { proof: "contract/worker_set_suite.ts" },
  room: { proof: "contract/queue_suite.ts" },
  resize: { proof: "contract/worker_set_suite.ts" },
  restart: { proof: "cluster/options_test.ts" },
  stats: { proof: "contract/stats_suite.ts" },
  addEventListener: { proof: "contract/events_suite.ts" },
  removeEventListener: { proof: "contract/events_suite.ts" },
};

const { double } = tasks<typeof Tasks>(import.meta.resolve("./tasks.ts"));
const worker = inline(async () => {
  const { context } = await import("@isopool/isopool/worker");
  return context.workerId;
});

for (
  const [kind, rows] of Object.entries({ pool: POOL_OPTIONS, task: TASK_OPTIONS, map: MAP_OPTIONS, methods: METHODS })
) {
  test(`${kind}: what an option or method does on a cluster is named by a test, or refused with the way out`, async () => {
    const backend = cluster({ redis: "redis://localhost", queue: "none" });
    for (const [option, row] of Object.entries<Row>(rows)) {
      if ("proof" in row) {
        const text = await Deno.readTextFile(new URL(`../${row.proof}`, import.meta.url));
        assert(text.includes(option), `${row.proof} does not name ${option}`);
        continue;
      }
      const given = { [option]: row.refused };
      const refusals = kind === "pool"
        ? [() => new Pool({ backend, ...given })]
        : callsOf(new Pool({ backend }), given);
      for (const refusal of refusals) {
        const { message } = assertThrows(refusal, TypeError);
        for (const part of row.says) assertStringIncludes(message, part);
      }
    }
  });
}

function callsOf(pool: Pool<BackendName>, options: TaskOptions): (() => unknown)[] {
  const task = double.with(options);
  return [
    () => pool.submit(task, 1),
    () => pool.stream(inline(function* () {}).with(options)),
    () => pool.imap(task, [1]),
  ];
}

test("broadcast() and restart() are refused on a cluster, with the way out", async () => {
  const pool = new Pool({ backend: cluster({ redis: "redis://localhost", queue: "none" }) });
  assertStringIncludes(assertThrows(() => pool.broadcast(double, 1), IsopoolError).message, "`initializer`");
  assertStringIncludes((await assertRejects(() => pool.restart(), IsopoolError)).message, "`initArgs`");
});

for (const backend of ["worker", "process"] as const) {
  test(`maxTasksPerWorker: a ${backend} of a host runs so many calls, in one batch or several (bound: 50 s)`, async () => {
    await using redis = await TestRedis.start();
    const options = { redis: redis.address, queue: "worn" };
    await using _host = await TestHost.start({ ...options, concurrency: 1, backend });
    await using pool = new Pool({ backend: cluster(options), maxTasksPerWorker: 3 });
    const one: unknown[] = [];
    for (let n = 0; n < 4; n++) one.push(await within(50_000, pool.submit(worker)));
    const all = [...one, ...await within(50_000, pool.map(worker, Array.from({ length: 8 })))];
    const counts = all.map((id) => all.filter((other) => other === id).length);
    assertEquals([all.length, Math.max(...counts), new Set(all).size], [12, 3, 4]);
  });
}

test("a pool's env and memoryLimit reach the workers of a host", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "bounds" };
  await using _host = await TestHost.start({ ...options, concurrency: 1 });
  await using pool = new Pool({ backend: cluster(options), env: { COLOUR: "blue" }, memoryLimit: 2 ** 26 });
  const colour = inline(async () => (await import("node:process")).default.env.COLOUR);
  assertEquals(await within(MUST_HAPPEN, pool.submit(colour)), "blue");
  const hoard = inline(() => {
    for (const kept: unknown[] = [];;) kept.push(new Array(2 ** 16).fill(kept.length));
  });
  const { error } = await timed(within(MUST_HAPPEN, pool.submit(hoard)));
  assertEquals(expectError(error, WorkerCrashedError).reason, "oom");
});

test("recycleAt: a worker of a host that has grown is replaced between two calls, and no call fails (bound: 20 s)", async () => {
  const grow = inline(async (bytes: number) => {
    const { context } = await import("@isopool/isopool/worker");
    (globalThis as { kept?: unknown }).kept = new Uint8Array(bytes).fill(1);
    // The worker looks at its memory ten times a second.
    await new Promise((resolve) => setTimeout(resolve, 300));
    return context.workerId;
  });
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "grown" };
  await using _host = await TestHost.start({ ...options, concurrency: 1 });
  await using pool = new Pool({ backend: cluster(options), recycleAt: 2 ** 26 });
  const ids: unknown[] = [];
  for (const bytes of [1, 1, 2 ** 27, 1]) ids.push(await within(20_000, pool.submit(grow, bytes)));
  assertEquals(ids.map((id) => ids.indexOf(id)), [0, 0, 0, 3]);
});
