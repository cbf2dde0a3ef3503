/**
 * A worker that is this very event loop: backend `"async"`, and the scheduler's own tests. Nothing is copied. A call
 * that has started cannot be forced to stop; killing the "worker" lets go of it.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { RunningTask, scope } from "../core/scope.ts";
import { loadTask, type TaskFunction } from "../protocol/load_task.ts";
import type { Batch, Launch, Transport, TransportEvents } from "./transport.ts";

/** The running call, found again after each await of its own. */
const running = new AsyncLocalStorage<RunningTask>();
let installed = false;

function install(): void {
  if (installed) return;
  installed = true;
  // A worker's task may have an "async" pool of its own: outside of that pool's calls, the worker's own task answers.
  const outer = scope.current;
  scope.current = () => running.getStore() ?? outer?.();
}

/** Starts loopback workers. */
export const launchLoopback: Launch = (workerId, events) => new Loopback(workerId, events);

class Loopback implements Transport {
  readonly window = 1;
  readonly free = 1;
  readonly #workerId: number;
  readonly #events: TransportEvents;
  readonly #functions = new Map<number, TaskFunction>();
  #current: RunningTask | undefined;
  #startedAt = 0;
  #gone = false;

  constructor(workerId: number, events: TransportEvents) {
    this.#workerId = workerId;
    this.#events = events;
    install();
    queueMicrotask(() => this.#gone || events.ready());
  }

  send(batch: Batch): void {
    // Not at once: what throws before its first await would be settled before it counts as sent.
    queueMicrotask(() => void this.#run(batch));
  }

  withdraw(): boolean {
    return false;
  }

  startedAt(seq: number): number | undefined {
    return seq === this.#current?.taskId ? this.#startedAt : undefined;
  }

  hasStarted(): boolean {
    return true;
  }

  cancel(seq: number, reason: unknown): void {
    if (seq === this.#current?.taskId) running.run(this.#current, () => this.#current!.abort(reason));
  }

  close(): void {
    this.#exit();
  }

  kill(): void {
    this.#exit();
  }

  async #run(batch: Batch): Promise<void> {
    const { first: seq, items: [item], spread } = batch;
    const current = this.#current = new RunningTask(this.#workerId, seq, batch.attempt);
    this.#startedAt = performance.now();
    let ok = true;
    let value: unknown;
    try {
      const fn = batch.local as TaskFunction | undefined ?? this.#functions.get(batch.taskId) ??
        await this.#load(batch);
      value = await running.run(current, () => spread ? fn(...item as unknown[]) : fn(item));
    } catch (error) {
      ok = false;
      value = error;
    }
    // What ends after its worker was let go has been settled already.
    if (this.#gone) return;
    this.#current = undefined;
    this.#events.settled(seq, ok, value);
    this.#events.measured(1, performance.now() - this.#startedAt);
  }

  async #load(batch: Batch): Promise<TaskFunction> {
    const fn = await loadTask(batch.source);
    this.#functions.set(batch.taskId, fn);
    return fn;
  }

  #exit(): void {
    if (this.#gone) return;
    this.#gone = true;
    queueMicrotask(() => this.#events.exit({ reason: "terminated" }));
  }
}
