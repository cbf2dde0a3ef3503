/**
 * What a test file gives to the contract of the shared objects: a way to run tasks on isolates of their own, with nothing
 * but the public API.
 *
 * ```
 * crew(3):  start(task, ...args) -> Running     a pool of three workers, or a process for each call
 *                running.stop()                 force: cancel() without a grace to speak of, or kill()
 * ```
 *
 * @module
 */
import { Pool, type PoolOptions, Process, type ProcessOptions, type Task } from "@isopool/isopool";
import type { test } from "../../support/within.ts";
import type { Ending } from "./tasks.ts";

/** A task that runs. */
export interface Running<R> {
  readonly result: Promise<R>;
  /** Stops it by force, in whatever way the engine has. */
  stop(): void;
}

/** Isolates, each of which runs one task at a time. */
export interface Crew extends AsyncDisposable {
  /** Starts a task on an isolate that has no other. */
  start<A extends unknown[], R>(task: Task<A, R>, ...args: A): Running<R>;
}

/** A kind of isolates under test. */
export interface Engine {
  readonly name: string;
  /** How its isolates can end: a scoped one that spins cannot be stopped, and only threads of a pool have a memory limit. */
  readonly endings: readonly Ending[];
  /** Makes at least `count` isolates. */
  crew(count: number): Crew;
}

/** A group of tests; `check` registers one for the engine. */
export type SharedSuite = (engine: Engine, check: typeof test) => void;

/** Milliseconds from the polite to the forceful stop. */
const GRACE = 30;
/** Enough for a task, and soon full for one that fills it. */
const MEMORY = 64 * 2 ** 20;

/** Workers of a pool. */
export function poolEngine(name: string, endings: readonly Ending[], options: PoolOptions = {}): Engine {
  return {
    name,
    endings,
    crew(count) {
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
    crew() {
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
  crew: Crew,
  count: number,
  task: Task<A, R>,
  ...args: A
): Promise<R[]> {
  return Promise.all(Array.from({ length: count }, () => crew.start(task, ...args).result));
}

/** Leaves the end of a task that is about to be stopped to its test. */
export function doomed<R>(running: Running<R>): Running<R> {
  running.result.catch(() => {});
  return running;
}
