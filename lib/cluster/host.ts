/**
 * `WorkerHost` runs the calls of a queue, on threads or processes of its own.
 *
 * @module
 */
import { cores, JSON, Promise as RuntimePromise } from "../core/platform.ts";
import { integer, oneOf } from "../core/validate.ts";
import { checkPermissions } from "../pool/permissions.ts";
import { AllowedModules } from "./allowed_modules.ts";
import { HostCalls } from "./host_calls.ts";
import { HostTasks } from "./host_tasks.ts";
import { HostRedis, jobSource } from "./host_scripts.ts";
import { HostWorkers } from "./host_workers.ts";
import { ModuleFolder } from "./module_folder.ts";
import { runJob } from "./job_run.ts";
import { type ClusterSettings, clusterSettings } from "./options.ts";
import { type Job, type Redis, Worker } from "./packages.ts";
import { ANSWER_LIMIT, connected, disconnect, redisClient, within } from "./redis.ts";
import { unreachable } from "./refusals.ts";
import type { ServeOptions } from "./serve_options.ts";
import { controlChannel, type JobEnds } from "./wire.ts";

/** Milliseconds without a sign of life after which other hosts take a host for lost. */
const LOCK_DURATION = 5_000;
/** Milliseconds between two checks for calls of lost hosts. */
const STALLED_INTERVAL = 1_000;
/** A call may be found with a lost host so often; the second host that finds it fails it. */
const MAX_STALLED = 3;
const ACTION = "serve a cluster";

/** A running worker host. */
export class WorkerHost implements AsyncDisposable {
  readonly #settings: ClusterSettings;
  readonly #folder: ModuleFolder;
  readonly #workers: HostWorkers;
  readonly #calls = new HostCalls();
  readonly #client: Redis;
  readonly #tasks: HostTasks;
  // Takes jobs from the queue, once Redis has answered.
  #worker: Worker | undefined;
  #subscriber: Redis | undefined;
  #closed: Promise<void> | undefined;

  private constructor(options: ServeOptions, settings: ClusterSettings) {
    const { concurrency = cores, backend = "worker", modules, permissions } = options;
    this.#settings = settings;
    const allowed = new AllowedModules(ACTION, modules);
    const limit = this.concurrency = integer(ACTION, "concurrency", concurrency, 1);
    this.#workers = new HostWorkers(
      oneOf(ACTION, "backend", backend, ["worker", "process"]),
      limit,
      checkPermissions(ACTION, permissions),
    );
    this.#client = redisClient(settings.redis, true, HostRedis);
    this.#folder = new ModuleFolder(settings, this.#client);
    this.#tasks = new HostTasks(allowed, this.#folder);
  }

  /** @ignore */
  static async start(options: ServeOptions): Promise<WorkerHost> {
    const settings = clusterSettings(ACTION, options, ["concurrency", "backend", "modules", "permissions"]);
    const host = new WorkerHost(options, settings);
    try {
      await connected(host.#client, settings);
      await host.#listen();
      host.#worker = host.#takeJobs();
      // It defines BullMQ's scripts, and rejects if a host cannot add to them (host_scripts.ts).
      await host.#worker.waitUntilReady();
    } catch (error) {
      await host.#worker?.close(true);
      await host.#disconnect();
      throw error;
    }
    return host;
  }

  #takeJobs(): Worker {
    const { queue, prefix } = this.#settings;
    const parts = { client: this.#client, tasks: this.#tasks, workers: this.#workers, calls: this.#calls };
    const running = new WeakMap<Job, Promise<string | JobEnds>>();
    const worker = new Worker(queue, (job: Job) => running.get(job)!, {
      connection: this.#client,
      prefix,
      concurrency: this.concurrency,
      lockDuration: LOCK_DURATION,
      stalledInterval: STALLED_INTERVAL,
      maxStalledCount: MAX_STALLED,
      autorun: false,
    }, jobSource);
    // A job begins as soon as it is taken. BullMQ calls the function above when it has asked Redis for another job in vain: a
    // round trip later.
    worker.on("active", (job: Job) => {
      const run = runJob(job, `${prefix}:${queue}:${job.id}`, parts);
      run.catch(() => {});
      running.set(job, run);
    });
    // Redis may go and come back; the calls that it has lost meanwhile are found as stalled.
    worker.on("error", () => {});
    // Another host has these by now, or will: this one was frozen, or without Redis, for too long.
    worker.on("lockRenewalFailed", (ids: readonly string[]) => this.#calls.kill(ids));
    void worker.run();
    return worker;
  }

  /** Maximum number of calls that run at a time. */
  readonly concurrency: number;

  /** Number of calls that run now. */
  get running(): number {
    return this.#calls.size;
  }

  /**
   * Takes no more calls, and resolves when those that run have ended. While Redis is away, their results are lost with it, as
   * those of a lost host. Further calls of it wait for the same end.
   */
  close(): Promise<void> {
    return this.#closed ??= this.#close();
  }

  async #close(): Promise<void> {
    // Without Redis BullMQ's worker would never end by itself.
    let isThere: boolean;
    while (!(isThere = await this.#answers()) && this.running > 0);
    await this.#worker?.close(!isThere);
    await this.#workers.close();
    await this.#folder.close();
    await this.#disconnect();
  }

  /** Like {@linkcode WorkerHost.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #answers(): Promise<boolean> {
    return within(ANSWER_LIMIT, this.#client.ping()).then(() => true, () => false);
  }

  async #disconnect(): Promise<void> {
    await RuntimePromise.all([disconnect(this.#subscriber), disconnect(this.#client)]);
  }

  async #listen(): Promise<void> {
    const { redis, queue, prefix } = this.#settings;
    const subscriber = this.#subscriber = redisClient(redis, true);
    subscriber.on("message", (_channel: string, text: string) => this.#calls.control(JSON.parse(text)));
    await within(ANSWER_LIMIT, subscriber.subscribe(controlChannel(prefix, queue))).catch((cause) => {
      throw unreachable(redis, cause);
    });
  }
}
