/**
 * `Executor`: a pool's side of a cluster. It adds calls as BullMQ jobs, and takes them back; call_watch.ts reports how they
 * end.
 *
 * @module
 */
import { ClusterError } from "../core/errors.ts";
import { Promise } from "../core/platform.ts";
import { queueMicrotask } from "../core/timer.ts";
import { encodeThrown } from "../protocol/error_record.ts";
import { addressName } from "./address.ts";
import { BULK, type CallEvents, CallWatch } from "./call_watch.ts";
import { makeRun } from "./call_id.ts";
import type { PoolSettings } from "./options.ts";
import { type BulkJobOptions, Queue, type Redis } from "./packages.ts";
import { connected, disconnect, redisClient, unref } from "./redis.ts";
import { unreachable } from "./refusals.ts";
import { ModuleSender, type SentModules } from "./sent_modules.ts";
import { claim, type Control, type JobData, LARGE } from "./wire.ts";

/** A call, as an executor takes it. */
export interface OutgoingCall {
  /** The name that dashboards show. */
  readonly name: string;
  /** The packed request. */
  readonly request: string;
  /** The local modules that it needs. */
  readonly urls: readonly string[];
  /** Calls with a higher number go first. */
  readonly priority: number;
}

interface Outgoing {
  readonly id: string;
  readonly call: OutgoingCall;
  readonly modules: SentModules | undefined;
}

/** The connection of one pool. */
export class Executor {
  /** Resolves when Redis has answered; rejects with a {@linkcode ClusterError} if it has not in time. It is of no use then. */
  readonly ready: Promise<void>;
  readonly #settings: PoolSettings;
  readonly #run: string;
  readonly #client: Redis;
  // Made once the client is connected: a queue asks for the version of Redis at once.
  #queue!: Queue;
  readonly #watch: CallWatch;
  readonly #modules: ModuleSender;
  #outgoing: Outgoing[] = [];
  #count = 0;

  constructor(settings: PoolSettings) {
    this.#settings = settings;
    // `settings.executor` is the user's name of this pool, by which `attach()` finds its calls.
    this.#run = makeRun(settings.executor);
    this.#client = redisClient(settings.redis, false);
    unref(this.#client);
    this.#watch = new CallWatch(settings, this.#client, settings.executor !== undefined);
    this.#modules = new ModuleSender(settings, this.#client);
    this.ready = this.#start().catch((error) => {
      throw error instanceof ClusterError ? error : unreachable(settings.redis, error);
    });
    this.ready.catch(() => {}); // Each lane reports the failure; it must not be an unhandled rejection as well.
  }

  /** Adds a call. Returns its id. Its events come later. */
  submit(call: OutgoingCall, events: CallEvents): string {
    const id = `${this.#run}-${++this.#count}`;
    const isKept = this.#settings.executor !== undefined || call.request.length <= LARGE;
    this.#watch.add(id, isKept ? events : this.#removing(id, events));
    const modules = call.urls.length > 0 ? this.#modules.send(call.urls) : undefined;
    if (!(modules instanceof Promise)) this.#enqueue({ id, call, modules });
    else {
      modules.then(
        (modules) => this.#enqueue({ id, call, modules }),
        (error) => this.#watch.fail(id, { kind: "thrown", thrown: encodeThrown(error) }),
      );
    }
    return id;
  }

  /** Takes back a call that no host has taken, else tells its host. Resolves to whether it was taken back. */
  async cancel(id: string, reason: string): Promise<boolean> {
    if (this.#watch.stateOf(id) === "unsent") return this.#watch.delete(id);
    try {
      if (this.#watch.stateOf(id) === "sent" && await this.#queue.remove(id) === 1) return this.#watch.delete(id);
    } catch { /* Redis cannot be reached. CallWatch sends the cancellation again with its next sweep. */ }
    this.control({ kind: "cancel", id, reason });
    return false;
  }

  /** Tells the host of a call something. */
  control(control: Control): void {
    this.#watch.control(control);
  }

  /** Gives a call up: it has no more events. Its host stops it, or does not start it. */
  giveUp(id: string): void {
    const state = this.#watch.stateOf(id);
    this.#watch.delete(id);
    if (state === "sent" || state === "started") this.#revoke(id);
  }

  /** Closes the connections. Calls that have not ended have no more events. */
  async close(): Promise<void> {
    this.#watch.clear();
    await this.ready.catch(() => {});
    await this.#watch.close();
    await this.#queue?.close().catch(() => {});
    await disconnect(this.#client);
  }

  async #start(): Promise<void> {
    const { queue, prefix } = this.#settings;
    await connected(this.#client, this.#settings);
    this.#queue = new Queue(queue, { connection: this.#client, prefix, skipWaitingForReady: true });
    this.#queue.on("error", () => {}); // The command that failed rejects with the error.
    await this.#watch.listen(this.#queue);
  }

  // Nobody can attach: Redis need not keep the arguments of a call that has ended.
  #removing(id: string, events: CallEvents): CallEvents {
    // If that fails, BullMQ removes it after its retention.
    const remove = () => void this.#queue.remove(id).catch(() => {});
    return {
      ...events,
      ended: (result) => (remove(), events.ended(result)),
      failed: (failure) => (remove(), events.failed(failure)),
    };
  }

  #enqueue(outgoing: Outgoing): void {
    if (this.#outgoing.push(outgoing) === 1) queueMicrotask(() => this.#flush());
  }

  async #flush(): Promise<void> {
    const all = this.#outgoing;
    this.#outgoing = [];
    for (let at = 0; at < all.length; at += BULK) {
      // What was given up meanwhile is not sent.
      const part = all.slice(at, at + BULK).filter(({ id }) => this.#watch.sent(id));
      const jobs = part.map(({ id, call, modules }) => {
        const data: JobData = { request: call.request, retention: this.#retention, ...modules && { modules } };
        return { name: call.name, data, opts: this.#jobOptions(id, call) };
      });
      try {
        if (jobs.length === 1) await this.#queue.add(jobs[0].name, jobs[0].data, jobs[0].opts);
        else if (jobs.length > 1) await this.#queue.addBulk(jobs);
      } catch (cause) {
        const error = new ClusterError(
          `Cannot send the call to Redis at ${addressName(this.#settings.redis)}: the call is given up, even if it ` +
            "arrived: declare `retry` with `minTimeout` to send it again",
          { cause },
        );
        for (const { id } of part) {
          this.#revoke(id);
          this.#watch.fail(id, { kind: "thrown", thrown: encodeThrown(error) });
        }
      }
    }
  }

  #revoke(id: string): void {
    // Without Redis no host hears it. The call then ends by its own time limit.
    claim(this.#client, this.#queue.toKey(id), "submitter").then(() => this.#queue.remove(id)).then((count) => {
      if (count !== 1) this.#watch.publish({ kind: "kill", id });
    }).catch(() => {});
  }

  get #retention(): number {
    return Math.ceil(this.#settings.retention / 1_000);
  }

  #jobOptions(jobId: string, { priority }: OutgoingCall): BulkJobOptions {
    const kept = { age: this.#retention };
    return {
      jobId,
      priority: jobPriority(priority),
      attempts: 1,
      removeOnComplete: kept,
      removeOnFail: kept,
      stackTraceLimit: 0,
    };
  }
}

/** The middle of BullMQ's priorities, of which lower ones go first. Jobs without any go before all others, so all have one. */
const NORMAL_PRIORITY = 2 ** 20;

function jobPriority(priority: number): number {
  return NORMAL_PRIORITY - Math.max(1 - NORMAL_PRIORITY, Math.min(NORMAL_PRIORITY - 1, Math.round(priority)));
}
