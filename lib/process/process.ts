/**
 * `Process`: one task in a worker of its own. It is a pool of one worker that closes as soon as it has its one call: the
 * pool does the error handling, the limits and the forced stop.
 *
 * ```
 * new -> start() -> running -- the task ends, or kill() stops it by force ---------------> ended: exitCode, reason
 *                      \-- terminate(): context.signal fires; 200 ms later: by force --/
 * ```
 *
 * @module
 */
import { IsopoolError } from "../core/errors.ts";
import { refuseCopies } from "../core/uncopyable.ts";
import { duration, knownOptions } from "../core/validate.ts";
import type { Future } from "../future/future.ts";
import { UnobservedFailures } from "../future/unobserved_failures.ts";
import { submitCall } from "../pool/call_job.ts";
import type { PublicMethod } from "../pool/call_site.ts";
import { PoolCore } from "../pool/core.ts";
import { joinEnd } from "../pool/join.ts";
import type { Task } from "../task/task.ts";
import { Child } from "./child.ts";
import { endOf, type ProcessEnd, type ProcessReason } from "./process_end.ts";
import { type CheckedProcess, checkProcess, type ProcessArguments, type ProcessOptions } from "./process_options.ts";

export type { ProcessArguments, ProcessOptions, ProcessReason };
type Running = { readonly core: PoolCore; readonly future: Future<unknown> };
let lastId = 0;
// Reported at the end of the script: a caller can read `reason` and `exitCode` only after the process has ended.
let failures: UnobservedFailures | undefined;

/**
 * A task in a worker of its own, as Python's `Process`: a thread, or with `backend: "process"` a process of the system.
 *
 * A failure that the caller does not observe (`result`, `exitCode`, `reason`) is reported as an unhandled rejection when
 * the script ends.
 *
 * **Cost**: a worker, which takes about 50 ms to start and 17 MiB of memory; with `backend: "process"`, 0.2 s and 37 MiB.
 * **When not to use it**: for many short tasks, a `Pool` keeps its workers.
 *
 * @typeParam A The task's parameters.
 * @typeParam R What the task returns.
 *
 * @example Start, join, read the exit code
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
  /** Whether the script may end while the process runs. */
  readonly daemon: boolean;
  /** What it prints, in whole lines, with the option `stdout: "piped"`. What is not read is kept in memory. */
  readonly stdout: ReadableStream<Uint8Array> | undefined;
  /** What it prints to stderr, with `stderr: "piped"`. */
  readonly stderr: ReadableStream<Uint8Array> | undefined;
  // Dropped at the start: the process may be kept for long after its end.
  #call: { readonly task: Task<A, R>; readonly args: unknown[] } | undefined;
  readonly #options: Omit<CheckedProcess, "args">;
  // Made by start(): a process that was never started holds no resources.
  #running: Running | undefined;
  readonly #child: Child;

  /**
   * Creates a process; nothing runs yet.
   *
   * @param rest The task's arguments, copied by {@linkcode Process.start}, and options: `[4], { name: "square" }`.
   * @throws {TypeError | RangeError} If an option does not exist or is not valid.
   */
  constructor(task: Task<A, R>, ...rest: ProcessArguments<A>) {
    const { args, ...options } = checkProcess(`Process-${this.id}`, task, rest);
    ({ name: this.name, daemon: this.daemon } = this.#options = options);
    this.#child = new Child(options.stdout, options.stderr);
    ({ stdout: this.stdout, stderr: this.stderr } = this.#child.streams);
    this.#call = { task, args };
  }

  /** Id of the operating system's process: a thread has the script's; that of a child is `undefined` until it runs. */
  get pid(): number | undefined {
    return this.#options.pool.backend === "process" ? this.#child.pid : Deno.pid;
  }

  /** Whether the process was started and has not ended. */
  get isAlive(): boolean {
    return this.#running !== undefined && !this.#child.isOver;
  }

  /**
   * Exit code: 0 if the task returned; 1 if it threw, ran out of memory or died of an uncaught error; the argument of
   * `Deno.exit`, if code of the process called it; -15 after `terminate()`; -9 after `kill()`, or if it ignored SIGTERM.
   */
  get exitCode(): number | undefined {
    return this.#end?.exitCode;
  }

  /** How the process ended; `undefined` before the end. */
  get reason(): ProcessReason | undefined {
    return this.#end?.reason;
  }

  /**
   * Starts the process: starts its worker, and copies the arguments.
   *
   * @throws {IsopoolError} If it was started before.
   *
   * @example Run a task beside this one
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Process } from "@isopool/isopool";
   *
   * await using process = new Process(inline((n: number) => n * n), [12]).start();
   * assertEquals([process.isAlive, await process.result()], [true, 144]);
   * ```
   */
  start(): this {
    if (!this.#call) throw new IsopoolError(`Cannot start process ${this.name}: already started: create another`);
    failures ??= new UnobservedFailures();
    const core = new PoolCore(this.#options.pool, { daemon: this.daemon, failures, child: this.#child });
    this.#running = { core, future: submitCall(core, START, this.#call.task, this.#call.args) };
    this.#call = undefined;
    core.scheduler.close();
    void core.scheduler.ended.then(() => this.#child.finish());
    return this;
  }

  /**
   * Waits until the process has ended, in whatever way; does not throw what the task threw.
   *
   * @param options.timeout Maximum wait in milliseconds; the process goes on after it.
   * @throws {IsopoolError} If the process was not started.
   * @throws {WaitTimeoutError} If the wait ran out of time.
   *
   * @example Wait for a process that fails
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Process } from "@isopool/isopool";
   *
   * const process = new Process(inline(() => Deno.exit(3)), []).start();
   * await process.join({ timeout: 10_000 });
   * assertEquals([process.reason, process.exitCode], ["exit", 3]);
   * ```
   */
  async join(options: { timeout?: number } = {}): Promise<void> {
    knownOptions("join process", options, ["timeout"]);
    const timeout = duration("join process", "timeout", options.timeout);
    const { scheduler } = this.#started("join").core;
    await joinEnd(scheduler, timeout, () => `Gave up joining ${this.name} after ${timeout} ms: the process goes on`);
  }

  /**
   * Waits for what the task returns.
   *
   * @param options.timeout Maximum wait in milliseconds; the process goes on after it.
   * @throws What the task threw; a {@linkcode CancelledError} if the process was terminated or killed; a
   * {@linkcode WorkerCrashedError} if its worker died; a {@linkcode WaitTimeoutError} if the wait ran out of time.
   *
   * @example Read the result
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Process } from "@isopool/isopool";
   *
   * await using process = new Process(inline((text: string) => text.toUpperCase()), ["done"]).start();
   * assertEquals(await process.result(), "DONE");
   * ```
   */
  async result(options: { timeout?: number } = {}): Promise<R> {
    return await this.#started("read result of").future.result(options) as R;
  }

  /**
   * Stops the process: its `context.signal` fires, and a task that still runs 200 ms later is stopped by force. A child
   * gets SIGTERM, which a listener of the task may handle, and 200 ms later SIGKILL. What it has started ends with it.
   *
   * @example Stop a server
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Process } from "@isopool/isopool";
   *
   * const process = new Process(inline(() => Deno.serve({ port: 0 }, () => new Response()).finished), []).start();
   * process.terminate();
   * await process.join();
   * assertEquals([process.reason, process.exitCode], ["terminated", -15]);
   * ```
   */
  terminate(): void {
    const { future } = this.#started("terminate");
    this.#child.stop("terminated");
    future.cancel();
  }

  /**
   * Stops the process by force, at once: a child by SIGKILL, with what it has started.
   *
   * @example Stop a loop that never ends
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Process } from "@isopool/isopool";
   *
   * const process = new Process(inline(() => { while (true); }), []).start();
   * process.kill();
   * await process.join();
   * assertEquals([process.reason, process.exitCode], ["killed", -9]);
   * ```
   */
  kill(): void {
    const { core } = this.#started("kill");
    this.#child.stop("killed");
    void core.scheduler.terminate();
  }

  /**
   * Joins the process, if it was started.
   *
   * @example Join by leaving a block
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Process } from "@isopool/isopool";
   *
   * const process = new Process(inline(() => {}), []);
   * { await using _running = process.start(); }
   * assertEquals(process.exitCode, 0);
   * ```
   */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#running) await this.join();
  }

  #started(action: string): Running {
    if (this.#running) return this.#running;
    throw new IsopoolError(`Cannot ${action} process ${this.name}: it was not started: call start()`);
  }

  get #end(): ProcessEnd | undefined {
    return this.#child.isOver ? endOf(this.#running!.future, this.#child) : undefined;
  }
}

const START: PublicMethod = { action: "start process", method: Process.prototype.start };
refuseCopies(Process, "start it here, and send what `result()` resolves to");
