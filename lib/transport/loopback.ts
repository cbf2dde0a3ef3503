/**
 * A worker that is this very event loop: backend `"async"`, and the scheduler's own tests. Nothing is copied. A call
 * that has started cannot be forced to stop; killing the "worker" lets go of it.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Timer } from "../core/timer.ts";
import { setImmediate } from "node:timers";
import { type CallHost, RunningCall } from "../core/running_call.ts";
import { scope } from "../core/isolate_state.ts";
import { loadTask, type TaskFunction } from "../protocol/load_task.ts";
import { resolveShared } from "../protocol/shared_value.ts";
import { Credit, drive } from "../protocol/stream.ts";
import {
  type Batch,
  type Death,
  FINALIZER_LIMIT,
  type Hook,
  type Launch,
  type Setup,
  type Transport,
  type TransportEvents,
} from "./transport.ts";

/** The running call, found again after each await of its own, and the setup of its pool. */
const running = new AsyncLocalStorage<{ task: RunningCall; setup: Setup } | undefined>();
let installed = false;

/** How long, in milliseconds, calls may follow one another before timers, IO and events get their turn. */
const SLICE = 10;
let began = 0;
let deferred = 0;

/** Runs a function soon: as a microtask, or where those have taken long in a turn of its own; always in order. */
function soon(run: () => void): void {
  if (deferred === 0 && performance.now() - began < SLICE) return queueMicrotask(run);
  deferred++;
  setImmediate(() => {
    deferred--;
    began = performance.now();
    run();
  });
}

function install(): void {
  if (installed) return;
  installed = true;
  // A worker's task may have an "async" pool of its own: outside of that pool's calls, the worker's own task answers.
  const outer = scope.current;
  scope.current = () => running.getStore()?.task ?? outer?.();
}

/** Starts loopback workers. */
export function launchLoopback(setup: Setup): Launch {
  return (workerId, events) => new Loopback(workerId, events, setup);
}

/** Whether the caller is a call that one of this pool's loopback workers runs. */
export function runsWithin(setup: Setup): boolean {
  return running.getStore()?.setup === setup;
}

interface ActiveCall {
  task: RunningCall;
  startedAt: number;
  credit: Credit;
}

class Loopback implements Transport, CallHost {
  readonly workerId: number;
  readonly state: Record<PropertyKey, unknown> = Object.create(null);
  readonly window: number;
  readonly #events: TransportEvents;
  readonly #setup: Setup;
  readonly #functions = new Map<number, TaskFunction>();
  readonly #calls = new Map<number, ActiveCall>();
  // Whether it has been set up, once that is known.
  readonly #started: Promise<boolean>;
  #closing = false;
  #ending: Timer | undefined;
  #gone = false;

  constructor(workerId: number, events: TransportEvents, setup: Setup) {
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
      const call = { task, startedAt: performance.now(), credit: new Credit(batch.stream) };
      this.#calls.set(task.taskId, call);
      // Not at once: what throws before its first await would be settled before it counts as sent.
      // Outside of every call: whoever woke the scheduler may be one, and must not answer for what is settled here.
      // Not `exit()`: the runtime forgets it at the first await.
      soon(() => running.run(undefined, () => void this.#run(batch, item, call)));
    });
  }

  withdraw(): boolean {
    return false;
  }

  startedAt(seq: number): number | undefined {
    return this.#calls.get(seq)?.startedAt;
  }

  hasStarted(): boolean {
    return true;
  }

  cancel(seq: number, reason: unknown): void {
    const task = this.#calls.get(seq)?.task;
    if (task) running.run({ task, setup: this.#setup }, () => task.abort(reason));
  }

  grant(seq: number, count: number): void {
    this.#calls.get(seq)?.credit.grant(count);
  }

  drop(): void {
    // Shared values are put in place as calls are sent.
  }

  close(): void {
    this.#closing = true;
    const { finalizer, timeout = FINALIZER_LIMIT } = this.#setup;
    if (!finalizer || this.#gone) return this.#exit({ reason: "terminated" });
    this.#ending = setTimeout(() => this.#exit({ reason: "terminated" }), timeout);
    void this.#finalize(finalizer);
  }

  kill(): void {
    this.#exit({ reason: "terminated" });
  }

  emit(seq: number, value: unknown): void {
    if (!this.#gone) running.run(undefined, () => this.#events.item(seq, value));
  }

  progress(seq: number, done: number, total: number | undefined): void {
    if (!this.#gone) running.run(undefined, () => this.#events.progress(seq, done, total));
  }

  async #start(): Promise<boolean> {
    if (this.#closing || this.#gone) return false;
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
    if (!this.#gone) this.#events.ready();
    return true;
  }

  // Only what has been set up is cleaned up, and not before that has ended.
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
    await running.run({ task: new RunningCall(this, -1, 1), setup: this.#setup }, () => fn(...args));
  }

  async #run(batch: Batch, item: unknown, { task, startedAt, credit }: ActiveCall): Promise<void> {
    // Sent, and let go before its turn came.
    if (this.#gone) return;
    const { spread, shares, stream } = batch;
    if (shares) item = resolveShared(item, spread, (id) => shares.get(id)?.value);
    let failed = false;
    let value: unknown;
    try {
      const fn = batch.localFunction as TaskFunction | undefined ?? this.#functions.get(batch.taskId) ??
        await this.#load(batch);
      value = await running.run({ task, setup: this.#setup }, () => {
        const returned = spread ? fn(...item as unknown[]) : fn(item);
        return stream > 0 ? drive(returned, credit, task, (each) => task.emit(each)) : returned;
      });
    } catch (error) {
      failed = true;
      value = error;
    }
    // What ends after its worker was let go has been settled already.
    if (this.#gone) return;
    task.flushProgress();
    this.#calls.delete(task.taskId);
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
    if (this.#gone) return;
    this.#gone = true;
    clearTimeout(this.#ending);
    queueMicrotask(() => running.run(undefined, () => this.#events.exit(death)));
  }
}
