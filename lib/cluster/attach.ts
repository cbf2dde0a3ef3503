/**
 * `attach()`: the outcomes of the calls of a pool that this or another process has made, also after the end of that process.
 *
 * ```
 * snapshot   ids of all jobs of the queue, in one transaction; those of the executor's last pool are watched
 * sweep      reads the outcomes of the calls that have ended
 * events     bring the outcomes of the others (call_watch.ts)
 * ```
 *
 * @module
 */
import { ClusterError, WorkerCrashedError } from "../core/errors.ts";
import { JSON, Promise } from "../core/platform.ts";
import { decodeThrown } from "../protocol/error_decoder.ts";
import { reviveValue } from "../protocol/received_value.ts";
import { lastRun } from "./call_id.ts";
import { BULK, CallWatch } from "./call_watch.ts";
import { NO_EVENT } from "./event_reader.ts";
import { type ClusterAddress, type ClusterSettings, clusterSettings, keyPart } from "./options.ts";
import { Queue, type Redis } from "./packages.ts";
import { connected, disconnect, redisClient, repliesOf } from "./redis.ts";
import { WatchedCall } from "./watched_call.ts";
import { unpack } from "./pack.ts";
import type { JobCall, JobData, JobFailure } from "./wire.ts";

const ACTION = "attach to an executor";

/** Options of {@linkcode attach}. */
export interface AttachOptions extends ClusterAddress {
  /** The `executor` of the pool. */
  executor: string;
}

/**
 * How a call ended, and which one it was.
 *
 * @typeParam R The result of the call.
 */
export type AttachedOutcome<R> =
  & {
    /** Number of the `submit`, `map` or other call of the pool that made it, in the order of their first calls, from 0. */
    readonly job: number;
    /** Position of the item in the input of that map, from 0; 0 for a `submit`. */
    readonly index: number;
    /** The item of the map; for `submit` and `starmap`, the list of arguments. */
    readonly item: unknown;
  }
  & (PromiseFulfilledResult<R> | PromiseRejectedResult);

/** A call whose outcome was not yielded yet. */
interface AttachedCall {
  /** The id of its job. */
  readonly id: string;
  readonly call: JobCall;
}

/**
 * Yields the outcomes of the calls of a pool with an `executor`: of those that ended before, those that run, and those that
 * wait for a host. Each comes once, as soon as it is known, and the iteration ends after the last. The calls are not changed:
 * any number of processes can attach, also while the pool lives.
 *
 * It finds the calls that are in Redis. A pool has at most as many there at a time as its `workers`: to find all calls, make
 * the pool with as many `workers` as it has calls. Of several pools with the same name it takes the one that was made last.
 * Redis keeps an outcome for the `retention` of the pool, by default an hour. Streams are left out: without its reader a
 * stream does not end. Retries are made by the pool: of the attempts of a call, the last one counts.
 *
 * @typeParam R The result of the calls.
 * @throws {ClusterError} If Redis cannot be reached, or has no calls of the executor.
 * @throws {TypeError} If an option is wrong.
 *
 * @example Collect the results of a script that was killed
 * ```ts ignore
 * import { Pool, tasks } from "@isopool/isopool";
 * import { attach, cluster } from "@isopool/isopool/cluster";
 *
 * // The script that was killed:
 * const address = { redis: "redis://localhost", queue: "reports" };
 * const { render } = tasks<typeof import("./reports.ts")>(import.meta.resolve("./reports.ts"));
 * const pool = new Pool({ backend: cluster({ ...address, executor: "nightly" }), workers: 500 });
 * await pool.map(render, customers);
 *
 * // Another one:
 * for await (const outcome of attach<string>({ ...address, executor: "nightly" })) {
 *   if (outcome.status === "fulfilled") console.log(outcome.item, outcome.value);
 * }
 * ```
 */
export function attach<R = unknown>(options: AttachOptions): AsyncGenerator<AttachedOutcome<R>, void> {
  const settings = clusterSettings(ACTION, options, ["executor"]);
  return outcomes(settings, keyPart(ACTION, "executor", options.executor));
}

async function* outcomes<R>(settings: ClusterSettings, executor: string): AsyncGenerator<AttachedOutcome<R>, void> {
  const { queue: name, prefix } = settings;
  const client = redisClient(settings.redis, false);
  const watch = new CallWatch(settings, client, true);
  let queue: Queue | undefined;
  try {
    await connected(client, settings);
    queue = new Queue(name, { connection: client, prefix, skipWaitingForReady: true });
    queue.on("error", () => {}); // The command that failed rejects with the error.
    // Before the snapshot: what ends after it is an event.
    const key = queue.toKey("events");
    const [last] = await client.xrevrange(key, "+", "-", "COUNT", 1);
    watch.listen(queue, { key, after: last?.[0] ?? NO_EVENT, isOwn: false });
    const calls = await callsOf(client, queue, executor);
    if (calls.length === 0) {
      throw new ClusterError(
        `Cannot ${ACTION}: the queue ${name} has no calls of "${executor}": none were sent, or their \`retention\` is over`,
      );
    }
    const found: AttachedOutcome<R>[] = [];
    let wake = () => {};
    for (const { id, call: { call: [job, index], item } } of calls) {
      const end = (outcome: PromiseFulfilledResult<R> | PromiseRejectedResult) => {
        found.push({ job, index, item, ...outcome });
        wake();
      };
      const watched = new WatchedCall({
        started() {},
        news() {},
        ended: ({ value, errors }) => end({ status: "fulfilled", value: reviveValue(value, false, errors) as R }),
        failed: (failure) => end({ status: "rejected", reason: errorOf(failure) }),
      });
      watch.sent(id, [watched]);
    }
    await watch.sweep();
    for (let left = calls.length; left > 0; left--) {
      if (found.length === 0) await new Promise<void>((resolve) => wake = resolve);
      yield found.shift()!;
    }
  } finally {
    await watch.close();
    await queue?.close().catch(() => {});
    await disconnect(client);
  }
}

async function callsOf(client: Redis, queue: Queue, executor: string): Promise<AttachedCall[]> {
  const transaction = client.multi();
  for (const list of ["wait", "paused", "active"]) transaction.lrange(queue.toKey(list), 0, -1);
  for (const set of ["delayed", "prioritized", "completed", "failed"]) transaction.zrange(queue.toKey(set), "0", "-1");
  const ids = repliesOf<string[]>(await transaction.exec()).flat();
  const last = new Map<string, AttachedCall>();
  const run = lastRun(ids, executor);
  for (let at = 0; at < run.length; at += BULK) {
    const part = run.slice(at, at + BULK);
    const reads = client.pipeline();
    for (const id of part) reads.hget(queue.toKey(id), "data");
    repliesOf<string | null>(await reads.exec()).forEach((text, i) => {
      // One whose retention has ended meanwhile is not there any more.
      if (text === null) return;
      // Of a pool with an executor, each call is in a job of its own.
      const call = unpack<JobCall>((JSON.parse(text) as JobData).calls[0]);
      if (call.stream === 0) last.set(call.call.join(), { id: part[i], call });
    });
  }
  return [...last.values()];
}

function errorOf(failure: JobFailure): unknown {
  if (failure.kind === "thrown") return decodeThrown(failure.thrown);
  const { reason, exitCode, cause } = failure;
  // What a hook throws is not a death.
  if (reason === "initializer" || reason === "finalizer") return decodeThrown(cause);
  return new WorkerCrashedError("Task was lost: its worker was stopped, or its host was", {
    reason,
    cause: decodeThrown(cause),
    ...exitCode !== undefined && { exitCode },
  });
}
