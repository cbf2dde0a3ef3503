/**
 * The options of a pool. They are checked once, at construction, in check_options.ts.
 *
 * @module
 */
import type { Task } from "../task/task.ts";
import type { RetryOptions } from "../core/retry.ts";
import type { RateOptions } from "../core/rate.ts";
import type { BackendName } from "./backends.ts";
import type { PermissionScope } from "./permissions.ts";

/** Options of {@linkcode Pool}. */
export interface PoolOptions<B extends BackendName = BackendName> {
  /**
   * What tasks run on: `"worker"` threads of this process, or `"async"`, this event loop.
   *
   * @default {"worker"}
   */
  backend?: B;
  /** Name of the pool, in messages. @default {"pool"} */
  name?: string;
  /** Most workers at a time; they start as work comes. @default {the number of usable cores; 32 for "async"} */
  workers?: number;
  /** Workers that are started at once and kept when there is nothing to do. @default {0} */
  minWorkers?: number;
  /** Milliseconds after which an idle worker ends, down to `minWorkers`. @default {Infinity} */
  idleTimeout?: number;
  /** Calls after which a worker is replaced by a fresh one, against leaks in what tasks use. @default {Infinity} */
  maxTasksPerWorker?: number;
  /**
   * Calls that one worker runs side by side, for tasks that await. When one of them must be stopped by force, the others
   * are lost with their worker: `WorkerCrashedError`, or another attempt under `retry`.
   *
   * @default {1}
   */
  concurrencyPerWorker?: number;
  /**
   * Runs in each worker before its first task, to set up `context.state`. When it fails three times in a row, the pool
   * is broken; the pool's `timeout` is its limit, too.
   */
  // deno-lint-ignore no-explicit-any -- the type of `initArgs` follows from it
  initializer?: Task<any[], unknown>;
  /** Arguments of the initializer, copied now. */
  initArgs?: unknown[];
  /**
   * Runs in each worker before it ends: when the pool drains, or the worker is replaced. Not when it is stopped by force.
   * Its limit is the pool's `timeout`, else 10 s. A failure is reported as an unhandled rejection.
   */
  finalizer?: Task<[], unknown>;
  /** Longest run of a task in milliseconds, where the task has no limit of its own. @default {Infinity} */
  timeout?: number;
  /** How often a failed task is tried again, where the task does not say. @default {0} */
  retry?: number | RetryOptions;
  /** Milliseconds between a task's `context.signal` and force, when it is stopped. @default {200} */
  killGrace?: number;
  /**
   * Most calls that wait for a worker; a `submit` beyond that throws a `QueueFullError`, `room()` waits. Maps and streams
   * do not count: they read their input as they go.
   *
   * @default {Infinity}
   */
  maxQueue?: number;
  /** How often calls may start, retries included. @default {no limit} */
  rate?: RateOptions;
  /**
   * Most bytes that a worker's heap and buffers may take; one that takes more is replaced, and its task fails with
   * `WorkerCrashedError` of reason `"oom"`. Only for workers of their own memory. @default {the runtime's own limit}
   */
  memoryLimit?: number;
  /**
   * What tasks may do, where that is less than what this script may: `"none"`, or a {@linkcode PermissionScope}. Takes
   * `--unstable-worker-options`. A guard against mistakes, no wall against attackers: see SECURITY.md.
   *
   * Running out of memory under a scope ends the process, and a task that never ends is stopped only before its first
   * `await`, by its `timeout`.
   *
   * @default {"inherit"}
   */
  permissions?: "inherit" | "none" | PermissionScope;
  /**
   * The workers' `process.env`. `Deno.env` and the working directory belong to the whole process: they cannot differ.
   *
   * @default {a copy of this script's}
   */
  env?: Record<string, string>;
}
