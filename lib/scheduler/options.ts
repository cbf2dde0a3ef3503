/**
 * What a scheduler is made with.
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
  /** Told of what failed where no call can tell: a finalizer. */
  onFailure?: (error: unknown) => void;
  /** Whether unfinished work lets the script end. */
  daemon?: boolean;
  /** Calls that a worker takes in its life. */
  maxTasks?: number;
  /** Calls that one worker runs at a time. */
  concurrency?: number;
  /** Most calls that wait; maps do not count, they read as they go. */
  maxQueue?: number;
  /** Says when the next call may start. */
  rate?: Rate;
}
