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
import { type NewCall, type OutgoingCall, toBatches } from "./call_batches.ts";
import { makeRun } from "./call_id.ts";
import { BULK, CallWatch } from "./call_watch.ts";
import { takeBack } from "./claim.ts";
import { NO_EVENT } from "./event_reader.ts";
import type { PoolSettings } from "./options.ts";
import { Queue, type Redis } from "./packages.ts";
import { connected, disconnect, redisClient, unref, within } from "./redis.ts";
import { unreachable } from "./refusals.ts";
import { ModuleSender, type SentModules } from "./sent_modules.ts";
import { type CallEvents, WatchedCall, type WatchedJob } from "./watched_call.ts";
import { callKey, type ControlRequest, eventsKey, type JobData, LARGE } from "./wire.ts";

/** Milliseconds for which a pool that ends waits until the hosts of its calls know that these are given up. */
const REVOKE_LIMIT = 1_000;
/** Seconds in which a host should stop the calls of a pool that has ended. */
const STOP_SECONDS = 60;

/** The connection of one pool. */
export class Executor {
  /** Resolves when Redis has answered; rejects with a {@linkcode ClusterError} if it has not in time: the executor cannot be used then. */
  readonly ready: Promise<void>;
  readonly #settings: PoolSettings;
  readonly #run: string;
  readonly #client: Redis;
  // Made once the client is connected: a queue asks for the version of Redis at once.
  #queue!: Queue;
  readonly #watch: CallWatch;
  readonly #modules: ModuleSender;
  #outgoing: OutgoingCall[] = [];
  // The calls that may share a job, as they were sent.
  readonly #shared = new WeakMap<WatchedCall, OutgoingCall>();
  // The calls whose hosts do not know yet that they are given up.
  readonly #revokes = new Set<Promise<void>>();
  // Whether a host may report the end of a call that was given up.
  #hasRevoked = false;
  #isSending = false;
  #count = 0;

  constructor(settings: PoolSettings) {
    this.#settings = settings;
    // `settings.executor` is the user's name of this pool, by which `attach()` finds its calls.
    this.#run = makeRun(settings.executor);
    this.#client = redisClient(settings.redis, false);
    unref(this.#client);
    this.#watch = new CallWatch(
      settings,
      this.#client,
      settings.executor !== undefined,
      (call) => this.#sendAlone(call),
    );
    this.#modules = new ModuleSender(settings, this.#client);
    this.ready = this.#start().catch((error) => {
      throw error instanceof ClusterError ? error : unreachable(settings.redis, error);
    });
    this.ready.catch(() => {}); // Each lane reports the failure; it must not be an unhandled rejection as well.
  }

  /** Adds a call. Its events come later. */
  submit(call: NewCall, events: CallEvents): WatchedCall {
    const watched = new WatchedCall(events);
    const modules = call.task.urls.length > 0 ? this.#modules.send(call.task.urls) : undefined;
    const enqueue = (modules: SentModules | undefined) => {
      // `attach()` needs each call of an executor in a job of its own.
      const mayShare = call.mayShare && this.#settings.executor === undefined;
      const outgoing = { ...call, mayShare, watched, modules };
      if (mayShare) this.#shared.set(watched, outgoing);
      this.#enqueue(outgoing);
    };
    if (!(modules instanceof Promise)) enqueue(modules);
    else modules.then(enqueue, (error) => this.#watch.fail(watched, { kind: "thrown", thrown: encodeThrown(error) }));
    return watched;
  }

  /** Takes back a call that no host has taken, else tells its host to cancel it. Resolves to whether it was taken back. */
  async cancel(call: WatchedCall, reason: string): Promise<boolean> {
    if (call.state === "unsent") return this.#watch.delete(call);
    const { job, index } = call;
    try {
      if (job && call.state === "sent" && await this.#takeBack(job, index)) {
        const hadNotEnded = this.#watch.delete(call);
        this.#removeEmpty(job);
        return hadNotEnded;
      }
    } catch { /* Redis cannot be reached. CallWatch sends the cancellation again with its next sweep. */ }
    this.control(call, { kind: "cancel", reason });
    return false;
  }

  /** Sends a control message to the host of a call. */
  control(call: WatchedCall, request: ControlRequest): void {
    this.#watch.control(call, request);
  }

  /** Gives a call up: it has no more events. Its host stops it, or does not start it. */
  giveUp(call: WatchedCall): void {
    const { job, index } = call;
    this.#watch.delete(call);
    if (job) this.#revoke(job, index);
  }

  /** Closes the connections. Calls that have not ended have no more events. */
  async close(): Promise<void> {
    this.#watch.clear();
    await this.ready.catch(() => {});
    // Calls that were given up could run for ever, so their hosts must receive the message first.
    await within(REVOKE_LIMIT, Promise.all(this.#revokes)).catch(() => {});
    await this.#watch.close();
    // Redis may not answer. The key expires after an hour.
    await within(REVOKE_LIMIT, this.#forgetEvents()).catch(() => {});
    await this.#queue?.close().catch(() => {});
    await disconnect(this.#client);
  }

  async #start(): Promise<void> {
    const { queue, prefix } = this.#settings;
    await connected(this.#client, this.#settings);
    this.#queue = new Queue(queue, { connection: this.#client, prefix, skipWaitingForReady: true });
    this.#queue.on("error", () => {}); // The command that failed rejects with the error.
    this.#watch.listen(this.#queue, { key: this.#eventsKey, after: NO_EVENT, isOwn: true });
  }

  // A host that reports the end of a call would make the stream again, for an hour. It finds a string instead.
  async #forgetEvents(): Promise<void> {
    if (this.#hasRevoked) await this.#client.set(this.#eventsKey, "ended", "EX", STOP_SECONDS);
    else await this.#client.del(this.#eventsKey);
  }

  get #eventsKey(): string {
    const { prefix, queue } = this.#settings;
    return eventsKey(`${prefix}:${queue}:`, this.#run);
  }

  // A host has returned it: it waited there behind a call that took longer than expected.
  #sendAlone(watched: WatchedCall): void {
    this.#enqueue({ ...this.#shared.get(watched)!, mayShare: false });
  }

  #enqueue(call: OutgoingCall): void {
    this.#outgoing.push(call);
    if (this.#isSending) return;
    this.#isSending = true;
    queueMicrotask(() => this.#send());
  }

  // One command at a time: what comes while Redis has not answered goes into one command, and its short calls into batches.
  async #send(): Promise<void> {
    while (this.#outgoing.length > 0) {
      const all = this.#outgoing;
      this.#outgoing = [];
      for (let at = 0; at < all.length; at += BULK) await this.#add(all.slice(at, at + BULK));
    }
    this.#isSending = false;
  }

  async #add(calls: readonly OutgoingCall[]): Promise<void> {
    // What was given up meanwhile is not sent.
    const batches = toBatches(calls.filter(({ watched }) => !watched.isOver));
    const jobs = batches.map((batch) => this.#job(batch));
    try {
      if (jobs.length === 1) await this.#queue.add(jobs[0].name, jobs[0].data, jobs[0].opts);
      else if (jobs.length > 1) await this.#queue.addBulk(jobs);
    } catch (cause) {
      const error = new ClusterError(
        `Cannot send the call to Redis at ${addressName(this.#settings.redis)}: the call is given up, even if it ` +
          "arrived: declare `retry` with `minTimeout` to send it again",
        { cause },
      );
      for (const { watched } of batches.flat()) {
        if (watched.job) this.#revoke(watched.job, watched.index);
        this.#watch.fail(watched, { kind: "thrown", thrown: encodeThrown(error) });
      }
    }
  }

  #job(batch: readonly OutgoingCall[]): NewJob {
    const [{ task, modules, priority, text }] = batch;
    const jobId = `${this.#run}-${++this.#count}`;
    // Only `attach()` reads the job of an ended call, and it needs an executor. Without one, a large job is removed at once; if
    // that fails, BullMQ removes it after its retention.
    const isKept = this.#settings.executor !== undefined || text.length <= LARGE;
    const onEnd = isKept ? undefined : () => void this.#queue.remove(jobId).catch(() => {});
    this.#watch.sent(jobId, batch.map(({ watched }) => watched), onEnd);
    const retention = Math.ceil(this.#settings.retention / 1_000);
    const kept = { age: retention };
    const data: JobData = {
      task: task.text,
      calls: batch.map(({ text }) => text),
      retention,
      ...modules && { modules },
    };
    return {
      name: batch.length > 1 ? `${task.name} x ${batch.length}` : task.name,
      data,
      opts: {
        jobId,
        priority: jobPriority(priority),
        attempts: 1,
        removeOnComplete: kept,
        removeOnFail: kept,
        stackTraceLimit: 0,
      },
    };
  }

  // Takes back a call, unless a host has taken it; resolves to whether it was taken back.
  async #takeBack({ id, size }: WatchedJob, index: number): Promise<boolean> {
    if (size === 1) return await this.#queue.remove(id) === 1;
    return await takeBack(this.#client, this.#queue.toKey(id), index);
  }

  // Takes back a call, or stops it by force. The call has no more events.
  #revoke(job: WatchedJob, index: number): void {
    this.#hasRevoked = true;
    // If Redis cannot be reached, no host receives the message. The call then ends by its own time limit.
    const revoked = this.#takeBackOrKill(job, index).catch(() => {}).finally(() => this.#revokes.delete(revoked));
    this.#revokes.add(revoked);
  }

  async #takeBackOrKill(job: WatchedJob, index: number): Promise<void> {
    if (await this.#takeBack(job, index)) this.#removeEmpty(job);
    else await this.#watch.publish({ kind: "kill", id: callKey(job.id, index) });
  }

  // No host has taken the job, and all its calls were taken back.
  #removeEmpty({ id, size, calls }: WatchedJob): void {
    if (size > 1 && calls.size === 0) this.#queue.remove(id).catch(() => {});
  }
}

type NewJob = Parameters<Queue["addBulk"]>[0][number];

/** The middle of BullMQ's priorities, of which lower ones go first. Jobs without any go before all others, so all have one. */
const NORMAL_PRIORITY = 2 ** 20;

function jobPriority(priority: number): number {
  return NORMAL_PRIORITY - Math.max(1 - NORMAL_PRIORITY, Math.min(NORMAL_PRIORITY - 1, Math.round(priority)));
}
