/**
 * `PoolTrace`: records what the workers of a pool do, as a file that Chrome (chrome://tracing), Perfetto
 * (ui.perfetto.dev) and `traceHtml()` show.
 *
 * ```
 * lane 0          |submit|     |submit|  send          one mark for each submit; for maps, one for each batch
 *                     \            \       \           flows
 * lane worker 1        [ isPrime ]  \       [ isPrime ]        a gap is time without a call
 * lane worker 2                      [ isPrime  ✗ killed
 * ```
 *
 * @module
 */
import { performance } from "../core/platform.ts";
import { type EndedCall, observe, type Observer, type Observers } from "../scheduler/observers.ts";
import { itemText } from "../scheduler/item_text.ts";
import type { Job } from "../scheduler/job.ts";
import type { Death } from "../transport/transport.ts";
import { taskName } from "../scheduler/task_name.ts";
import { errorText, MAX_TEXT } from "../core/error_text.ts";
import { round, TraceLanes } from "./trace_lanes.ts";

/** Minimum milliseconds between two values of the counters. */
const COUNTER_INTERVAL = 5;
/** Milliseconds without a call sent to a worker, after which the next one of a map counts as a new batch. */
const BATCH_GAP = 0.5;

/** The part of a scheduler that a trace uses. */
export interface TracedScheduler {
  observer: Observers | undefined;
  readonly ended: Promise<void>;
  readonly workerSet: { readonly slots: Iterable<{ readonly id: number; readonly inFlight: number }> };
}

/** What the trace knows of a job that has not finished. */
interface TracedJob {
  readonly id: number;
  readonly name: string;
  readonly submittedAt: number;
  isWaiting: boolean;
  /** When calls in flight were sent, and the flow that leads to their run, by index. */
  readonly sent: Map<number, { at: number; flow: number | undefined }>;
}

/**
 * A trace that a pool writes; made by `Pool.trace`. It ends with the pool, with the script, or by {@linkcode
 * PoolTrace.stop}.
 */
export class PoolTrace implements AsyncDisposable {
  /** Where the trace is written. */
  readonly path: string | URL;
  readonly #lanes: TraceLanes;
  readonly #scheduler: TracedScheduler;
  readonly #stopObserving: () => void;
  readonly #start = performance.now();
  readonly #jobs = new Map<Job, TracedJob>();
  // The call that each worker was sent last, by the worker's id.
  readonly #lastSent = new Map<number, { job: Job; index: number; at: number }>();
  #lastId = 0;
  #waiting = 0;
  #lastCounters = -Infinity;
  #isReported = false;

  /** @ignore */
  constructor(
    path: string | URL,
    name: string,
    scheduler: TracedScheduler,
    onFailure: (error: unknown) => void,
  ) {
    this.path = path;
    this.#scheduler = scheduler;
    this.#lanes = new TraceLanes(path, name, this.#start);
    for (const { id } of scheduler.workerSet.slots) this.#lanes.open(id);
    this.#stopObserving = observe(scheduler, this.#observer());
    void scheduler.ended.then(() => {
      this.#end();
      if (this.#lanes.failure && !this.#isReported) onFailure(this.#lanes.failure.error);
    });
  }

  /** Number of events that were written so far. */
  get events(): number {
    return this.#lanes.events;
  }

  /**
   * Ends the trace. The pool goes on.
   *
   * @throws What writing has failed with: the trace then ends where it failed, and the pool has gone on.
   */
  // deno-lint-ignore require-await -- it throws as a promise does
  async stop(): Promise<void> {
    this.#end();
    this.#isReported = true;
    if (this.#lanes.failure) throw this.#lanes.failure.error;
  }

  /** Ends the trace, as {@linkcode PoolTrace.stop} does. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #end(): void {
    this.#stopObserving();
    this.#counters(performance.now(), true);
    this.#lanes.close();
    this.#jobs.clear();
  }

  #observer(): Partial<Observer> {
    return {
      timesCalls: true,
      jobSubmitted: (job) => this.#submitted(job),
      jobFinished: (job) => this.#finished(job),
      workerStarted: (id) => this.#lanes.mark("started", id),
      workerKilled: (id) => this.#lanes.mark("killed", id),
      workerEnded: (id, death) => this.#workerEnded(id, death),
      callSent: (job, index, _attempt, id, now) => this.#sent(job, index, id, now),
      callEnded: (call) => this.#ended(call),
    };
  }

  #submitted(job: Job): void {
    const now = performance.now();
    const traced = { id: ++this.#lastId, name: taskName(job.task), submittedAt: now, isWaiting: true, sent: new Map() };
    this.#jobs.set(job, traced);
    this.#waiting++;
    const { id, name } = traced;
    if (job.kind === "call") {
      this.#lanes.slice("submit", `submit ${name}`, 0, now, now + 0.001);
      this.#lanes.flow("s", id, 0, now);
    } else this.#lanes.span("b", `${job.kind} ${name}`, id, now);
    this.#counters(now);
  }

  #sent(job: Job, index: number, workerId: number, now: number): void {
    const traced = this.#jobs.get(job);
    if (!traced) return; // It was submitted before the trace.
    if (traced.isWaiting) this.#waiting--;
    traced.isWaiting = false;
    const last = this.#lastSent.get(workerId);
    this.#lastSent.set(workerId, { job, index, at: now });
    let flow: number | undefined;
    if (job.kind === "call") flow = traced.id;
    else if (last?.job !== job || index !== last.index + 1 || now - last.at > BATCH_GAP) {
      flow = ++this.#lastId;
      this.#lanes.slice("send", `send ${traced.name}`, 0, now, now + 0.001);
      this.#lanes.flow("s", flow, 0, now);
    }
    traced.sent.set(index, { at: now, flow });
    this.#counters(now);
  }

  #ended({ job, index, item, attempt, outcome, error, workerId, times }: EndedCall): void {
    const now = performance.now();
    const traced = this.#jobs.get(job);
    const sent = traced?.sent.get(index);
    traced?.sent.delete(index);
    // A worker that died reports no times: its call ran since it was sent, or since the call before it ended.
    const start = times?.start ?? Math.max(sent?.at ?? this.#start, this.#lanes.firstFree(workerId));
    const end = Math.max(start, times?.end ?? now);
    const lane = this.#lanes.take(workerId, start, end);
    const args: Record<string, unknown> = { item: itemText(item, job.spread, MAX_TEXT), index, attempt, outcome };
    if (outcome !== "fulfilled") args.error = errorText(error);
    if (traced && job.kind === "call") args.wait = round((sent?.at ?? start) - traced.submittedAt);
    if (sent) args.transfer = round(Math.max(0, start - sent.at));
    this.#lanes.slice("run", traced?.name ?? taskName(job.task), lane, start, end, args, COLORS[outcome]);
    if (sent?.flow !== undefined) this.#lanes.flow("f", sent.flow, lane, start);
    this.#counters(now);
  }

  #finished(job: Job): void {
    const traced = this.#jobs.get(job);
    if (!traced) return;
    this.#jobs.delete(job);
    if (traced.isWaiting) this.#waiting--;
    const now = performance.now();
    if (job.kind !== "call") {
      const { id, name } = traced;
      this.#lanes.span("e", `${job.kind} ${name}`, id, now, { outcome: job.failure?.outcome ?? "fulfilled" });
    }
    this.#counters(now);
  }

  #workerEnded(workerId: number, { reason, cause }: Death): void {
    const args = cause === undefined ? { reason } : { reason, cause: errorText(cause) };
    this.#lanes.mark(`ended: ${reason}`, workerId, args);
    this.#lanes.closeWorker(workerId);
    this.#lastSent.delete(workerId);
    this.#counters(performance.now(), true);
  }

  #counters(now: number, always = false): void {
    if (!always && now - this.#lastCounters < COUNTER_INTERVAL) return;
    this.#lastCounters = now;
    let inFlight = 0, workers = 0;
    for (const slot of this.#scheduler.workerSet.slots) {
      workers++;
      inFlight += slot.inFlight;
    }
    this.#lanes.counter("calls", now, { waiting: this.#waiting, "in flight": inFlight });
    this.#lanes.counter("workers", now, { workers });
  }
}

/** Colours of Chrome's viewer, by name. */
const COLORS = { fulfilled: undefined, rejected: "terrible", cancelled: "grey" } as const;
