/**
 * The options of a task, as a caller gives them, and their checks.
 *
 * @module
 */
import {
  abortSignal,
  badOption,
  callback,
  count,
  duration,
  isArray,
  type MedianLimit,
  requiredOptions,
  timeLimit,
} from "../core/validate.ts";
import { type RetryOptions, retryPolicy } from "../core/retry.ts";

// Taken at load: a test may replace it later.
const { freeze } = Object;

/** Options of a task, for each submission of it. */
export interface TaskOptions {
  /**
   * Maximum run in milliseconds, counted from its start; after it, the pool stops the task. `"5x median"` is a multiple of
   * the median of the task's runs, as for a `Pool`.
   *
   * @default {Infinity}
   */
  timeout?: number | MedianLimit;
  /**
   * Maximum milliseconds from the submission to the end: the wait for a worker, the run, and all attempts together. A call
   * that still waits then never starts, and fails with a `TaskTimeoutError` whose `waiting` is true; a call that runs is
   * stopped, as by `timeout`. An item of a map counts from when the map has read it. `stream()` does not take it.
   *
   * @default {Infinity}
   */
  deadline?: number;
  /**
   * Maximum processor time of one attempt in milliseconds, as for a `Pool`; backend `"process"` only.
   *
   * @default {the pool's}
   */
  cpuTime?: number;
  /** Maximum number of bytes that one attempt prints, as for a `Pool`; backend `"process"` only. @default {the pool's} */
  maxOutput?: number;
  /** Cancels the task, whether it waits or runs; its future rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Retries after a failed attempt, or a policy: `2` is `{ maxAttempts: 3 }`, without a wait. @default {0} */
  retry?: number | RetryOptions;
  /**
   * Calls with a higher priority start first; within one priority, calls start in the order of submission. The pool's
   * `priorityAging` keeps a low priority from waiting for ever.
   *
   * @default {0}
   */
  priority?: number;
  /**
   * Calls with the same key run on the same worker while it lives, so that they find what an earlier call has stored in
   * `context.state`. A pool keeps the last 10,000 keys. When the worker dies or is replaced (`idleTimeout`,
   * `maxTasksPerWorker`, `restart()`, `resize()`; with `permissions`, also when the pool meets a task of another module),
   * the calls of a key that wait move together to one other worker, which may start them while the old one still finishes
   * what it has. Not for a cluster, whose hosts choose the worker of each call.
   */
  affinityKey?: string | number;
  /** Called with each value that the task passes to `context.emit`, in order, before the task's future settles. */
  onEmit?: (value: unknown) => void;
  /** Called with what the task passes to `context.progress`; the last call comes before the task's future settles. */
  onProgress?: (done: number, total: number | undefined) => void;
  /** Values inside the arguments that are moved, not copied (ArrayBuffer, MessagePort, streams); they are detached here. */
  transfer?: Transferable[];
}

const TASK_OPTIONS = [
  "timeout",
  "deadline",
  "cpuTime",
  "maxOutput",
  "signal",
  "retry",
  "priority",
  "affinityKey",
  "onEmit",
  "onProgress",
  "transfer",
] as const;

/** Checks the options of a task, and returns a copy of them that cannot change. */
export function checkTaskOptions(call: string, options: TaskOptions): TaskOptions {
  requiredOptions(call, options, TASK_OPTIONS);
  timeLimit(call, "timeout", options.timeout);
  duration(call, "deadline", options.deadline);
  duration(call, "cpuTime", options.cpuTime);
  if (options.maxOutput !== undefined) count(call, "maxOutput", options.maxOutput, 0);
  abortSignal(call, "signal", options.signal);
  retryPolicy(call, options.retry);
  const { priority, affinityKey, onEmit, onProgress, transfer } = options;
  if (priority !== undefined && !Number.isFinite(priority)) {
    throw badOption(call, "priority", priority, "a finite number", typeof priority === "number");
  }
  if (affinityKey !== undefined && typeof affinityKey !== "string" && typeof affinityKey !== "number") {
    throw badOption(call, "affinityKey", affinityKey, "a string or a number", false);
  }
  callback(call, "onEmit", onEmit);
  callback(call, "onProgress", onProgress);
  if (transfer !== undefined && !isArray(transfer)) {
    throw badOption(call, "transfer", transfer, "an array of transferable values", false);
  }
  return freeze({ ...options });
}
