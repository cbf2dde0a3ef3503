/**
 * An engine of the contract of the shared objects: one way to run tasks on isolates of their own, through the public API.
 *
 * ```
 * isolates(3):  start(task, ...args) -> Running     a pool of three workers, or a process for each call
 *                running.stop()                 force: cancel() with a grace of 30 ms, or kill()
 * ```
 *
 * @module
 */
import { Pool, type PoolOptions, Process, type ProcessOptions, type Task } from "@isopool/isopool";
import type { test } from "../../support/within.ts";
import type { Ending } from "./tasks.ts";

/** A running task. */
export interface Running<R> {
  readonly result: Promise<R>;
  /** Stops the task by force. */
  stop(): void;
}

/** Several isolates, each of which runs one task at a time. */
export interface Isolates extends AsyncDisposable {
  /** Starts a task on an isolate that runs no other task. */
  start<A extends unknown[], R>(task: Task<A, R>, ...args: A): Running<R>;
}

/** One kind of isolates under test. */
export interface Engine {
  readonly name: string;
  /** The ways in which its isolates can end. A scoped worker that spins cannot be stopped; only pool threads have a memory limit. */
  readonly endings: readonly Ending[];
  /** Makes at least `count` isolates. */
  isolates(count: number): Isolates;
}

/** A group of tests; `check` registers a test for the engine. */
export type SharedSuite = (engine: Engine, check: typeof test) => void;

/** Milliseconds from the polite to the forceful stop. */
const GRACE = 30;
/** Bytes: enough for a task, and soon full for a task that fills its heap. */
const MEMORY = 64 * 2 ** 20;

/** Workers of a pool. */
export function poolEngine(name: string, endings: readonly Ending[], options: PoolOptions = {}): Engine {
  return {
    name,
    endings,
    isolates(count) {
      const limits = endings.includes("oom") ? { memoryLimit: MEMORY } : {};
      const pool = new Pool({ workers: count, killGrace: GRACE, ...limits, ...options, backend: "worker" });
      return {
        start(task, ...args) {
          const future = pool.submit(task, ...args);
          return { result: future.result(), stop: () => void future.cancel() };
        },
        [Symbol.asyncDispose]: () => pool.terminate(),
      };
    },
  };
}

/** A process for each task. */
export function processEngine(name: string, endings: readonly Ending[], options: ProcessOptions = {}): Engine {
  return {
    name,
    endings,
    isolates() {
      const all: Process<never>[] = [];
      return {
        start(task, ...args) {
          const process = new Process(task, args, options).start();
          all.push(process as unknown as Process<never>);
          return { result: process.result(), stop: () => process.kill() };
        },
        async [Symbol.asyncDispose]() {
          for (const process of all) process.kill();
          await Promise.all(all.map((process) => process.join()));
        },
      };
    },
  };
}

/** Starts the same task `count` times. */
export function several<A extends unknown[], R>(
  isolates: Isolates,
  count: number,
  task: Task<A, R>,
  ...args: A
): Promise<R[]> {
  return Promise.all(Array.from({ length: count }, () => isolates.start(task, ...args).result));
}

/** Marks a task as one that may fail, so that its rejection counts as handled before the test awaits it. */
export function mayFail<R>(running: Running<R>): Running<R> {
  running.result.catch(() => {});
  return running;
}
