/**
 * Errors of tasks, and of waiting for their results. `errors.ts` exports them with the others.
 *
 * @module
 */
import { IsopoolError, optionsOf } from "./base_error.ts";

/**
 * How a worker ended: its code exited, it was stopped, it ran out of memory, an error was uncaught, or its call reached
 * its `cpuTime` or its `maxOutput`.
 */
export type DeathReason = "exit" | "terminated" | "oom" | "uncaught" | "cpu" | "output";

/**
 * The worker died while it ran this task. Only that task fails: its waiting tasks move to another worker.
 *
 * @example Read how the worker ended
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
  /** Exit code of the worker; `undefined` if it had none. */
  readonly exitCode: number | undefined;
  /** Signal that ended a worker process, for example `"SIGKILL"`; else `undefined`. */
  readonly signal: string | undefined;

  /** Creates the error from how the worker ended. */
  constructor(
    message: string,
    options: ErrorOptions & { reason: DeathReason; exitCode?: number; signal?: string },
  ) {
    super(message, options);
    const given = optionsOf(options);
    this.reason = given.reason;
    this.exitCode = given.exitCode;
    this.signal = given.signal;
  }
}

/**
 * The task ran longer than its `timeout`, or did not end within its `deadline`. The pool has stopped it, and its worker is
 * free again; or nothing could stop the task, then {@linkcode TaskTimeoutError.abandoned} is true; or it did not run at its
 * deadline, then {@linkcode TaskTimeoutError.waiting} is true.
 *
 * @example Read the limit
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
  /** The limit in milliseconds: the `timeout` or the `deadline`. */
  readonly timeout: number;
  /** Whether nothing could stop the task: the pool has replaced its worker, and the task may still run. */
  readonly abandoned: boolean = false;
  /** Whether the task still waited, for a worker or for another attempt, when its `deadline` passed. */
  readonly waiting: boolean;

  /** Creates the error for a limit in milliseconds. */
  constructor(message: string, options: ErrorOptions & { timeout: number; waiting?: boolean }) {
    super(message, options);
    const given = optionsOf(options);
    this.timeout = given.timeout;
    this.waiting = given.waiting ?? false;
  }
}

/** Says of a time limit that the task could not be stopped. */
export function markAbandoned(error: unknown): void {
  if (!(error instanceof TaskTimeoutError)) return;
  const { message } = error;
  const text = message.replace(": it was stopped", ": it could not be stopped, was given up, and may still run");
  Object.assign(error, { abandoned: true, message: text, stack: error.stack?.replace(message, text) });
}

/**
 * The task module has no function of this name among its exports.
 *
 * @example List the exports that the module has
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
  /** Name of the missing export. */
  readonly task: string;
  /** Names of the functions that the module exports. */
  readonly exports: readonly string[];

  /** Creates the error from the module, the missing name and the names that exist. */
  constructor(
    message: string,
    options: ErrorOptions & { url: string; task: string; exports: readonly string[] },
  ) {
    super(message, options);
    const given = optionsOf(options);
    this.url = given.url;
    this.task = given.task;
    this.exports = given.exports;
  }
}

/**
 * The task module could not be loaded in the worker; `cause` is what the module threw while it was evaluated.
 *
 * @example See which module failed
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
    this.url = optionsOf(options).url;
  }
}

/**
 * A value cannot be sent to a worker or back from it, for example a function or a socket.
 *
 * @example Find the value
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
  /** Whether the value was an argument of the task or its result. */
  readonly direction: "argument" | "result";
  /** Path of the value, for example `args[0].socket`. */
  readonly path: string;

  /** Creates the error for a direction and a path. */
  constructor(
    message: string,
    options: ErrorOptions & { direction: "argument" | "result"; path: string },
  ) {
    super(message, options);
    const given = optionsOf(options);
    this.direction = given.direction;
    this.path = given.path;
  }
}

/**
 * A waiting call ran out of time. It stopped nothing: the task, or whatever it waited for, goes on.
 *
 * @example Tell it from other errors
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
 * The future was cancelled by `cancel`. A future that an `AbortSignal` cancels rejects with the signal's own reason instead.
 *
 * @example Cancel a future
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
