/**
 * Every class a caller may catch, in one place. Below {@linkcode IsopoolError} stand the failures of the library
 * itself; a task's own error arrives as what the task threw, never wrapped.
 *
 * @module
 */

import { IsopoolError } from "./base_error.ts";

export { IsopoolError };
export { BrokenBarrierError, LockAbandonedError } from "./lock_errors.ts";
export { DeadlockError, ManagerClosedError } from "./manager_errors.ts";
export { ItemLostError, QueueClosedError } from "./queue_errors.ts";

/** Why a worker is gone. */
export type DeathReason = "exit" | "terminated" | "oom" | "uncaught";

/**
 * The pool is no longer usable; `cause` says why.
 *
 * @example Reading the cause
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { BrokenPoolError } from "@isopool/isopool";
 *
 * const error = new BrokenPoolError("Cannot submit task: pool is broken", { cause: "initializer failed" });
 * assertEquals(error.cause, "initializer failed");
 * ```
 */
export class BrokenPoolError extends IsopoolError {
  /** @ignore */
  override name = "BrokenPoolError";
}

/**
 * The worker died under this task. Only the task that it ran is failed; others move to another worker.
 *
 * @example What the error knows
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { WorkerCrashedError } from "@isopool/isopool";
 *
 * const error = new WorkerCrashedError("Worker 1 exited with code 7", { reason: "exit", exitCode: 7 });
 * assertEquals([error.reason, error.exitCode, error.signal], ["exit", 7, undefined]);
 * ```
 */
export class WorkerCrashedError extends IsopoolError {
  /** @ignore */
  override name = "WorkerCrashedError";
  /** How the worker ended. */
  readonly reason: DeathReason;
  /** Exit code of the worker, where it had one. */
  readonly exitCode: number | undefined;
  /** Signal that ended a worker process, for example `"SIGKILL"`. */
  readonly signal: string | undefined;

  /** Creates the error from how the worker ended. */
  constructor(
    message: string,
    options: ErrorOptions & { reason: DeathReason; exitCode?: number; signal?: string },
  ) {
    super(message, options);
    this.reason = options.reason;
    this.exitCode = options.exitCode;
    this.signal = options.signal;
  }
}

/**
 * The task ran longer than its `timeout`; it was stopped and its worker is free again.
 *
 * @example The limit that was passed
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { TaskTimeoutError } from "@isopool/isopool";
 *
 * assertEquals(new TaskTimeoutError("Task ran too long", { timeout: 500 }).timeout, 500);
 * ```
 */
export class TaskTimeoutError extends IsopoolError {
  /** @ignore */
  override name = "TaskTimeoutError";
  /** The limit in milliseconds. */
  readonly timeout: number;

  /** Creates the error for a limit in milliseconds. */
  constructor(message: string, options: ErrorOptions & { timeout: number }) {
    super(message, options);
    this.timeout = options.timeout;
  }
}

/**
 * The task module has no such export. Names the module, the export, and the exports it has.
 *
 * @example What the error lists
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { TaskNotFoundError } from "@isopool/isopool";
 *
 * const error = new TaskNotFoundError("No such export", { url: "file:///a.ts", task: "b", exports: ["c"] });
 * assertEquals(error.exports, ["c"]);
 * ```
 */
export class TaskNotFoundError extends IsopoolError {
  /** @ignore */
  override name = "TaskNotFoundError";
  /** URL of the task module. */
  readonly url: string;
  /** Name that was asked for. */
  readonly task: string;
  /** Names of the functions that the module exports. */
  readonly exports: readonly string[];

  /** Creates the error from what was asked for and what is there. */
  constructor(
    message: string,
    options: ErrorOptions & { url: string; task: string; exports: readonly string[] },
  ) {
    super(message, options);
    this.url = options.url;
    this.task = options.task;
    this.exports = options.exports;
  }
}

/**
 * The task module could not be loaded in the worker; `cause` is what its evaluation threw.
 *
 * @example Which module failed
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { TaskLoadError } from "@isopool/isopool";
 *
 * assertEquals(new TaskLoadError("Cannot load", { url: "file:///a.ts" }).url, "file:///a.ts");
 * ```
 */
export class TaskLoadError extends IsopoolError {
  /** @ignore */
  override name = "TaskLoadError";
  /** URL of the task module. */
  readonly url: string;

  /** Creates the error for a module URL. */
  constructor(message: string, options: ErrorOptions & { url: string }) {
    super(message, options);
    this.url = options.url;
  }
}

/**
 * A value cannot cross to or from a worker.
 *
 * @example Where the value sits
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { TransferError } from "@isopool/isopool";
 *
 * const error = new TransferError("Cannot send", { direction: "argument", path: "args[0].socket" });
 * assertEquals(error.path, "args[0].socket");
 * ```
 */
export class TransferError extends IsopoolError {
  /** @ignore */
  override name = "TransferError";
  /** Which way the value was going. */
  readonly direction: "argument" | "result";
  /** Path of the offending value, for example `args[0].socket`. */
  readonly path: string;

  /** Creates the error for a direction and a path. */
  constructor(
    message: string,
    options: ErrorOptions & { direction: "argument" | "result"; path: string },
  ) {
    super(message, options);
    this.direction = options.direction;
    this.path = options.path;
  }
}

/**
 * A waiting call ran out of time. Nothing was stopped: what it waited for goes on.
 *
 * @example Waiting is not stopping
 * ```ts
 * import { assert } from "@std/assert";
 * import { IsopoolError, WaitTimeoutError } from "@isopool/isopool";
 *
 * assert(new WaitTimeoutError("Gave up waiting") instanceof IsopoolError);
 * ```
 */
export class WaitTimeoutError extends IsopoolError {
  /** @ignore */
  override name = "WaitTimeoutError";
}

/**
 * Tasks cannot be given the permissions that were asked for: they are wider than what the script has itself, or a flag
 * is missing that permissions of workers need. The message says what to add, and where.
 *
 * @example The flag to add
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PermissionScopeError } from "@isopool/isopool";
 *
 * const error = new PermissionScopeError("Cannot create pool", { flag: "--allow-read=/data" });
 * assertEquals(error.flag, "--allow-read=/data");
 * ```
 */
export class PermissionScopeError extends IsopoolError {
  /** @ignore */
  override name = "PermissionScopeError";
  /** What to start the script with. */
  readonly flag: string;

  /** Creates the error for the missing flag. */
  constructor(message: string, options: ErrorOptions & { flag: string }) {
    super(message, options);
    this.flag = options.flag;
  }
}

/**
 * The pool takes no more work: it was closed or terminated.
 *
 * @example Using a pool after its block
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { Pool, PoolClosedError } from "@isopool/isopool";
 *
 * const pool = new Pool({ backend: "async" });
 * pool.close();
 * assertThrows(() => pool.submit(() => 1), PoolClosedError);
 * await pool.join();
 * ```
 */
export class PoolClosedError extends IsopoolError {
  /** @ignore */
  override name = "PoolClosedError";
}

/**
 * As many calls wait as the pool's `maxQueue` allows. Nothing of the refused call was taken, values to be moved neither.
 *
 * @example Waiting for room instead
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { Pool, QueueFullError } from "@isopool/isopool";
 *
 * await using pool = new Pool({ backend: "async", workers: 1, maxQueue: 1 });
 * const echo = async (n: number) => await n;
 * const futures = [pool.submit(echo, 1), pool.submit(echo, 2)];
 * assertThrows(() => pool.submit(echo, 3), QueueFullError);
 * await pool.room();
 * futures.push(pool.submit(echo, 3));
 * assertEquals(await Promise.all(futures), [1, 2, 3]);
 * ```
 */
export class QueueFullError extends IsopoolError {
  /** @ignore */
  override name = "QueueFullError";
}

/**
 * The future was cancelled. Where an `AbortSignal` did it, the future rejects with the signal's own reason instead.
 *
 * @example A cancelled future
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { CancelledError, Pool } from "@isopool/isopool";
 *
 * await using pool = new Pool({ backend: "async" });
 * const future = pool.submit(() => new Promise<never>(() => {}));
 * future.cancel();
 * await assertRejects(() => future.result(), CancelledError);
 * ```
 */
export class CancelledError extends IsopoolError {
  /** @ignore */
  override name = "CancelledError";
}
