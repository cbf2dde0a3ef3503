/**
 * What calls, maps and streams have in common: their task, and the options of it that the scheduler goes by.
 *
 * @module
 */
import { guarded } from "../core/guarded.ts";
import type { Shares } from "../protocol/shared_value.ts";
import type { TaskOptions } from "../task/task.ts";
import type { Chunk, Failure, Job, TaskEntry } from "../scheduler/job.ts";

/** The options of a work that the scheduler goes by, and whom it tells. */
export interface JobOptions {
  timeout: number | undefined;
  signal: AbortSignal | undefined;
  /** The options of the task as they were given: its timeout and signal are above, with what the pool and the map say. */
  given: TaskOptions;
  /** Whether it comes from a call of the same pool, which may wait for it: it must not wait for that one's worker. */
  nested: boolean;
}

/** A work of a pool. */
export abstract class PoolJob implements Job {
  readonly task: TaskEntry;
  readonly timeout: number | undefined;
  readonly limited: boolean;
  readonly priority: number;
  readonly affinity: string | number | undefined;
  readonly nested: boolean;
  queuedAt = 0;
  readonly #given: TaskOptions;

  constructor(task: TaskEntry, options: JobOptions) {
    this.task = task;
    this.timeout = options.timeout;
    this.limited = options.timeout !== undefined || options.signal !== undefined;
    this.nested = options.nested;
    this.priority = this.nested ? Infinity : options.given.priority ?? 0;
    this.affinity = options.given.affinityKey;
    this.#given = options.given;
  }

  /** {@inheritDoc Work.spread} */
  abstract readonly spread: boolean;
  /** {@inheritDoc Work.stream} */
  abstract readonly stream: number;
  /** {@inheritDoc Work.shares} */
  abstract readonly shares: Shares | undefined;
  /** {@inheritDoc Work.handles} */
  abstract readonly handles: boolean;
  /** {@inheritDoc Work.waiting} */
  abstract readonly waiting: number;
  /** {@inheritDoc Work.over} */
  abstract readonly isOver: boolean;
  /** {@inheritDoc Work.take} */
  abstract take(max: number): Chunk | undefined;
  /** {@inheritDoc Work.fulfil} */
  abstract fulfill(first: number, values: readonly unknown[], workerId: number): void;
  /** {@inheritDoc Work.fail} */
  abstract fail(index: number, outcome: Failure, error: unknown, workerId: number | undefined): void;
  /** {@inheritDoc Work.cancelWaiting} */
  abstract cancelWaiting(error: unknown): void;
  /** {@inheritDoc Work.abandon} */
  abstract abandon(outcome: Failure, error: unknown): void;

  /** {@inheritDoc Work.item} */
  item(_index: number, value: unknown): void {
    const { onEmit } = this.#given;
    if (onEmit) guarded(() => onEmit(value));
  }

  /** {@inheritDoc Work.progress} */
  progress(_index: number, done: number, total: number | undefined): void {
    const { onProgress } = this.#given;
    if (onProgress) guarded(() => onProgress(done, total));
  }
}
