/**
 * `isopool worker`: serves a queue of a cluster, until a signal ends it.
 *
 * @module
 */
import type { ServeOptions, WorkerHost } from "../cluster.ts";
import { Promise } from "../core/platform.ts";
import { DevRedis } from "./dev_redis.ts";
import type { Arguments, Flag } from "./flags.ts";
import { Interrupts } from "./interrupts.ts";
import { integer } from "./quantities.ts";
import { UsageError } from "./usage_error.ts";
import { PERMISSION_FLAGS, permissions } from "./workers_flags.ts";
import { tell } from "./writer.ts";

/** The flags. */
export const HOST_FLAGS: readonly Flag[] = [
  { name: "redis", value: "URL", help: "where Redis is: redis://host:6379, rediss:// for TLS, unix:///redis.sock" },
  { name: "dev", help: "starts a Redis first, on a free port or where --redis says, and ends it with this command" },
  { name: "queue", value: "NAME", help: "the queue that is served" },
  { name: "prefix", value: "TEXT", help: "first part of all keys in Redis (default: isopool)" },
  { name: "concurrency", short: "j", value: "N", help: "calls that run at a time (default: all cores)" },
  {
    name: "backend",
    value: "NAME",
    choices: ["worker", "process"],
    help: "threads (worker, the default), or processes",
  },
  {
    name: "modules",
    value: "URL",
    many: true,
    help: "runs only modules whose URL begins so; sent: local modules of pools; inline: inlined functions",
  },
  ...PERMISSION_FLAGS,
];

/** Runs the command. Returns its exit code. */
export async function runWorker(args: Arguments): Promise<number> {
  const given = args.text("redis");
  await using redis = args.has("dev") ? await DevRedis.start(given) : undefined;
  const options = serveOptions(args, redis?.url ?? given);
  // Only this command needs the packages of the cluster.
  const { serveWorker } = await import("../cluster.ts");
  const host = await serveWorker(options);
  if (redis) tell(`isopool: started Redis at ${redis.url}`);
  tell(`isopool: serves the queue ${options.queue}: ${host.concurrency} calls at a time`);
  return await untilSignal(host);
}

function serveOptions(args: Arguments, redis: string | undefined): ServeOptions {
  const queue = args.text("queue");
  if (redis === undefined || queue === undefined) {
    const missing = redis === undefined ? "--redis, or --dev" : "--queue";
    throw new UsageError(`isopool worker needs ${missing}: isopool worker --redis redis://localhost --queue NAME`);
  }
  const concurrency = args.text("concurrency");
  const modules = args.list("modules");
  return {
    redis,
    queue,
    ...args.has("prefix") && { prefix: args.text("prefix")! },
    ...concurrency !== undefined && { concurrency: integer("concurrency", concurrency, 1) },
    ...args.has("backend") && { backend: args.text("backend") as ServeOptions["backend"] },
    ...modules.length > 0 && { modules },
    permissions: permissions(args),
  };
}

async function untilSignal(host: WorkerHost): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  using _interrupts = new Interrupts((exitCode) => {
    void host.close().then(() => resolve(exitCode));
  });
  return await promise;
}
