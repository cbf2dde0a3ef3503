/**
 * `WorkerHost` runs the calls of a queue, on threads or processes of its own.
 *
 * @module
 */
import { errorText } from "../core/error_text.ts";
import { cores, JSON, Promise as RuntimePromise } from "../core/platform.ts";
import { clearTimeout, setTimeout, type Timer } from "../core/timer.ts";
import { integer, MAX_DELAY, oneOf } from "../core/validate.ts";
import { encodeThrown } from "../protocol/error_record.ts";
import { ClusterError, TaskLoadError } from "../core/errors.ts";
import { checkPermissions } from "../pool/permissions.ts";
import { HostCalls } from "./host_calls.ts";
import { CallFailure } from "./host_worker.ts";
import { HostWorkers } from "./host_workers.ts";
import { type ClusterSettings, clusterSettings } from "./options.ts";
import type { ServeOptions } from "./serve_options.ts";
import { type Job, type Redis, Worker } from "./packages.ts";
import { ANSWER_LIMIT, connected, disconnect, redisClient, within } from "./redis.ts";
import { unreachable } from "./refusals.ts";
import { ModuleFolder } from "./module_folder.ts";
import type { SentModules } from "./sent_modules.ts";
import { AllowedModules } from "./allowed_modules.ts";
import { atHost, withSubmitterUrls } from "./module_urls.ts";
import {
  claim,
  controlChannel,
  failedReason,
  HAS_KEY,
  type JobData,
  type JobNews,
  type JobRequest,
  type JobResult,
  LARGE,
  pack,
  packResult,
  resultKey,
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
/** Workers on which a call is tried that do not start it, because an earlier call has left code that blocks them. */
const MAX_TRIALS = 3;

const ACTION = "serve a cluster";

/** A running worker host. */
export class WorkerHost implements AsyncDisposable {
  readonly #settings: ClusterSettings;
  readonly #allowed: AllowedModules;
  readonly #folder: ModuleFolder;
  readonly #workers: HostWorkers;
  readonly #calls = new HostCalls();
  readonly #client: Redis;
  readonly #worker: Worker;
  #subscriber: Redis | undefined;

  private constructor(options: ServeOptions, settings: ClusterSettings) {
    const { concurrency = cores, backend = "worker", modules, permissions } = options;
    this.#settings = settings;
    this.#allowed = new AllowedModules(ACTION, modules);
    const limit = this.concurrency = integer(ACTION, "concurrency", concurrency, 1);
    this.#workers = new HostWorkers(
      oneOf(ACTION, "backend", backend, ["worker", "process"]),
      limit,
      checkPermissions(ACTION, permissions),
    );
    const { redis, queue, prefix } = settings;
    this.#client = redisClient(redis, true);
    this.#folder = new ModuleFolder(settings, this.#client);
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
    this.#worker.on("lockRenewalFailed", (ids: readonly string[]) => this.#calls.kill(ids));
  }

  /** @ignore */
  static async start(options: ServeOptions): Promise<WorkerHost> {
    const settings = clusterSettings(ACTION, options, ["concurrency", "backend", "modules", "permissions"]);
    const host = new WorkerHost(options, settings);
    try {
      await connected(host.#client, settings);
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

  /**
   * Takes no more calls, and resolves when those that run have ended. While Redis is away, their results are lost with it, as
   * those of a lost host.
   */
  async close(): Promise<void> {
    // Without Redis BullMQ's worker would never end by itself.
    let isThere: boolean;
    while (!(isThere = await this.#answers()) && this.running > 0);
    await this.#worker.close(!isThere);
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

  async #run(job: Job): Promise<string> {
    const { request, modules, retention }: JobData = job.data;
    try {
      const result = await this.#call(job, unpack<JobRequest>(request), modules);
      if (result.length <= LARGE) return result;
      await this.#client.set(resultKey(this.#jobKey(job.id!)), result, "EX", retention);
      return HAS_KEY;
    } catch (error) {
      const { failure, message } = error instanceof CallFailure
        ? error
        : { failure: { kind: "thrown", thrown: encodeThrown(error) } as const, message: errorText(error) };
      throw new Error(failedReason(message, failure));
    }
  }

  #jobKey(id: string): string {
    const { prefix, queue } = this.#settings;
    return `${prefix}:${queue}:${id}`;
  }

  async #call(job: Job, given: JobRequest, modules: SentModules | undefined): Promise<string> {
    const id = job.id!;
    if (!await claim(this.#client, this.#jobKey(id), "host")) {
      throw lost("the host that ran it was lost, or it was given up");
    }
    const { request, folder } = await this.#prepare(given, modules);
    let told: Promise<void> = RuntimePromise.resolve();
    try {
      const result = await this.#runOn(id, request, (news) => {
        told = told.then(() => job.updateProgress(pack(news)));
        told.catch(() => {}); // A call that fails does not wait for it.
      });
      await told;
      return packResult(result, request.sizeLimit);
    } catch (error) {
      throw folder === undefined ? error : withSubmitterUrls(error, folder, modules!.base);
    }
  }

  async #runOn(id: string, request: JobRequest, onNews: (news: JobNews) => void): Promise<JobResult> {
    for (let trial = 1;; trial++) {
      const worker = await this.#workers.acquire(request);
      const limit = (request.timeout ?? 0) + SUBMITTER_GRACE;
      let timer: Timer | undefined;
      try {
        const result = worker.run(request, (news) => {
          // The submitter keeps the limit, as that of every other backend. This is for a call that it has left behind.
          if (news.kind === "started") timer = setTimeout(() => worker.kill(), Math.min(MAX_DELAY, limit));
          onNews(news);
        });
        this.#calls.add(id, worker);
        return await result;
      } catch (error) {
        if (!(error instanceof CallFailure && error.isUnstarted) || trial === MAX_TRIALS) throw error;
      } finally {
        clearTimeout(timer);
        this.#calls.delete(id);
        this.#workers.release(worker);
      }
    }
  }

  async #prepare(request: JobRequest, modules: SentModules | undefined): Promise<PreparedCall> {
    if (!this.#allowed.check(request, modules) || !modules) return { request, folder: undefined };
    try {
      const folder = await this.#folder.provide(modules.hash);
      return { request: atHost(request, modules.base, folder), folder };
    } catch (cause) {
      const { source } = request;
      const url = "url" in source ? source.url : modules.base;
      throw new TaskLoadError(`Cannot load task module ${url}, as it was sent: ${(cause as Error).message}`, {
        url,
        cause,
      });
    }
  }
}

/** A call whose modules are where its workers find them. */
interface PreparedCall {
  readonly request: JobRequest;
  /** The URL of the folder with the modules that were sent with it, if the host takes these. */
  readonly folder: string | undefined;
}

function lost(why: string): CallFailure {
  return new CallFailure({ kind: "death", reason: "terminated", cause: encodeThrown(new ClusterError(why)) }, why);
}
