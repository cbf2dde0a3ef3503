/**
 * What the jobs of a pool (calls, maps, streams) have in common: their base class, and how arguments are copied.
 *
 * @module
 */
import { AsyncContext } from "../core/async_context.ts";
import { guarded } from "../core/guarded.ts";
import { Histogram } from "../core/histogram.ts";
import { NO_TRANSFER } from "../core/move.ts";
import { type Snapshot, snapshot } from "../protocol/snapshot.ts";
import type { SharedEntry, Shares } from "../protocol/shared_value.ts";
import type { Chunk, Failure, Job, JobFailure, TaskEntry } from "../scheduler/job.ts";
import { MedianTimeout } from "../scheduler/median_timeout.ts";
import { runningItems } from "../scheduler/running_items.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import type { TaskOptions } from "../task/task.ts";
import type { CallLimits } from "../transport/transport.ts";
import type { JobOptions } from "./call_options.ts";
import type { PoolCore } from "./core.ts";
import { deadlineError } from "./deadlines.ts";
import { hasShared, refer } from "./shared_value.ts";

/** The arguments of a call, as they were when the caller passed them. */
export interface CallArguments extends Snapshot {
  /** The shared values among them, by id. */
  shares: Shares | undefined;
  /** Why they cannot be copied. */
  refused: { error: unknown } | undefined;
}

/** A job of a pool. */
export abstract class PoolJob implements Job {
  readonly kind: Job["kind"];
  readonly task: TaskEntry;
  readonly medianTimeout: MedianTimeout | undefined;
  queuedAt = 0;
  place = -1;
  traceparent: string | undefined = undefined;
  failure: JobFailure | undefined = undefined;
  // What calls have in common is read from here: with a field for each, a call took 100 bytes more.
  readonly #options: JobOptions;
  // Where `onEmit` and `onProgress` run.
  readonly #callbackContext: AsyncContext | undefined;

  constructor(kind: Job["kind"], task: TaskEntry, options: JobOptions) {
    this.kind = kind;
    this.task = task;
    this.#options = options;
    const { medianFactor, context, given: { onEmit, onProgress } } = options;
    this.medianTimeout = medianFactor ? new MedianTimeout(task.runs ??= new Histogram(), medianFactor) : undefined;
    this.#callbackContext = context ?? (onEmit || onProgress ? new AsyncContext() : undefined);
  }

  /** {@inheritDoc Job.timeout} */
  get timeout(): number | undefined {
    return this.#options.timeout;
  }

  /** Longest time from the submission of a call to its end, in milliseconds. */
  get deadline(): number | undefined {
    return this.#options.deadline;
  }

  /** {@inheritDoc Job.limits} */
  get limits(): CallLimits | undefined {
    return this.#options.limits;
  }

  /** {@inheritDoc Job.hasLimit} */
  get hasLimit(): boolean {
    const { timeout, deadline, signal } = this.#options;
    return (timeout ?? deadline ?? signal) !== undefined;
  }

  /** {@inheritDoc Job.nested} */
  get nested(): boolean {
    return this.#options.nested;
  }

  /** {@inheritDoc Job.priority} */
  get priority(): number {
    const { nested, given } = this.#options;
    return nested ? Infinity : given.priority ?? 0;
  }

  /** {@inheritDoc Job.affinity} */
  get affinity(): string | number | undefined {
    return this.#options.given.affinityKey;
  }

  /** {@inheritDoc Job.context} */
  get context(): AsyncContext | undefined {
    return this.#options.context;
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
    this.#options.progress?.begin(() => runningItems(workerSet.slots, this));
  }

  /** {@inheritDoc Job.item} */
  item(_index: number, value: unknown): void {
    const { onEmit } = this.#options.given;
    if (onEmit) guarded(() => this.#callbackContext!.run(() => onEmit(value)));
  }

  /** {@inheritDoc Job.progress} */
  progress(index: number, done: number, total: number | undefined): void {
    this.#options.progress?.part(index, done, total);
    const { onProgress } = this.#options.given;
    if (onProgress) guarded(() => this.#callbackContext!.run(() => onProgress(done, total)));
  }
}

/** Copies the arguments of a call, if its worker has a memory of its own. */
export function copyArguments({ capabilities }: PoolCore, args: unknown[], given: TaskOptions): CallArguments {
  let shares: Shares | undefined;
  if (hasShared(args)) args = refer(args, true, shares = new Map<number, SharedEntry>()) as unknown[];
  const transfer = given.transfer ?? NO_TRANSFER;
  // A call whose signal has aborted already never runs: it must not take what the caller has marked with move().
  if (!capabilities.isolated || given.signal?.aborted) {
    return { args, transfer, handles: false, shares, refused: undefined };
  }
  try {
    const copy = snapshot(args, transfer);
    return { args: copy.args, transfer: copy.transfer, handles: copy.handles, shares, refused: undefined };
  } catch (error) {
    return { args, transfer, handles: false, shares, refused: { error } };
  }
}
