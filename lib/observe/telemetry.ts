/**
 * Spans and metrics of pools, through the OpenTelemetry API of the runtime. Loaded only if that API is there.
 *
 * ```
 * the caller's span
 *   submit isPrime      from the submission to the end; made here. Its traceparent travels with the calls
 *     run isPrime       one for each attempt; made in the worker (workers/call_tracer.ts), which a fetch in it belongs to
 * ```
 *
 * @module
 */
import {
  type Attributes,
  contextOf,
  ERROR,
  type OpenTelemetry,
  openTelemetry,
  type Span,
  traceparentOf,
} from "../core/opentelemetry.ts";
import { Date, performance } from "../core/platform.ts";
import type { Job } from "../scheduler/job.ts";
import { type EndedCall, observe, type Observers } from "../scheduler/observers.ts";
import type { Death } from "../transport/transport.ts";
import { taskName } from "../scheduler/task_name.ts";
import { errorText } from "../core/error_text.ts";

const SCOPE = "isopool";
const KIND = { PRODUCER: 3, CONSUMER: 4 } as const;

/** The part of a scheduler that telemetry reads. */
export interface MeasuredScheduler {
  observer: Observers | undefined;
  readonly ended: Promise<void>;
  readonly workerSet: { readonly slots: Iterable<{ readonly inFlight: number }> };
}

/** Reports a pool from now on. `isolated`: its workers make the spans of runs themselves. */
export function reportPool(name: string, scheduler: MeasuredScheduler, isolated: boolean): void {
  const pool = new PoolTelemetry(openTelemetry()!, name, isolated);
  observe(scheduler, {
    timesCalls: true,
    jobSubmitted: (job) => pool.submitted(job),
    jobFinished: (job) => pool.finished(job),
    callSent: (job) => pool.sent(job),
    callEnded: (call) => pool.ended(call),
    workerKilled: () => instruments().kills.add(1, pool.attributes),
    workerEnded: (_id, death) => pool.workerEnded(death),
  });
  pools.set(scheduler, pool);
  void scheduler.ended.then(() => pools.delete(scheduler));
}

/** What is known of a job that has not finished. */
interface TracedJob {
  readonly span: Span | undefined;
  readonly submittedAt: number;
  sentAt: number;
  calls: number;
}

class PoolTelemetry {
  readonly attributes: Attributes;
  readonly #api: OpenTelemetry;
  readonly #isolated: boolean;
  readonly #jobs = new Map<Job, TracedJob>();

  constructor(api: OpenTelemetry, name: string, isolated: boolean) {
    this.#api = api;
    this.#isolated = isolated;
    this.attributes = { "isopool.pool": name };
  }

  /** Number of jobs of which no call was sent yet. */
  get waiting(): number {
    let count = 0;
    for (const { sentAt } of this.#jobs.values()) if (sentAt === 0) count++;
    return count;
  }

  submitted(job: Job): void {
    const attributes = { ...this.#ofTask(job), "isopool.kind": job.kind };
    const span = this.#start(`submit ${taskName(job.task)}`, KIND.PRODUCER, attributes);
    if (span) job.traceparent = traceparentOf(span);
    this.#jobs.set(job, { span, submittedAt: performance.now(), sentAt: 0, calls: 0 });
  }

  sent(job: Job): void {
    const traced = this.#jobs.get(job);
    if (!traced || traced.sentAt > 0) return;
    traced.sentAt = performance.now();
    const wait = traced.sentAt - traced.submittedAt;
    traced.span?.setAttributes({ "isopool.queue_ms": wait });
    if (job.kind === "call") instruments().wait.record(wait, this.#ofTask(job));
  }

  ended({ job, index, outcome, error, workerId, attempt, times }: EndedCall): void {
    const traced = this.#jobs.get(job);
    if (traced) traced.calls++;
    const attributes = { ...this.#ofTask(job), "isopool.outcome": outcome };
    if (!times) return;
    const { start, end } = times;
    instruments().run.record(end - start, attributes);
    if (traced?.span && job.kind === "call") {
      traced.span.setAttributes({
        "isopool.transfer_ms": Math.max(0, start - traced.sentAt),
        "isopool.run_ms": end - start,
      });
    }
    if (this.#isolated || !job.traceparent) return;
    // This thread has run the call. The code of the call was in the caller's context, so only the time is reported here.
    const details = { ...attributes, "isopool.worker": workerId, "isopool.index": index, "isopool.attempt": attempt };
    const span = this.#start(`run ${taskName(job.task)}`, KIND.CONSUMER, details, job.traceparent, epoch(start));
    if (outcome === "rejected") fail(span, error);
    span?.end(epoch(end));
  }

  finished(job: Job): void {
    const traced = this.#jobs.get(job);
    this.#jobs.delete(job);
    const { failure } = job;
    traced?.span?.setAttributes({ "isopool.calls": traced.calls, "isopool.outcome": failure?.outcome ?? "fulfilled" });
    if (failure) fail(traced?.span, failure.error);
    traced?.span?.end();
  }

  workerEnded({ reason }: Death): void {
    if (reason !== "terminated") instruments().crashes.add(1, { ...this.attributes, "isopool.reason": reason });
  }

  #ofTask(job: Job): Attributes {
    return { ...this.attributes, "isopool.task": taskName(job.task) };
  }

  #start(name: string, kind: number, attributes: Attributes, parent?: string, startTime?: number): Span | undefined {
    const { trace, context } = this.#api;
    if (!trace || !context) return undefined;
    const active = context.active();
    const within = parent === undefined ? active : contextOf(active, parent);
    return trace.getTracer(SCOPE).startSpan(name, { kind, attributes, startTime }, within);
  }
}

function fail(span: Span | undefined, error: unknown): void {
  span?.recordException(error);
  span?.setStatus({ code: ERROR, message: errorText(error) });
}

// Milliseconds since 1970.
function epoch(time: number): number {
  return Date.now() + time - performance.now();
}

const pools = new Map<MeasuredScheduler, PoolTelemetry>();
let made: ReturnType<typeof makeInstruments> | undefined;

function instruments(): ReturnType<typeof makeInstruments> {
  return made ??= makeInstruments();
}

function makeInstruments() {
  const meter = openTelemetry()?.metrics?.getMeter(SCOPE);
  const none = { add() {}, record() {} };
  const gauge = (
    name: string,
    description: string,
    read: (scheduler: MeasuredScheduler, pool: PoolTelemetry) => number,
  ) =>
    meter?.createObservableGauge(name, { description }).addCallback((result) => {
      for (const [scheduler, pool] of pools) result.observe(read(scheduler, pool), pool.attributes);
    });
  gauge("isopool.queue.length", "Submits, maps and streams that wait for a worker", (_scheduler, pool) => pool.waiting);
  gauge("isopool.workers", "Workers that live", ({ workerSet }) => [...workerSet.slots].length);
  gauge(
    "isopool.calls.active",
    "Calls that are with workers",
    ({ workerSet }) => [...workerSet.slots].reduce((sum, { inFlight }) => sum + inFlight, 0),
  );
  const ms = (description: string) => ({ unit: "ms", description });
  return {
    wait: meter?.createHistogram("isopool.call.wait", ms("From submit until a worker is sent the call")) ?? none,
    run: meter?.createHistogram("isopool.call.run", ms("How long an attempt ran")) ?? none,
    crashes: meter?.createCounter("isopool.worker.crashes", { description: "Workers that ended by themselves" }) ??
      none,
    kills: meter?.createCounter("isopool.worker.kills", { description: "Workers that were stopped by force" }) ?? none,
  };
}
