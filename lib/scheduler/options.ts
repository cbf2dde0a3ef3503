/**
 * `SchedulerOptions`: the options of one scheduler.
 *
 * @module
 */
import type { WorkerSetOptions } from "./worker_set.ts";
import type { Rate } from "./dispatcher.ts";

/** Options of a scheduler. */
export interface SchedulerOptions extends WorkerSetOptions {
  /** Milliseconds between a task's signal and force. */
  killGrace: number;
  /** Longest run of an initializer, in milliseconds. */
  hookTimeout?: number;
  /** If it rejects, the scheduler breaks with the reason, a BrokenPoolError. */
  verified?: Promise<unknown>;
  /** Called with what a finalizer threw: there is no call that could fail with it. */
  onFailure?: (error: unknown) => void;
  /** Whether the script may end while jobs are unfinished. */
  daemon?: boolean;
  /** Calls that a worker takes in its life. */
  maxTasks?: number;
  /** Calls that one worker runs at a time. */
  concurrency?: number;
  /** Most calls that wait; maps do not count, since they read their input only as workers take it. */
  maxQueue?: number;
  /** Most living workers that could not be stopped, before the pool breaks. */
  maxAbandoned?: number;
  /** Limits how often calls may start. */
  rate?: Rate;
}
