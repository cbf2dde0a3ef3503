/**
 * What the scheduler moves: a `Job` is one submit, map or stream; a `Chunk` is some neighbouring calls of it.
 *
 * ```
 * Job --take--> Chunk --send--> worker --its reports--> Job.item, progress, fulfill, fail
 * ```
 *
 * A chunk refers to the worker that holds it, and a job to the worker that it is pinned to, by the two narrow
 * interfaces below. The slots of the scheduler implement them; so this file imports none of the scheduler's others.
 *
 * @module
 */
import type { AsyncContext } from "../core/async_context.ts";
import type { Histogram } from "../core/histogram.ts";
import { NO_TRANSFER } from "../core/move.ts";
import type { Placed } from "../core/placed_list.ts";
import type { Source } from "../protocol/messages.ts";
import type { MedianTimeout } from "./median_timeout.ts";
import type { Shares } from "../protocol/shared_value.ts";
import type { CallLimits, Death } from "../transport/transport.ts";

/** How a call ended that gave no result. */
export type Failure = "rejected" | "cancelled";

/** How a call ended. */
export type Outcome = "fulfilled" | Failure;

/** A task as one pool knows it. */
export interface TaskEntry {
  readonly id: number;
  readonly source: Source;
  readonly localFunction: ((...args: never[]) => unknown) | undefined;
  /** Milliseconds that a call of this task takes, a running average; `undefined` before the first call. */
  estimate: number | undefined;
  /** Milliseconds that its calls ran, counted from when a time limit first asked for them. */
  runs: Histogram | undefined;
}

/** The worker that a job is pinned to, as the job sees it. */
export interface PinnedWorker {
  readonly id: number;
  /** How the worker ended; `undefined` while it lives. */
  readonly death: Death | undefined;
}

/** Where a call of a broadcast runs. */
export interface Pin {
  /** The only worker that may run it. */
  worker: PinnedWorker;
  /** The workers that have, or had, a call of the same broadcast. */
  readonly taken: Set<PinnedWorker>;
}

/** The worker that holds a chunk, as the chunk's job sees it. A call is named by its chunk and its offset in that. */
export interface ChunkHolder {
  /** Id of the worker. */
  readonly id: number;
  /** Whether a call has started. */
  hasStarted(chunk: Chunk, offset: number): boolean;
  /** Whether a call has started, and the worker has not marked it as ended. */
  isRunning(chunk: Chunk, offset: number): boolean;
  /** Takes a call back; `false` if it has started. */
  withdraw(chunk: Chunk, offset: number): boolean;
  /** Stops a running call, which then settles to `outcome` and `error`: by its signal first, by force after the grace period. */
  stop(chunk: Chunk, offset: number, outcome: Failure, error: unknown): void;
  /** Fires the signal of a running call, and does no more. */
  signal(chunk: Chunk, offset: number, reason: unknown): void;
  /** Lets a streaming call yield `count` more items. */
  grant(chunk: Chunk, offset: number, count: number): void;
}

/** Why a job did not succeed as a whole. */
export interface JobFailure {
  readonly outcome: Failure;
  readonly error: unknown;
}

/** A source of calls, to which the scheduler reports what becomes of each: one submit, map or stream. */
export interface Job extends Placed {
  readonly task: TaskEntry;
  /** Whether an item is an argument list. */
  readonly spread: boolean;
  /** Longest run of one call, in milliseconds. */
  readonly timeout: number | undefined;
  /** A limit beside `timeout`, which depends on what the task's calls usually take. */
  readonly medianTimeout?: MedianTimeout | undefined;
  /** Limits of one call that only a worker process can keep. */
  readonly limits?: CallLimits;
  /** Whether its calls have a limit, of time or by a signal, that may stop them. */
  readonly hasLimit: boolean;
  /** Jobs with a higher number go first. */
  readonly priority: number;
  /** Jobs with the same key run on the same worker while that lives. */
  readonly affinity: string | number | undefined;
  /** Where its calls run, if they run in this isolate: in the asynchronous context of the code that made the job. */
  readonly context?: AsyncContext;
  /** Whether a call of the same pool made this job and may wait for it: then the pool has one more worker meanwhile. */
  readonly nested?: boolean;
  /** The W3C `traceparent` of its calls: the trace that their code belongs to. An observer sets it. */
  traceparent?: string;
  /** What the caller made: one call, a map, or a stream. */
  readonly kind: "call" | "map" | "stream";
  /** Set when it has failed as a whole; a map that keeps its failures does not fail by them. */
  readonly failure: JobFailure | undefined;
  /** Set for a call of a broadcast. If its worker dies before the call has started, the scheduler pins it to another. */
  readonly pin?: Pin;
  /** Items that its call may yield before the first grant; `0` for calls that only return. */
  readonly stream: number;
  /** Shared values that its arguments stand for, by id. */
  readonly shares: Shares | undefined;
  /** Whether there may be shared objects in its arguments. */
  readonly handles: boolean;
  /** When it entered the backlog, on the `performance.now()` clock; `0` for jobs whose calls are read from an input. */
  queuedAt: number;
  /**
   * How many calls `take` could give now; `Infinity` if the end of the input is unknown. A job that has none leaves the
   * backlog, and comes back through `Scheduler.enqueue` when it has some.
   */
  readonly waiting: number;
  /** Whether no further call of it may start. */
  readonly isOver: boolean;
  /** Takes at most `max` calls. */
  take(max: number): Chunk | undefined;
  /** A call yielded or emitted a value. Comes before the call's end. */
  item(index: number, value: unknown): void;
  /** A call reported its progress. */
  progress(index: number, done: number, total: number | undefined): void;
  /** Calls have returned, one after another from `first` on. */
  fulfill(first: number, values: readonly unknown[], workerId: number): void;
  /** A call has failed, or was cancelled. `item`: its arguments, as in {@linkcode Chunk.items}, unless it was cancelled. */
  fail(index: number, outcome: Failure, error: unknown, workerId: number | undefined, item?: unknown): void;
  /** Cancels the calls that have not started; running calls go on. */
  cancelWaiting(error: unknown): void;
  /** Its pool drains, because of `cause`: a lazy job that is not being read must end, or the pool would wait for ever. */
  poolDrains?(cause?: unknown): void;
  /** Settles every call that no worker holds, and gives no more calls. */
  abandon(outcome: Failure, error: unknown): void;
}

/** Stands in a chunk for a call that has settled or was taken back, so that its arguments can be collected. */
export const CLOSED: unique symbol = Symbol("closed");

/** Neighbouring calls of one job. */
export class Chunk {
  readonly job: Job;
  /** Index of the first call within the job. */
  readonly first: number;
  /** Arguments of each call, or {@linkcode CLOSED}. */
  readonly items: unknown[];
  /** What to move. Only chunks of one call have it. */
  readonly transfer: Transferable[];
  /** Which attempt of its calls this is, from 1. */
  readonly attempt: number;
  /** The worker that it was sent to; `undefined` while it waits. */
  holder: ChunkHolder | undefined = undefined;
  /** Number of its first call among the calls of that worker. */
  firstSeq = -1;
  /** How many of its calls are not closed. */
  open: number;

  constructor(job: Job, first: number, items: unknown[], attempt = 1, transfer: Transferable[] = NO_TRANSFER) {
    this.job = job;
    this.first = first;
    this.items = items;
    this.attempt = attempt;
    this.transfer = transfer;
    this.open = items.length;
  }

  /** Whether calls of both can travel in one batch. */
  isLike(other: Chunk): boolean {
    return this.job.task === other.job.task && this.job.spread === other.job.spread &&
      this.job.timeout === other.job.timeout && this.job.medianTimeout?.factor === other.job.medianTimeout?.factor &&
      this.job.limits === other.job.limits &&
      this.attempt === other.attempt &&
      this.job.stream === other.job.stream && this.job.shares === other.job.shares &&
      this.job.context === other.job.context && this.job.traceparent === other.job.traceparent &&
      this.transfer.length === 0 && other.transfer.length === 0;
  }

  /** Whether it has an open call of this index within the job. */
  has(index: number): boolean {
    const offset = index - this.first;
    return offset >= 0 && offset < this.items.length && this.items[offset] !== CLOSED;
  }

  /** Cuts off the calls from `offset` on, for another worker. At offset 0 it returns itself: its job may refer to it. */
  cut(offset: number): Chunk {
    if (offset > 0) {
      const items = this.items.splice(offset);
      this.open = this.items.filter((item) => item !== CLOSED).length;
      return new Chunk(this.job, this.first + offset, items, this.attempt);
    }
    this.holder = undefined;
    this.firstSeq = -1;
    return this;
  }

  /** Whether a worker holds calls of it. */
  get isSent(): boolean {
    return this.holder !== undefined && this.open > 0;
  }

  /** Takes its only call back from the worker; `false` if that call has started. */
  withdraw(): boolean {
    return !this.isSent || this.holder!.withdraw(this, 0);
  }

  /** How many calls are open from `offset` on without a gap, at most `max`. */
  openFrom(offset: number, max: number): number {
    const { items } = this;
    let count = 0;
    while (count < max && offset + count < items.length && items[offset + count] !== CLOSED) count++;
    return count;
  }

  /** Closes `count` calls from `offset` on. */
  close(offset: number, count: number): void {
    // A loop: `fill` takes longer than the rest of a call's end.
    for (let i = 0; i < count; i++) this.items[offset + i] = CLOSED;
    this.open -= count;
  }

  /** Closes every call, and reports each to its job as cancelled: the job, which is over, still counts them. */
  drop(): void {
    this.items.forEach((item, offset) => {
      if (item === CLOSED) return;
      this.close(offset, 1);
      this.job.fail(this.first + offset, "cancelled", undefined, undefined);
    });
  }
}
