/**
 * A pool on a worker host over Redis, and BullMQ by hand, as contestants. Each starts a Redis and one process that takes jobs.
 *
 * @module
 */
import { Queue, QueueEvents } from "bullmq";
import { Redis } from "ioredis";
import { Pool, type Task, tasks } from "../../mod.ts";
import { cluster } from "../../lib/cluster.ts";
import { TestHost } from "../../tests/support/cluster_host.ts";
import { noRedis, TestRedis } from "../../tests/support/redis.ts";
import { type Pool as Contestant, Unavailable } from "../workloads/adapter.mjs";
import { serve } from "./driver.mjs";

const QUEUE = "bench";
const TASKS = tasks<Record<string, (arg: unknown) => unknown>>(import.meta.resolve("../tasks/tasks.mjs"));

const VARIANTS: Record<string, (redis: TestRedis, workers: number, task: string) => Promise<Contestant>> = {
  isopool: onHost,
  bullmq: (...args) => byHand("loop", ...args),
  bullmqThreads: (...args) => byHand("threads", ...args),
};

await serve((variant: string) => ({
  async open(workers: number, task: string) {
    if (noRedis !== undefined) throw new Unavailable(noRedis);
    const redis = await TestRedis.start("--appendfsync", "everysec");
    return await VARIANTS[variant](redis, workers, task);
  },
}));

async function onHost(redis: TestRedis, workers: number, name: string) {
  const options = { redis: redis.address, queue: QUEUE };
  const host = await TestHost.start({ ...options, concurrency: workers });
  const pool = new Pool({ backend: cluster(options) });
  const task = TASKS[name] as Task<[unknown], unknown>;
  return {
    run: (arg: unknown) => pool.submit(task, arg),
    map: (items: unknown[]) => pool.map(task, items),
    async close() {
      await pool[Symbol.asyncDispose]();
      await host.close();
      await redis[Symbol.asyncDispose]();
    },
  };
}

// It handles no failures. Its jobs run on the event loop of the process that takes them, which a long one would block until
// its lock is lost, or on threads.
async function byHand(where: "loop" | "threads", redis: TestRedis, workers: number, name: string) {
  const path = redis.address.slice("unix://".length);
  const worker = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-check", "-A", `--import-map=${import.meta.resolve("../../npm.import_map.json")}`],
      ...[import.meta.resolve("../tasks/bullmq_worker.ts"), path, QUEUE, `${workers}`, where],
    ],
    stdin: "null",
    stdout: "null",
  }).spawn();
  const queue = new Queue(QUEUE, { connection: new Redis({ path, maxRetriesPerRequest: null }) });
  const events = new QueueEvents(QUEUE, { connection: new Redis({ path, maxRetriesPerRequest: null }) });
  await events.waitUntilReady();
  const waiting = new Map<string, (value: unknown) => void>();
  events.on("completed", ({ jobId, returnvalue }: { jobId: string; returnvalue: unknown }) => {
    waiting.get(jobId)?.(returnvalue);
    waiting.delete(jobId);
  });
  let count = 0;
  const job = (arg: unknown) => {
    const jobId = `call-${++count}`;
    const result = new Promise<unknown>((resolve) => waiting.set(jobId, resolve));
    const kept = { age: 3_600 };
    return {
      result,
      parts: { name, data: { arg }, opts: { jobId, removeOnComplete: kept, removeOnFail: kept } },
    };
  };
  return {
    async run(arg: unknown) {
      const { result, parts } = job(arg);
      await queue.add(parts.name, parts.data, parts.opts);
      return await result;
    },
    async map(items: unknown[]) {
      const jobs = items.map(job);
      for (let at = 0; at < jobs.length; at += 500) {
        await queue.addBulk(jobs.slice(at, at + 500).map(({ parts }) => parts));
      }
      return await Promise.all(jobs.map(({ result }) => result));
    },
    async close() {
      worker.kill("SIGKILL");
      await worker.status;
      await redis[Symbol.asyncDispose]();
    },
  };
}
