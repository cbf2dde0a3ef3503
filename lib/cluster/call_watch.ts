/**
 * `CallWatch` reports what happens to the calls of one executor: their start, their messages and their one end.
 *
 * It reads events from the last one before the first call on, so it misses none while the connection stands. A sweep every
 * {@linkcode SWEEP_INTERVAL} reads the state of the jobs whose calls have not ended, for events that were lost with a
 * connection or trimmed by Redis. An end that is found twice is reported once.
 *
 * @module
 */
import { JSON, type Promise } from "../core/platform.ts";
import { clearTimeout, setTimeout, type Timer } from "../core/timer.ts";
import { type EventStream, type JobEvent, readEvents } from "./event_reader.ts";
import { readStates } from "./job_state.ts";
import type { ClusterSettings } from "./options.ts";
import type { Queue, Redis } from "./packages.ts";
import { disconnect, redisClient, unref } from "./redis.ts";
import type { CallEvents, WatchedCall, WatchedJob } from "./watched_call.ts";
import { unpack } from "./pack.ts";
import {
  type CallEnd,
  callKey,
  type Control,
  controlChannel,
  type ControlRequest,
  failureOf,
  HAS_KEY,
  type JobEnds,
  type JobFailure,
  type JobProgress,
  resultKey,
  vanished,
} from "./wire.ts";

/** Milliseconds between two checks of the calls that have not ended. */
const SWEEP_INTERVAL = 2_000;
/** Number of jobs that one command asks for, or adds, at most. */
export const BULK = 500;

/** The calls of one executor that have not ended. */
export class CallWatch {
  readonly #settings: ClusterSettings;
  readonly #client: Redis;
  readonly #keepsResults: boolean;
  readonly #onReturned: (call: WatchedCall) => void;
  readonly #jobs = new Map<string, WatchedJob>();
  #queue: Queue | undefined;
  #eventsClient: Redis | undefined;
  #timer: Timer | undefined;
  #isClosed = false;

  /**
   * @param keepsResults Whether others may read the large results, too.
   * @param onReturned Receives calls that a host has returned: they are unsent again.
   */
  constructor(
    settings: ClusterSettings,
    client: Redis,
    keepsResults: boolean,
    onReturned: (call: WatchedCall) => void = () => {},
  ) {
    this.#settings = settings;
    this.#client = client;
    this.#keepsResults = keepsResults;
    this.#onReturned = onReturned;
  }

  /** Listens to the events of a stream. */
  listen(queue: Queue, events: EventStream): void {
    this.#queue = queue;
    if (this.#isClosed) return;
    const client = this.#eventsClient = redisClient(this.#settings.redis, true);
    unref(client);
    void readEvents(client, events, (event) => this.#happened(event), () => this.#isClosed);
  }

  /**
   * Redis may have the job from now on. It carries these calls, in this order.
   *
   * @param onEnd Called when the last of them has ended.
   */
  sent(jobId: string, calls: readonly WatchedCall[], onEnd?: () => void): void {
    if (this.#isClosed) return;
    const job: WatchedJob = { id: jobId, size: calls.length, calls: new Map(calls.entries()), misses: 0, onEnd };
    calls.forEach((call, index) => call.joinJob(job, index));
    this.#jobs.set(jobId, job);
    this.#timer ??= this.#nextSweep();
  }

  /** Ends a call. */
  fail(call: WatchedCall, failure: JobFailure): void {
    this.#end(call, ({ failed }) => failed(failure));
  }

  /** Forgets a call: it has no more events. Returns whether it had not ended. */
  delete(call: WatchedCall): boolean {
    if (call.isOver) return false;
    call.isOver = true;
    this.#leaveJob(call);
    return true;
  }

  /** Sends a control message to the host of a call. The sweep repeats it, in case it was lost. */
  control(call: WatchedCall, request: ControlRequest): void {
    call.control = request;
    this.#repeat(call);
  }

  /** Sends a control message to the host of a call, once. Rejects if Redis cannot be reached. */
  async publish(control: Control): Promise<void> {
    const { prefix, queue } = this.#settings;
    await this.#client.publish(controlChannel(prefix, queue), JSON.stringify(control));
  }

  /** Reads the state of all jobs. */
  async sweep(): Promise<void> {
    clearTimeout(this.#timer);
    const jobs = [...this.#jobs.values()];
    try {
      for (let at = 0; at < jobs.length && !this.#isClosed; at += BULK) await this.#check(jobs.slice(at, at + BULK));
    } catch { /* Redis cannot be reached; the next sweep tries again. */ }
    this.#timer = this.#jobs.size > 0 && !this.#isClosed ? this.#nextSweep() : undefined;
  }

  /** Forgets all calls: they have no more events. */
  clear(): void {
    this.#isClosed = true;
    this.#jobs.clear();
    clearTimeout(this.#timer);
  }

  /** Closes its connection. */
  async close(): Promise<void> {
    this.clear();
    // A blocked read of events ends with its connection.
    await disconnect(this.#eventsClient);
  }

  #nextSweep(): Timer {
    const timer = setTimeout(() => void this.sweep(), SWEEP_INTERVAL);
    Deno.unrefTimer(timer as unknown as number);
    return timer;
  }

  #repeat({ job, index, control }: WatchedCall): void {
    // If Redis cannot be reached, the next sweep repeats the message.
    if (job && control) this.publish({ ...control, id: callKey(job.id, index) }).catch(() => {});
  }

  #happened(event: JobEvent): void {
    const job = this.#jobs.get(event.jobId);
    if (!job) return;
    switch (event.event) {
      case "active":
        return this.#started(job);
      case "progress":
        return this.#progress(job, event.data);
      case "completed":
        return this.#completed(job, event.returnvalue);
      case "failed":
        return this.#failAll(job, failureOf(event.failedReason));
    }
  }

  #started({ calls }: WatchedJob): void {
    for (const call of calls.values()) call.start();
  }

  #progress(job: WatchedJob, { news, ends }: JobProgress): void {
    this.#started(job);
    for (const [index, text] of news) job.calls.get(index)?.events.news(unpack(text));
    for (const end of ends) this.#ended(job, end);
  }

  #completed(job: WatchedJob, result: string | JobEnds): void {
    if (typeof result === "string") return this.#ended(job, [0, "result", result]);
    for (const end of result.ends) this.#ended(job, end);
    const known = new Set(result.ends.map(([index]) => index));
    for (const [index, call] of job.calls) if (!known.has(index)) this.fail(call, vanished("its end has"));
  }

  #failAll({ calls }: WatchedJob, failure: JobFailure): void {
    for (const call of [...calls.values()]) this.fail(call, failure);
  }

  #ended(job: WatchedJob, [index, end, text]: CallEnd): void {
    const call = job.calls.get(index);
    if (!call) return;
    if (end === "failure") this.fail(call, failureOf(text));
    else if (end === "returned") this.#returned(call);
    else if (text === HAS_KEY) void this.#readResult(call, resultKey(this.#queue!.toKey(job.id), index));
    else this.#end(call, ({ ended }) => ended(unpack(text)));
  }

  #returned(call: WatchedCall): void {
    const { control } = call;
    // The host has returned the call without starting it, so cancelling it needs no host.
    if (control?.kind === "cancel") return this.fail(call, { kind: "thrown", thrown: unpack(control.reason) });
    this.#leaveJob(call);
    call.isStarted = false;
    this.#onReturned(call);
  }

  // The sweeps need not check a job without calls.
  #leaveJob(call: WatchedCall): void {
    const job = call.leaveJob();
    if (job?.calls.size === 0) this.#jobs.delete(job.id);
  }

  #end(call: WatchedCall, tell: (events: CallEvents) => void): void {
    if (call.isOver) return;
    // The event of its start may have been lost.
    call.start();
    const { job } = call;
    this.delete(call);
    if (job?.calls.size === 0) job.onEnd?.();
    tell(call.events);
  }

  async #check(jobs: readonly WatchedJob[]): Promise<void> {
    const states = await readStates(this.#client, this.#queue!, jobs.map(({ id }) => id));
    jobs.forEach((job, i) => {
      const state = states[i];
      if (!state) return;
      if (!state.isThere && ++job.misses > 1) return this.#failAll(job, vanished("its job has"));
      if (state.isStarted) this.#started(job);
      for (const call of job.calls.values()) this.#repeat(call);
      // Without the news: those that were not lost arrive as events.
      if (state.progress) this.#progress(job, { ...state.progress, news: [] });
      if (!state.end) return;
      if ("reason" in state.end) this.#failAll(job, failureOf(state.end.reason));
      else this.#completed(job, state.end.result);
    });
  }

  async #readResult(call: WatchedCall, key: string): Promise<void> {
    let value: string | null;
    try {
      value = await this.#client.get(key);
    } catch {
      return; // Redis cannot be reached; the sweep finds the end again.
    }
    if (call.isOver) return;
    if (!this.#keepsResults) this.#client.del(key).catch(() => {}); // Else its retention ends it.
    if (value === null) return this.fail(call, vanished("its result has"));
    this.#end(call, ({ ended }) => ended(unpack(value)));
  }
}
