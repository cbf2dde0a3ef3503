/**
 * `SchedulerOptions`: the options of one scheduler.
 *
 * @module
 */
import type { WorkerSetOptions } from "./worker_set.ts";
import type { Rate } from "./dispatcher.ts";

/** Options of a scheduler. */
export interface SchedulerOptions extends WorkerSetOptions {
  /** Milliseconds from the abort of a running task's signal until its worker is stopped by force. */
  killGrace: number;
  /** Maximum run of an initializer, in milliseconds. */
  hookTimeout?: number;
  /** The check of inlined hooks. If it rejects, the scheduler breaks with the reason, a BrokenPoolError. */
  verified?: Promise<unknown>;
  /** Called with the error that a finalizer threw: no call is left that could fail with it. */
  onFailure?: (error: unknown) => void;
  /** Whether the script may end while jobs are unfinished. */
  daemon?: boolean;
  /** Number of calls after which a worker is replaced. */
  maxTasks?: number;
  /** Maximum number of calls that one worker runs at a time. */
  concurrency?: number;
  /** Milliseconds for which calls of a higher priority may go before those of a lower one. */
  priorityAging?: number;
  /** Maximum number of waiting calls. Maps do not count: they read their input only as workers take it. */
  maxQueue?: number;
  /** Maximum number of abandoned workers that still run; with one more, the pool breaks. */
  maxAbandoned?: number;
  /** Limits how often calls may start. */
  rate?: Rate;
}
