/**
 * One task in a worker of its own: started, joined, terminated. It is a pool of one worker that closes as soon as it has
 * its one call, so errors, limits and force are the pool's.
 *
 * ```
 * new -> start() -> running -> ended: exitCode, reason
 *                      \-- terminate(): signal, grace, force -- kill(): force --/
 * ```
 *
 * @module
 */
import { CancelledError, IsopoolError, WorkerCrashedError } from "../core/errors.ts";
import { bad, duration, knownOptions } from "../core/validate.ts";
import { UnobservedFailures } from "../future/unobserved_failures.ts";
import { type Future, observe, outcomeOf } from "../future/future.ts";
import { submitCall } from "../pool/call_job.ts";
import type { PublicMethod } from "../pool/call_site.ts";
import { checkPoolOptions } from "../pool/check_options.ts";
import { PoolCore } from "../pool/core.ts";
import { joinEnd } from "../pool/join.ts";
import type { PoolOptions } from "../pool/options.ts";
import type { PermissionScope } from "../pool/permissions.ts";
import type { Args } from "../pool/runnable.ts";
import type { Task } from "../task/task.ts";

/** Options of a {@linkcode Process}. */
export interface ProcessOptions {
  /** Name of the process, in messages. @default {"Process-" and its id} */
  name?: string;
  /** Whether the script may end while it runs. @default {false} */
  daemon?: boolean;
  /** What it runs on. @default {"worker"} */
  backend?: "worker" | "async";
  /** What it may do, as for a `Pool`. @default {"inherit"} */
  permissions?: "inherit" | "none" | PermissionScope;
}

/**
 * How a process ended: its task returned or threw; the worker ended itself, ran out of memory or died of an uncaught
 * error; or it was stopped.
 */
export type ProcessReason = "finished" | "failed" | "exit" | "oom" | "uncaught" | "terminated" | "killed";

const CALL = "create process";
let lastId = 0;
// Reported as the script ends: what a process ended as is looked at after it has.
let failures: UnobservedFailures | undefined;

/**
 * A task in a worker of its own, as Python's `Process`.
 *
 * A failure that nobody looks at (`result`, `exitCode`, `reason`) is reported as an unhandled rejection when the script
 * ends.
 *
 * @typeParam A The task's parameters.
 * @typeParam R What the task returns.
 *
 * @example Start, join, look
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Counter, inline, Process } from "@isopool/isopool";
 *
 * const counter = new Counter();
 * const add = inline((counter: Counter, n: number) => void counter.add(n));
 * const process = new Process(add, [counter, 5]).start();
 * await process.join();
 * assertEquals([process.exitCode, process.reason, counter.get()], [0, "finished", 5]);
 * ```
 */
export class Process<A extends unknown[] = never, R = unknown> implements AsyncDisposable {
  /** Number of the process, unique in this isolate. */
  readonly id: number = ++lastId;
  /** Name of the process. */
  readonly name: string;
  /** Whether the script may end while it runs. */
  readonly daemon: boolean;
  readonly #task: Task<A, R>;
  readonly #args: unknown[];
  readonly #options: PoolOptions;
  // Made at the start: what is never started holds nothing.
  #running: { readonly core: PoolCore; readonly future: Future<unknown> } | undefined;
  #ended = false;
  #stopped: "terminated" | "killed" | undefined;

  /**
   * Creates a process; nothing runs yet.
   *
   * @param args The task's arguments; copied when it is started.
   * @throws {TypeError | RangeError} If an option does not exist or is not valid.
   */
  constructor(task: Task<A, R>, args: Readonly<Args<A>>, options: ProcessOptions = {}) {
    knownOptions(CALL, options, ["name", "daemon", "backend", "permissions"]);
    if (!Array.isArray(args)) throw bad(CALL, "args", args, "an array of arguments", false);
    const { name = `Process-${this.id}`, daemon = false, backend, permissions } = options;
    if (typeof daemon !== "boolean") throw bad(CALL, "daemon", daemon, "true or false", false);
    this.#options = { backend, permissions, name, workers: 1 };
    checkPoolOptions(this.#options);
    this.name = name;
    this.daemon = daemon;
    this.#task = task;
    this.#args = args;
  }

  /** Id of the operating system's process, which a worker shares with the script. */
  get pid(): number {
    return Deno.pid;
  }

  /** Whether it was started and has not ended. */
  get isAlive(): boolean {
    return this.#running !== undefined && !this.#ended;
  }

  /**
   * `undefined` before the end; 0 if the task returned, 1 if it threw, ran out of memory or died of an uncaught error;
   * the code of an exit of its own; -15 if it was terminated, -9 if it was killed.
   */
  get exitCode(): number | undefined {
    const error = this.#look();
    switch (this.reason) {
      case undefined:
        return undefined;
      case "finished":
        return 0;
      case "exit":
        return (error as WorkerCrashedError).exitCode ?? 0;
      case "terminated":
        return -15;
      case "killed":
        return -9;
      default:
        return 1;
    }
  }

  /** How it ended; `undefined` before. */
  get reason(): ProcessReason | undefined {
    if (!this.#ended) return undefined;
    const error = this.#look();
    if (error === undefined) return "finished";
    if (error instanceof CancelledError) return this.#stopped ?? "terminated";
    if (!(error instanceof WorkerCrashedError)) return "failed";
    return error.reason === "terminated" ? this.#stopped ?? "terminated" : error.reason;
  }

  /**
   * Starts it.
   *
   * @throws {IsopoolError} If it was started before.
   */
  start(): this {
    if (this.#running) {
      throw new IsopoolError(`Cannot start process ${this.name}: it was started before: create another`);
    }
    const core = new PoolCore(this.#options, { daemon: this.daemon, failures: failures ??= new UnobservedFailures() });
    const future = submitCall(core, START, this.#task, this.#args);
    this.#running = { core, future };
    core.scheduler.close();
    void core.scheduler.ended.then(() => this.#ended = true);
    return this;
  }

  /**
   * Waits until it has ended, however. What it ended as is in {@linkcode Process.exitCode} and
   * {@linkcode Process.reason}.
   *
   * @param options.timeout Longest wait in milliseconds; the process goes on after it.
   * @throws {IsopoolError} If it was not started.
   * @throws {WaitTimeoutError} If the wait ran out of time.
   */
  async join(options: { timeout?: number } = {}): Promise<void> {
    knownOptions("join process", options, ["timeout"]);
    const timeout = duration("join process", "timeout", options.timeout);
    const { scheduler } = this.#started("join").core;
    await joinEnd(scheduler, timeout, () => `Gave up joining ${this.name} after ${timeout} ms: it goes on`);
  }

  /**
   * Waits for what the task returned.
   *
   * @throws What the task threw; a {@linkcode CancelledError} if it was terminated or killed; a
   * {@linkcode WorkerCrashedError} if its worker died.
   */
  async result(options: { timeout?: number } = {}): Promise<R> {
    return await this.#started("read result of").future.result(options) as R;
  }

  /** Stops it: its `context.signal` fires, and what still runs 200 ms later is stopped by force. */
  terminate(): void {
    const { future } = this.#started("terminate");
    this.#stopped ??= "terminated";
    future.cancel();
  }

  /** Stops it by force. */
  kill(): void {
    const { core } = this.#started("kill");
    this.#stopped ??= "killed";
    void core.scheduler.terminate();
  }

  /** Joins it, if it was started. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#running) await this.join();
  }

  #started(what: string): { readonly core: PoolCore; readonly future: Future<unknown> } {
    if (!this.#running) throw new IsopoolError(`Cannot ${what} process ${this.name}: it was not started: call start()`);
    return this.#running;
  }

  // What it failed with; looking at it counts.
  #look(): unknown {
    if (!this.#running || !this.#ended) return undefined;
    const { future } = this.#running;
    observe(future);
    const { outcome, value } = outcomeOf(future);
    return outcome === "fulfilled" ? undefined : value;
  }
}

const START: PublicMethod = { action: "start process", method: Process.prototype.start };
