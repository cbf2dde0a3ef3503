/**
 * A transport whose worker is the event loop of this isolate: backend `"async"`, and the scheduler's own tests.
 *
 * Values are not copied. A running call cannot be stopped by force: after `kill()`, its signal has fired and its outcome is
 * ignored, and the worker counts as abandoned until the last of its calls has ended.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { AsyncContext } from "../core/async_context.ts";
import { isolateState } from "../core/isolate_state.ts";
import { CancelledError } from "../core/errors.ts";
import { performance, Promise } from "../core/platform.ts";
import { type CallHost, RunningCall } from "../core/running_call.ts";
import { clearTimeout, queueMicrotask, setTimeout, type Timer } from "../core/timer.ts";
import { loadTask, type TaskFunction } from "../protocol/load_task.ts";
import { resolveShared } from "../protocol/shared_value.ts";
import { Credit, drive } from "../protocol/stream.ts";
import { FINALIZER_LIMIT } from "./make_worker_init.ts";
import { runSoon } from "./run_soon.ts";
import type { Batch, Death, Hook, Launch, Setup, Transport, TransportEvents } from "./transport.ts";

/** The running call and the setup of its pool. Async local storage keeps them across the awaits of the call. */
const callStorage = new AsyncLocalStorage<{ task: RunningCall; setup: Setup } | undefined>();
let installed = false;

function install(): void {
  if (installed) return;
  installed = true;
  // A task in a worker may create an "async" pool: outside of that pool's calls, the current call is the worker's.
  const outer = isolateState.current;
  isolateState.current = () => callStorage.getStore()?.task ?? outer?.();
}

/** Starts workers of this event loop. */
export function launchLoopback(setup: Setup): Launch {
  const context = setup.initializer || setup.finalizer ? new AsyncContext() : undefined;
  return (workerId, events) => new Loopback(workerId, events, setup, context);
}

/** Whether the caller is a call that one of this pool's loopback workers runs. */
export function runsWithin(setup: Setup): boolean {
  return callStorage.getStore()?.setup === setup;
}

interface ActiveCall {
  task: RunningCall;
  startedAt: number;
  credit: Credit;
  context: AsyncContext | undefined;
}

function runIn<R>(context: AsyncContext | undefined, fn: () => R): R {
  return context ? context.run(fn) : fn();
}

class Loopback implements Transport, CallHost {
  readonly workerId: number;
  readonly state: Record<PropertyKey, unknown> = Object.create(null);
  readonly window: number;
  readonly isLoading = false;
  readonly #events: TransportEvents;
  readonly #setup: Setup;
  // The context of the code that made the pool, for its hooks.
  readonly #context: AsyncContext | undefined;
  readonly #functions = new Map<number, TaskFunction>();
  readonly #calls = new Map<number, ActiveCall>();
  // Resolves to whether the initializer has succeeded.
  readonly #started: Promise<boolean>;
  #closing = false;
  #finalizerTimer: Timer | undefined;
  #exited = false;
  #isAbandoned = false;

  constructor(workerId: number, events: TransportEvents, setup: Setup, context: AsyncContext | undefined) {
    this.#context = context;
    this.workerId = workerId;
    this.window = setup.concurrency;
    this.#events = events;
    this.#setup = setup;
    install();
    this.#started = Promise.resolve().then(() => this.#start());
  }

  get free(): number {
    return this.window - this.#calls.size;
  }

  send(batch: Batch): void {
    batch.items.forEach((item, i) => {
      const task = new RunningCall(this, batch.first + i, batch.attempt);
      const { context } = batch;
      const call = { task, startedAt: performance.now(), credit: new Credit(batch.stream), context };
      this.#calls.set(task.taskId, call);
      // Not at once: a call that throws before its first await would be settled before it counts as sent.
      // In the context of the caller, but outside of every call. Otherwise the call would get the context in which the
      // scheduler runs: that of some other call. Not by `exit()`: the runtime undoes it at the first await.
      const start = () => callStorage.run(undefined, () => void this.#run(batch, item, call));
      runSoon(() => runIn(context, start));
    });
  }

  withdraw(): boolean {
    return false;
  }

  isRunning(seq: number): boolean {
    return this.#calls.has(seq);
  }

  startedAt(seq: number): number | undefined {
    return this.#calls.get(seq)?.startedAt;
  }

  readonly hasStarted = (): boolean => true;
  readonly isQueued = (): boolean => false;

  cancel(seq: number, reason: unknown): void {
    const call = this.#calls.get(seq);
    if (call) this.#abort(call, reason);
  }

  grant(seq: number, count: number): void {
    this.#calls.get(seq)?.credit.grant(count);
  }

  drop(): void {
    // The worker keeps no shared values: each call takes them from its batch.
  }

  close(): void {
    this.#closing = true;
    const { finalizer, timeout = FINALIZER_LIMIT } = this.#setup;
    if (!finalizer || this.#exited) return this.#exit({ reason: "terminated" });
    this.#finalizerTimer = setTimeout(() => this.#exit({ reason: "terminated" }), timeout);
    void this.#finalize(finalizer);
  }

  kill(): void {
    if (this.#exited) return;
    for (const call of this.#calls.values()) {
      this.#abort(call, new CancelledError("Task was given up: its worker was stopped"));
    }
    const abandoned = this.#isAbandoned = this.#calls.size > 0;
    this.#exit({ reason: "terminated", ...abandoned && { abandoned } });
  }

  emit(seq: number, value: unknown): void {
    if (!this.#exited) callStorage.run(undefined, () => this.#events.item(seq, value));
  }

  progress(seq: number, done: number, total: number | undefined): void {
    if (!this.#exited) callStorage.run(undefined, () => this.#events.progress(seq, done, total));
  }

  // The listeners of the signal run as code of the call.
  #abort({ task, context }: ActiveCall, reason: unknown): void {
    runIn(context, () => callStorage.run({ task, setup: this.#setup }, () => task.abort(reason)));
  }

  async #start(): Promise<boolean> {
    if (this.#closing || this.#exited) return false;
    const { initializer } = this.#setup;
    if (initializer) {
      this.#events.initializing();
      try {
        await this.#hook(initializer);
      } catch (cause) {
        this.#exit({ reason: "initializer", cause });
        return false;
      }
    }
    if (!this.#exited) this.#events.ready();
    return true;
  }

  // The finalizer runs after an initializer that has succeeded, and not after one that has failed.
  async #finalize(finalizer: Hook): Promise<void> {
    try {
      if (await this.#started) await this.#hook(finalizer);
      this.#exit({ reason: "terminated" });
    } catch (cause) {
      this.#exit({ reason: "finalizer", cause });
    }
  }

  async #hook({ source, localFunction: local, args }: Hook): Promise<void> {
    const fn = local as TaskFunction | undefined ?? await loadTask(source);
    const call = { task: new RunningCall(this, -1, 1), setup: this.#setup };
    await runIn(this.#context, () => callStorage.run(call, () => fn(...args)));
  }

  async #run(batch: Batch, item: unknown, { task, startedAt, credit }: ActiveCall): Promise<void> {
    // The worker was stopped before the call could start.
    if (this.#exited) {
      this.#calls.delete(task.taskId);
      if (this.#isAbandoned && this.#calls.size === 0) this.#events.abandonedExited();
      return;
    }
    const { spread, shares, stream } = batch;
    if (shares) item = resolveShared(item, spread, (id) => shares.get(id)?.value);
    let failed = false;
    let value: unknown;
    try {
      const fn = batch.localFunction as TaskFunction | undefined ?? this.#functions.get(batch.taskId) ??
        await this.#load(batch);
      value = await callStorage.run({ task, setup: this.#setup }, () => {
        const returned = spread ? fn(...item as unknown[]) : fn(item);
        return stream > 0 ? drive(returned, credit, task, (each) => task.emit(each)) : returned;
      });
    } catch (error) {
      failed = true;
      value = error;
    }
    this.#calls.delete(task.taskId);
    // The worker was stopped meanwhile: the call is settled already.
    if (this.#exited) {
      if (this.#isAbandoned && this.#calls.size === 0) this.#events.abandonedExited();
      return;
    }
    task.flushProgress();
    if (batch.timed) this.#events.timed(task.taskId, { start: startedAt, end: performance.now() });
    if (failed) this.#events.rejected(task.taskId, value);
    else this.#events.fulfilled(task.taskId, [value]);
    const ms = performance.now() - startedAt;
    this.#events.measured(1, ms, ms);
  }

  async #load(batch: Batch): Promise<TaskFunction> {
    const fn = await loadTask(batch.source);
    this.#functions.set(batch.taskId, fn);
    return fn;
  }

  #exit(death: Death): void {
    if (this.#exited) return;
    this.#exited = true;
    clearTimeout(this.#finalizerTimer);
    queueMicrotask(() => callStorage.run(undefined, () => this.#events.exit(death)));
  }
}
