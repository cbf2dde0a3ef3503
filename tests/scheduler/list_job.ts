/**
 * `ListJob`: a job with a list of items, which notes how each ends.
 *
 * @module
 */
import { Chunk, type Failure, type Job, type Outcome, type TaskEntry } from "../../lib/scheduler/job.ts";
import type { Scheduler } from "../../lib/scheduler/scheduler.ts";

/** How a call of a {@linkcode ListJob} ended. */
export interface End {
  outcome: Outcome;
  value: unknown;
  workerId: number | undefined;
}

/** A job with a list of items. */
export class ListJob implements Job {
  readonly spread = false;
  readonly stream = 0;
  queuedAt = 0;
  place = -1;
  readonly kind = "map";
  readonly failure = undefined;
  readonly shares = undefined;
  readonly handles = false;
  readonly hasLimit: boolean;
  isOver = false;
  /** How each item ended; more than one entry is a bug. */
  readonly ends: End[][];
  #next = 0;
  #left: number;

  constructor(
    readonly scheduler: Scheduler,
    readonly task: TaskEntry,
    readonly items: unknown[],
    readonly timeout: number | undefined = undefined,
    readonly priority = 0,
    readonly affinity: string | undefined = undefined,
  ) {
    this.hasLimit = timeout !== undefined;
    this.ends = items.map(() => []);
    this.#left = items.length;
    scheduler.admit(this);
    scheduler.enqueue(this);
  }

  get waiting(): number {
    return this.isOver ? 0 : this.items.length - this.#next;
  }

  take(max: number): Chunk | undefined {
    const first = this.#next;
    this.#next = Math.min(this.items.length, first + max);
    return first === this.#next ? undefined : new Chunk(this, first, this.items.slice(first, this.#next));
  }

  item(): void {}

  progress(): void {}

  cancelWaiting(error: unknown): void {
    this.abandon("cancelled", error);
  }

  fulfill(first: number, values: readonly unknown[], workerId: number): void {
    values.forEach((value, i) => this.#settle(first + i, "fulfilled", value, workerId));
  }

  fail(index: number, outcome: Failure, error: unknown, workerId: number | undefined): void {
    this.#settle(index, outcome, error, workerId);
  }

  abandon(outcome: Failure, error: unknown): void {
    this.isOver = true;
    const from = this.#next;
    this.#next = this.items.length;
    for (let index = from; index < this.items.length; index++) this.#settle(index, outcome, error, undefined);
    this.scheduler.revoke(this, error, "signal");
  }

  /** Whether some item has not settled. */
  get unfinished(): boolean {
    return this.#left > 0;
  }

  /** Outcome of each item, `undefined` while it has none. */
  get outcomes(): (Outcome | undefined)[] {
    return this.ends.map((ends) => ends[0]?.outcome);
  }

  /** Value of each item. */
  get values(): unknown[] {
    return this.ends.map((ends) => ends[0]?.value);
  }

  #settle(index: number, outcome: Outcome, value: unknown, workerId: number | undefined): void {
    this.ends[index].push({ outcome, value, workerId });
    if (--this.#left > 0) return;
    this.scheduler.finish(this);
  }
}

export { range as numbers } from "../support/range.ts";
