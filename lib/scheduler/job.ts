/**
 * What the scheduler moves: chunks of calls, and the works that they come from and report to.
 *
 * @module
 */
import { NO_TRANSFER } from "../core/move.ts";
import type { Source } from "../protocol/messages.ts";
import type { Shares } from "../protocol/shared_value.ts";
import type { Slot } from "./slot.ts";

/** How a call ended that gave no result. */
export type Failure = "rejected" | "cancelled";

/** How a call ended. */
export type Outcome = "fulfilled" | Failure;

/** A task as one pool knows it. */
export interface TaskEntry {
  readonly id: number;
  readonly source: Source;
  readonly localFunction: ((...args: never[]) => unknown) | undefined;
  /** Milliseconds that a call of this task takes, a running average; `undefined` before the first. */
  estimate: number | undefined;
}

/** A source of calls, and where their answers go: a single submission, or a map. */
export interface Job {
  readonly task: TaskEntry;
  /** Whether an item is an argument list. */
  readonly spread: boolean;
  /** Longest run of one call, in milliseconds. */
  readonly timeout: number | undefined;
  /** Whether its calls have a limit, of time or by a signal, that may stop them. */
  readonly limited: boolean;
  /** Higher ones go first. */
  readonly priority: number;
  /** Works with the same key run on the same worker while it lives. */
  readonly affinity: string | number | undefined;
  /** Whether it comes from a call of the same pool, which may wait for it: there is always one more worker for it. */
  readonly nested?: boolean;
  /** The worker that alone may run it; when that dies, the work is abandoned. */
  readonly pinned?: Slot;
  /** Items that its call may yield before the first grant; `0` for calls that only return. */
  readonly stream: number;
  /** Shared values that its arguments stand for, by id. */
  readonly shares: Shares | undefined;
  /** Whether there may be shared objects in its arguments. */
  readonly handles: boolean;
  /** When it was put into the line, on the `performance.now()` clock; `0` for works whose calls are read from an input. */
  queuedAt: number;
  /**
   * How many calls `take` could give now, `Infinity` where nobody knows. A work that has none leaves the backlog, and
   * comes back through `Scheduler.enqueue` when it has.
   */
  readonly waiting: number;
  /** Whether nothing of it shall run any more. */
  readonly isOver: boolean;
  /** Takes at most `max` calls. */
  take(max: number): Chunk | undefined;
  /** A call yielded or emitted a value. Comes before its end. */
  item(index: number, value: unknown): void;
  /** A call told how far it has come. */
  progress(index: number, done: number, total: number | undefined): void;
  /** Calls have returned, one after another from `first` on. */
  fulfill(first: number, values: readonly unknown[], workerId: number): void;
  /** A call has failed, or was cancelled. */
  fail(index: number, outcome: Failure, error: unknown, workerId: number | undefined): void;
  /** Cancels what has not started; what runs goes on. */
  cancelWaiting(error: unknown): void;
  /** The block of its pool has ended: what is read as it goes, and by nobody, must not be waited for. */
  blockEnded?(): void;
  /** Nothing of it will run any more: settles whatever is not with a worker, and takes no more. */
  abandon(outcome: Failure, error: unknown): void;
}

/** Marks a call of a chunk that is settled or was taken back. It also lets the arguments go. */
export const CLOSED: unique symbol = Symbol("closed");

/** Neighbouring calls of one work. */
export class Chunk {
  readonly job: Job;
  /** Index of the first call within the work. */
  readonly first: number;
  /** Arguments, or {@linkcode CLOSED}. */
  readonly items: unknown[];
  /** What to move. Only chunks of one call have it. */
  readonly transfer: Transferable[];
  /** Which attempt of its calls this is, from 1. */
  readonly attempt: number;
  /** Where it was sent; `undefined` while it waits. */
  slot: Slot | undefined = undefined;
  /** Number of its first call within the slot. */
  firstSeq = -1;
  /** Calls that are not closed. */
  open: number;

  constructor(work: Job, first: number, items: unknown[], attempt = 1, transfer: Transferable[] = NO_TRANSFER) {
    this.job = work;
    this.first = first;
    this.items = items;
    this.attempt = attempt;
    this.transfer = transfer;
    this.open = items.length;
  }

  /** Whether calls of both can travel in one batch. */
  isLike(other: Chunk): boolean {
    return this.job.task === other.job.task && this.job.spread === other.job.spread &&
      this.job.timeout === other.job.timeout && this.attempt === other.attempt &&
      this.job.stream === other.job.stream && this.job.shares === other.job.shares &&
      this.transfer.length === 0 && other.transfer.length === 0;
  }

  /** Cuts off the calls from `offset` on, for another worker. All of it stays the chunk that its work knows. */
  cut(offset: number): Chunk {
    if (offset > 0) {
      const items = this.items.splice(offset);
      this.open = this.items.filter((item) => item !== CLOSED).length;
      return new Chunk(this.job, this.first + offset, items, this.attempt);
    }
    this.slot = undefined;
    this.firstSeq = -1;
    return this;
  }

  /** Whether calls of it are with a worker. */
  get isSent(): boolean {
    return this.slot !== undefined && this.open > 0;
  }

  /** Takes its only call back from a worker; `false` if that has started. */
  withdraw(): boolean {
    return !this.isSent || this.slot!.withdraw(this, 0);
  }

  /** How many calls are open from `offset` on without a gap, `most` at most. */
  openFrom(offset: number, most: number): number {
    const { items } = this;
    let count = 0;
    while (count < most && offset + count < items.length && items[offset + count] !== CLOSED) count++;
    return count;
  }

  /** Closes so many calls from `offset` on. */
  close(offset: number, count: number): void {
    this.items.fill(CLOSED, offset, offset + count);
    this.open -= count;
  }

  /** Its work is over: no call of it will run. The work is told, because it counts them. */
  drop(): void {
    this.items.forEach((item, offset) => {
      if (item === CLOSED) return;
      this.close(offset, 1);
      this.job.fail(this.first + offset, "cancelled", undefined, undefined);
    });
  }
}
