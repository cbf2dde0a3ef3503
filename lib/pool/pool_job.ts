/**
 * What the jobs of a pool (calls, maps, streams) have in common: their base class, and how the options and arguments of
 * one call are prepared.
 *
 * @module
 */
import { AsyncContext } from "../core/async_context.ts";
import { guarded } from "../core/guarded.ts";
import { Histogram } from "../core/histogram.ts";
import { NO_TRANSFER } from "../core/move.ts";
import { type RetryPolicy, retryPolicy } from "../core/retry.ts";
import { duration } from "../core/validate.ts";
import type { ProgressCounter } from "../progress/counter.ts";
import { snapshot } from "../protocol/snapshot.ts";
import type { SharedEntry, Shares } from "../protocol/shared_value.ts";
import type { Chunk, Failure, Job, JobFailure, Pin, TaskEntry } from "../scheduler/job.ts";
import { MedianTimeout } from "../scheduler/median_timeout.ts";
import { runningItems } from "../scheduler/running_items.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import type { TaskOptions } from "../task/task.ts";
import type { CallLimits } from "../transport/transport.ts";
import { callLimits } from "./call_limits.ts";
import type { PoolCore } from "./core.ts";
import { checkAffinity } from "./own_workers.ts";
import { deadlineError, type RunLimits, runLimits } from "./deadlines.ts";
import { hasShared, refer } from "./shared_value.ts";

/** The options of every job. */
export interface JobOptions extends RunLimits {
  /** Longest time from the submission of a call to its end, in milliseconds. */
  deadline: number | undefined;
  /** Limits of one call that only a worker process can keep. */
  limits?: CallLimits;
  signal: AbortSignal | undefined;
  /** The task's own options, as given. Its timeout and signal are above, merged with those of the pool and the map. */
  given: TaskOptions;
  /** Whether a task of the same pool submits the job, and may wait for it: the job must not need that task's worker. */
  nested: boolean;
  /** {@inheritDoc Job.context} */
  context: AsyncContext | undefined;
  /** Counts the items of a map, if progress was asked for. */
  progress?: ProgressCounter;
}

/** The options of a call, checked. */
export interface CallOptions extends JobOptions {
  retry: RetryPolicy | undefined;
  transfer: Transferable[];
  shares?: Shares;
  /** Whether there may be shared objects in the arguments. */
  handles?: boolean;
  /** {@inheritDoc Job.pin} */
  pin?: Pin;
}

/** What {@linkcode planCall} makes of a task's options and arguments. */
export interface CallPlan {
  options: CallOptions;
  /** A copy of the arguments, as they are now. */
  args: unknown[];
  /** Why the arguments cannot be copied. */
  refused: { error: unknown } | undefined;
}

/** A job of a pool. */
export abstract class PoolJob implements Job {
  readonly kind: Job["kind"];
  readonly task: TaskEntry;
  readonly timeout: number | undefined;
  readonly medianTimeout: MedianTimeout | undefined;
  readonly deadline: number | undefined;
  readonly limits: CallLimits | undefined;
  readonly hasLimit: boolean;
  readonly priority: number;
  readonly affinity: string | number | undefined;
  readonly nested: boolean;
  readonly context: AsyncContext | undefined;
  queuedAt = 0;
  place = -1;
  traceparent: string | undefined = undefined;
  failure: JobFailure | undefined = undefined;
  readonly #given: TaskOptions;
  readonly #counter: ProgressCounter | undefined;
  // Where `onEmit` and `onProgress` run.
  readonly #callbackContext: AsyncContext | undefined;

  constructor(kind: Job["kind"], task: TaskEntry, options: JobOptions) {
    this.kind = kind;
    this.task = task;
    this.timeout = options.timeout;
    const { medianFactor } = options;
    this.medianTimeout = medianFactor ? new MedianTimeout(task.runs ??= new Histogram(), medianFactor) : undefined;
    this.deadline = options.deadline;
    this.limits = options.limits;
    this.hasLimit = (options.timeout ?? options.deadline ?? options.signal) !== undefined;
    this.nested = options.nested;
    this.priority = this.nested ? Infinity : options.given.priority ?? 0;
    this.affinity = options.given.affinityKey;
    this.context = options.context;
    this.#counter = options.progress;
    const { onEmit, onProgress } = this.#given = options.given;
    this.#callbackContext = options.context ?? (onEmit || onProgress ? new AsyncContext() : undefined);
  }

  /** {@inheritDoc Job.spread} */
  abstract readonly spread: boolean;
  /** {@inheritDoc Job.stream} */
  readonly stream: number = 0;
  /** {@inheritDoc Job.shares} */
  abstract readonly shares: Shares | undefined;
  /** {@inheritDoc Job.handles} */
  abstract readonly handles: boolean;
  /** {@inheritDoc Job.waiting} */
  abstract readonly waiting: number;
  /** {@inheritDoc Job.isOver} */
  abstract readonly isOver: boolean;
  /** {@inheritDoc Job.take} */
  abstract take(max: number): Chunk | undefined;
  /** {@inheritDoc Job.fulfill} */
  abstract fulfill(first: number, values: readonly unknown[], workerId: number): void;
  /** {@inheritDoc Job.fail} */
  abstract fail(index: number, outcome: Failure, error: unknown, workerId: number | undefined, item?: unknown): void;
  /** {@inheritDoc Job.cancelWaiting} */
  abstract cancelWaiting(error: unknown): void;
  /** {@inheritDoc Job.abandon} */
  abstract abandon(outcome: Failure, error: unknown): void;

  /** Makes the error of a call whose deadline has passed while it ran, or while it waited. */
  protected deadlineError(isRunning: boolean, wasTried: boolean): Error {
    return deadlineError(this.task, this.deadline!, isRunning, wasTried);
  }

  /** Shows progress from now on, if that was asked for. */
  protected beginProgress({ workerSet }: Scheduler): void {
    this.#counter?.begin(() => runningItems(workerSet.slots, this));
  }

  /** {@inheritDoc Job.item} */
  item(_index: number, value: unknown): void {
    const { onEmit } = this.#given;
    if (onEmit) guarded(() => this.#callbackContext!.run(() => onEmit(value)));
  }

  /** {@inheritDoc Job.progress} */
  progress(index: number, done: number, total: number | undefined): void {
    this.#counter?.part(index, done, total);
    const { onProgress } = this.#given;
    if (onProgress) guarded(() => this.#callbackContext!.run(() => onProgress(done, total)));
  }
}

/** Merges the options of a task and its pool, and copies the arguments. */
export function planCall(
  core: PoolCore,
  action: string,
  given: TaskOptions,
  args: unknown[],
  pin?: Pin,
): CallPlan {
  const pool = core.options;
  checkAffinity(action, given.affinityKey, core.capabilities);
  const deadline = duration(action, "deadline", given.deadline);
  const options: CallOptions = {
    ...runLimits(action, core.capabilities, given.timeout ?? pool.timeout, deadline),
    deadline,
    limits: callLimits(action, given, pool.limits, core.capabilities, pool.setup.concurrency),
    signal: given.signal,
    retry: retryPolicy(action, given.retry ?? pool.retry, true),
    transfer: given.transfer ?? NO_TRANSFER,
    pin,
    given,
    nested: core.nested,
    context: core.callContext(),
    shares: undefined,
    handles: false,
  };
  if (hasShared(args)) {
    const shares = new Map<number, SharedEntry>();
    args = refer(args, true, shares) as unknown[];
    options.shares = shares;
  }
  let refused: { error: unknown } | undefined;
  // A call whose signal has aborted already never runs: it must not take what the caller has marked with move().
  if (core.capabilities.isolated && !given.signal?.aborted) {
    try {
      ({ args, transfer: options.transfer, handles: options.handles } = snapshot(args, options.transfer));
    } catch (error) {
      refused = { error };
    }
  }
  return { options, args, refused };
}
