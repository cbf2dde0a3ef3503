/**
 * `serveWorker()`: a worker host, which runs the calls of a queue.
 *
 * @module
 */
import { cores, JSON, Promise as RuntimePromise } from "../core/platform.ts";
import { clearTimeout, setTimeout } from "../core/timer.ts";
import { badOption, integer, oneOf } from "../core/validate.ts";
import { decodeThrown, encodeThrown } from "../protocol/error_record.ts";
import type { Thrown } from "../protocol/thrown.ts";
import { ClusterError } from "../core/errors.ts";
import { CallFailure, type HostWorker } from "./host_worker.ts";
import { type HostBackend, HostWorkers } from "./host_workers.ts";
import { type ClusterOptions, type ClusterSettings, clusterSettings } from "./options.ts";
import { type Job, type Redis, Worker } from "./packages.ts";
import { connected, disconnect, redisClient } from "./redis.ts";
import {
  claimKey,
  type Control,
  controlChannel,
  failedReason,
  type JobRequest,
  KEEP_SECONDS,
  pack,
  unpack,
} from "./wire.ts";

/** Milliseconds without a sign of life after which other hosts take a host for lost. */
const LOCK_DURATION = 5_000;
/** Milliseconds between two looks for calls of lost hosts. */
const STALLED_INTERVAL = 1_000;
/** A call may be found with a lost host so often; the second host that finds it fails it. */
const MAX_STALLED = 3;
/** Milliseconds beyond its time limit after which a host stops a call that its submitter has not stopped. */
const SUBMITTER_GRACE = 5_000;

const ACTION = "serve a cluster";

/** Options of {@linkcode serveWorker}. */
export interface ServeOptions extends ClusterOptions {
  /** Number of calls that run at a time. @default {the number of usable cores} */
  concurrency?: number;
  /**
   * What tasks run on: `"worker"`, threads of this process, or `"process"`, `deno run` children.
   *
   * @default {"worker"}
   */
  backend?: HostBackend;
  /**
   * First parts of the URLs of task modules that this host runs, for example `["https://example.com/tasks/"]`. Then it runs
   * no inlined functions. By default it runs whatever is sent to it, so whoever may write to Redis can run code here.
   */
  modules?: readonly string[];
}

/** A running worker host. */
export class WorkerHost implements AsyncDisposable {
  readonly #settings: ClusterSettings;
  readonly #modules: readonly string[] | undefined;
  readonly #workers: HostWorkers;
  readonly #calls = new Map<string, HostWorker>();
  readonly #client: Redis;
  readonly #worker: Worker;
  #subscriber: Redis | undefined;

  private constructor(options: ServeOptions, settings: ClusterSettings) {
    const { concurrency = cores, backend = "worker", modules } = options;
    this.#settings = settings;
    this.#modules = modules && urlPrefixes(modules);
    const limit = this.concurrency = integer(ACTION, "concurrency", concurrency, 1);
    this.#workers = new HostWorkers(oneOf(ACTION, "backend", backend, ["worker", "process"]), limit);
    const { redis, queue, prefix } = settings;
    this.#client = redisClient(redis, true);
    this.#worker = new Worker(queue, (job: Job) => this.#run(job), {
      connection: this.#client,
      prefix,
      concurrency: limit,
      lockDuration: LOCK_DURATION,
      stalledInterval: STALLED_INTERVAL,
      maxStalledCount: MAX_STALLED,
      autorun: false,
    });
    // Redis may go and come back; the calls that it has lost meanwhile are found as stalled.
    this.#worker.on("error", () => {});
    // Another host has these by now, or will: this one was frozen, or without Redis, for too long.
    this.#worker.on("lockRenewalFailed", (ids: readonly string[]) => {
      for (const id of ids) this.#calls.get(id)?.kill();
    });
  }

  /** @ignore */
  static async start(options: ServeOptions): Promise<WorkerHost> {
    const settings = clusterSettings(ACTION, options, ["concurrency", "backend", "modules"]);
    const host = new WorkerHost(options, settings);
    try {
      await connected(host.#client, settings.redis);
      await host.#listen();
    } catch (error) {
      await host.#worker.close(true);
      await host.#disconnect();
      throw error;
    }
    void host.#worker.run();
    return host;
  }

  /** Maximum number of calls that run at a time. */
  readonly concurrency: number;

  /** Number of calls that run now. */
  get running(): number {
    return this.#calls.size;
  }

  /** Takes no more calls, and resolves when those that run have ended. */
  async close(): Promise<void> {
    await this.#worker.close();
    await this.#workers.close();
    await this.#disconnect();
  }

  /** Like {@linkcode WorkerHost.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #disconnect(): Promise<void> {
    await RuntimePromise.all([disconnect(this.#subscriber), disconnect(this.#client)]);
  }

  async #listen(): Promise<void> {
    const { redis, queue, prefix } = this.#settings;
    const subscriber = this.#subscriber = redisClient(redis, true);
    subscriber.on("message", (_channel: string, text: string) => this.#control(JSON.parse(text)));
    await subscriber.subscribe(controlChannel(prefix, queue));
  }

  #control(control: Control): void {
    const worker = this.#calls.get(control.id);
    if (!worker) return;
    if (control.kind === "kill") worker.kill();
    else if (control.kind === "grant") worker.grant(control.total);
    else worker.cancel(decodeThrown(unpack<{ thrown: Thrown }>(control.reason).thrown));
  }

  async #run(job: Job): Promise<string> {
    try {
      return await this.#call(job, unpack<JobRequest>(job.data.request));
    } catch (error) {
      const { failure, message } = error instanceof CallFailure
        ? error
        : { failure: { kind: "thrown", thrown: encodeThrown(error) } as const, message: String(error) };
      throw new Error(failedReason(message, failure));
    }
  }

  async #call(job: Job, request: JobRequest): Promise<string> {
    const { prefix, queue } = this.#settings;
    const id = job.id!;
    const claimed = await this.#client.set(claimKey(prefix, queue, id), "started", "EX", KEEP_SECONDS, "NX");
    if (claimed !== "OK") throw lost("the host that ran it was lost, or it was given up");
    this.#checkModule(request);
    const worker = this.#workers.acquire(request);
    this.#calls.set(id, worker);
    // The submitter keeps the limit, as that of every other backend. This is for a call that it has left behind.
    const { timeout } = request;
    const timer = timeout === undefined ? undefined : setTimeout(() => worker.kill(), timeout + SUBMITTER_GRACE);
    let told: Promise<void> = RuntimePromise.resolve();
    try {
      const result = await worker.run(request, (news) => told = told.then(() => job.updateProgress(pack(news))));
      await told;
      return pack(result);
    } finally {
      clearTimeout(timer);
      this.#calls.delete(id);
      this.#workers.release(worker);
    }
  }

  #checkModule({ source }: JobRequest): void {
    if (this.#modules === undefined) return;
    if ("url" in source && this.#modules.some((prefix) => source.url.startsWith(prefix))) return;
    const what = "url" in source ? `the module ${source.url}` : "inlined functions";
    throw new ClusterError(
      `This host does not run ${what}: its option \`modules\` allows ${this.#modules.join(", ")} only`,
    );
  }
}

function lost(why: string): CallFailure {
  return new CallFailure({ kind: "death", reason: "terminated", cause: encodeThrown(new ClusterError(why)) }, why);
}

function urlPrefixes(value: unknown): readonly string[] {
  if (
    Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === "string" && URL.canParse(each))
  ) {
    return value;
  }
  throw badOption(ACTION, "modules", value, "a list of URLs, at least one", false);
}

/**
 * Starts a worker host: it runs the calls that pools with the backend `cluster()` put into a queue, until it is closed.
 *
 * Other hosts notice after about 6 s that a host was lost. `close()` lets its calls end; so does
 * `await using`. On a signal, close it yourself: `Deno.addSignalListener("SIGTERM", () => host.close())`.
 *
 * @throws {ClusterError} If Redis cannot be reached.
 * @throws {TypeError} If an option is wrong.
 *
 * @example Serve a queue with four threads
 * ```ts ignore
 * import { serveWorker } from "@isopool/isopool/cluster";
 *
 * const host = await serveWorker({ redis: "redis://localhost", queue: "numbers", concurrency: 4 });
 * Deno.addSignalListener("SIGTERM", () => host.close());
 * ```
 */
export function serveWorker(options: ServeOptions): Promise<WorkerHost> {
  return WorkerHost.start(options);
}
