/**
 * Runs the calls of a worker and answers each as it finishes.
 *
 * ```
 * batch -> take the call in the call table -> load the task -> call -> replies.ts: call table, or message
 *                                                               |-> yields, emits -> item message
 *                                                               \-> throws -> error message
 * ```
 *
 * Calls run one after another, or up to `concurrency` of them at a time. They start in order either way.
 *
 * @module
 */
import type { AsyncLocalStorage } from "node:async_hooks";
import { isolateState } from "../lib/core/isolate_state.ts";
import { takeMove } from "../lib/core/move.ts";
import { performance, Promise } from "../lib/core/platform.ts";
import { type CallHost, RunningCall } from "../lib/core/running_call.ts";
import { transferError } from "../lib/protocol/transfer_error.ts";
import type { TaskFunction } from "../lib/protocol/load_task.ts";
import type { RunMessage } from "../lib/protocol/messages.ts";
import { valueMessage } from "../lib/protocol/value_messages.ts";
import { decode } from "../lib/shared/revive.ts";
import type { HostLink } from "./host_link.ts";
import { Replies } from "./replies.ts";
import { Streams } from "./streams.ts";
import type { TaskRegistry } from "./task_registry.ts";

/** Runs the calls of one worker. */
export class CallRunner implements CallHost {
  readonly workerId: number;
  readonly state = isolateState.state;
  readonly #host: HostLink;
  readonly #tasks: TaskRegistry;
  readonly #replies: Replies;
  readonly #streams = new Streams();
  readonly #concurrency: number;
  // Concurrent calls by number, and the storage that tells which of them runs; calls one after another need neither.
  readonly #running = new Map<number, RunningCall>();
  readonly #callStorage: AsyncLocalStorage<RunningCall> | undefined;
  #runningAlone: RunningCall | undefined;
  #onCallEnd: (() => void) | undefined;
  #prepared: Promise<void> | undefined;
  // Loaded with the first call that belongs to a trace.
  #traceCall: typeof import("./call_tracer.ts").traceCall | undefined;

  constructor(host: HostLink, tasks: TaskRegistry) {
    this.#host = host;
    this.#tasks = tasks;
    this.workerId = host.init.workerId;
    this.#concurrency = host.init.concurrency;
    this.#replies = new Replies(host);
    if (this.#concurrency > 1) this.#callStorage = newStorage();
  }

  /** The call whose code runs now. */
  get current(): RunningCall | undefined {
    return this.#callStorage?.getStore() ?? this.#runningAlone;
  }

  /** Whether concurrent calls run. */
  get hasConcurrentCalls(): boolean {
    return this.#running.size > 0;
  }

  /** Makes it safe to stop this worker by force, once. */
  prepare(): Promise<void> {
    return this.#prepared ??= this.#host.prepare();
  }

  /** Runs a batch. Resolves when all its calls have ended or, if they run concurrently, have started. */
  async run(batch: RunMessage): Promise<void> {
    if (batch.hasLimit) await this.prepare();
    if (batch.cpuTime !== undefined) await this.#host.watchCpu?.();
    if (batch.traceparent !== undefined) this.#traceCall ??= (await this.#host.loadTracer()).traceCall;
    if (batch.handles) {
      await this.#host.loadSharedTypes();
      try {
        batch.items = decode({ value: batch.items, handles: true }) as unknown[];
      } catch (error) {
        return this.#refuse(batch, error);
      }
    }
    if (this.#concurrency === 1) await this.#runInOrder(batch);
    else await this.#runConcurrently(batch);
  }

  /** Runs a function as the code of a call. */
  readonly enter = async (call: RunningCall, run: () => unknown): Promise<unknown> => {
    if (this.#callStorage) return await this.#callStorage.run(call, run);
    this.#runningAlone = call;
    try {
      return await run();
    } finally {
      this.#runningAlone = undefined;
    }
  };

  /** Fires the signal of a call, if it runs. */
  abort(seq: number, reason: unknown): void {
    const call = this.#runningAlone?.taskId === seq ? this.#runningAlone : this.#running.get(seq);
    call?.abort(reason);
  }

  /** Allows a streaming call to yield `count` more items, if it runs. */
  grant(seq: number, count: number): void {
    this.#streams.grant(seq, count);
  }

  /** Sends a value that a call emits. */
  emit(seq: number, value: unknown): void {
    const moved = takeMove(value);
    try {
      this.#host.post(valueMessage("item", seq, value, moved), moved);
    } catch (cause) {
      throw transferError(value, "value", "result", cause);
    }
  }

  /** Sends the progress of a call. */
  progress(seq: number, done: number, total: number | undefined): void {
    this.#host.post({ kind: "progress", seq, done, total });
  }

  async #runInOrder(batch: RunMessage): Promise<void> {
    this.#replies.begin();
    let fn = this.#tasks.get(batch.task);
    for (let i = 0; i < batch.items.length; i++) {
      const call = this.#take(batch, i);
      if (!call) continue;
      this.#runningAlone = call;
      const start = batch.timed ? performance.now() : 0;
      try {
        const sent = this.#host.sent?.();
        if (sent) await sent;
        // Loading counts as running: the first call's timeout stops a module that never finishes loading.
        fn ??= await this.#load(batch.task);
        let value = this.#call(fn, batch, i, call);
        if (isThenable(value)) {
          this.#replies.whileWaiting();
          value = await value;
        }
        this.#runningAlone = undefined;
        if (batch.timed) this.#sendTimes(call, start);
        this.#replies.result(call, value);
      } catch (error) {
        this.#runningAlone = undefined;
        if (batch.timed) this.#sendTimes(call, start);
        this.#replies.error(call, error);
      }
      this.#replies.callEnded();
    }
    this.#replies.flush();
  }

  async #runConcurrently(batch: RunMessage): Promise<void> {
    for (let i = 0; i < batch.items.length; i++) {
      while (this.#running.size >= this.#concurrency) await new Promise<void>((resolve) => this.#onCallEnd = resolve);
      const call = this.#take(batch, i);
      if (call) void this.#runConcurrentCall(batch, i, call);
    }
  }

  async #runConcurrentCall(batch: RunMessage, i: number, call: RunningCall): Promise<void> {
    if (this.#running.size === 0) this.#replies.begin();
    this.#running.set(call.taskId, call);
    const start = performance.now();
    try {
      const sent = this.#host.sent?.();
      if (sent) await sent;
      const fn = this.#tasks.get(batch.task) ?? await this.#load(batch.task);
      const running = this.enter(call, () => this.#call(fn, batch, i, call));
      this.#host.waits?.(call.taskId);
      const value = await running;
      if (batch.timed) this.#sendTimes(call, start);
      this.#replies.result(call, value);
    } catch (error) {
      if (batch.timed) this.#sendTimes(call, start);
      this.#replies.error(call, error);
    }
    this.#running.delete(call.taskId);
    this.#replies.callTook(performance.now() - start);
    this.#onCallEnd?.();
  }

  // Fails the calls of a batch with an object that cannot be made here.
  #refuse(batch: RunMessage, error: unknown): void {
    for (let i = 0; i < batch.items.length; i++) {
      const call = this.#take(batch, i);
      if (call) this.#replies.error(call, error);
    }
    this.#replies.flush();
  }

  // Takes a call; `undefined` if the host has withdrawn it.
  #take({ first, timeout, attempt }: RunMessage, i: number): RunningCall | undefined {
    const { calls } = this.#host;
    const seq = first + i;
    if (timeout !== undefined) calls.recordStart(seq, performance.now());
    return calls.start(seq) ? new RunningCall(this, seq, attempt) : undefined;
  }

  #call(fn: TaskFunction, batch: RunMessage, i: number, call: RunningCall): unknown {
    const { traceparent } = batch;
    if (traceparent === undefined) return this.#invoke(fn, batch, i, call);
    return this.#traceCall!(fn.name, traceparent, call, () => this.#invoke(fn, batch, i, call));
  }

  #invoke(fn: TaskFunction, { items, spread, stream, timeout }: RunMessage, i: number, call: RunningCall): unknown {
    let value: unknown;
    if (timeout === undefined || !this.#host.runWithin) value = invoke(fn, items.at(i), spread);
    else {
      const run = () => invoke(fn, items.at(i), spread);
      const end = this.#host.calls.startedAt(call.taskId) + timeout;
      value = this.#host.runWithin(run, timeout, end - performance.now());
    }
    return stream > 0 ? this.#streams.drive(value, stream, call) : value;
  }

  // The answer follows by the same port.
  #sendTimes(call: RunningCall, start: number): void {
    call.hasSentMessages = true;
    this.#host.post({ kind: "timed", seq: call.taskId, start, end: performance.now() });
  }

  async #load(id: number): Promise<TaskFunction> {
    const fn = await this.#tasks.load(id);
    // The time of loading must not count as the time of calls, from which the host sizes its batches.
    this.#replies.begin();
    return fn;
  }
}

// Loaded for workers that need it: its loading is a part of the start of a process.
function newStorage<T>(): AsyncLocalStorage<T> {
  // deno-lint-ignore no-process-global
  return new (process.getBuiltinModule("node:async_hooks").AsyncLocalStorage)<T>();
}

function invoke(fn: TaskFunction, item: unknown, spread: boolean): unknown {
  return spread ? fn(...item as unknown[]) : fn(item);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
