/**
 * The context of the running task: its signal, its worker, its attempt, and messages to the caller.
 *
 * @example Stop a download when the caller cancels the task
 * ```ts ignore
 * import { context } from "@isopool/isopool/worker";
 *
 * export async function download(url: string): Promise<number> {
 *   const response = await fetch(url, { signal: context.signal });
 *   return (await response.bytes()).length;
 * }
 * ```
 *
 * @module
 */
import { type Current, isolateState } from "../lib/core/isolate_state.ts";

/**
 * The running task, seen from inside. Each property and method throws a `TypeError` outside of a task.
 *
 * @example Read the context in an inline task
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { inline, Pool } from "@isopool/isopool";
 *
 * await using pool = new Pool(1);
 * const attempt = inline(async () => {
 *   const { context } = await import("@isopool/isopool/worker");
 *   return context.attempt;
 * });
 * assertEquals(await pool.submit(attempt), 1);
 * ```
 */
export interface TaskContext {
  /**
   * Aborts when the task is cancelled or has reached its timeout. A task that ends within `killGrace` keeps its worker.
   *
   * @example Stop when the time is up
   * ```ts
   * import { assert, assertEquals } from "@std/assert";
   * import { inline, Pool, TaskTimeoutError } from "@isopool/isopool";
   *
   * await using pool = new Pool(1);
   * await pool.ready();
   * const workers = pool.workerIds;
   * const poll = inline(async () => {
   *   const { context } = await import("@isopool/isopool/worker");
   *   while (!context.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 1));
   * });
   * assert(await pool.submit(poll.with({ timeout: 50 })).exception() instanceof TaskTimeoutError);
   * assertEquals(pool.workerIds, workers);
   * ```
   */
  readonly signal: AbortSignal;
  /**
   * The id of this worker, unique in its pool.
   *
   * @example Find out which worker has run a task
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool(2);
   * const where = inline(async () => (await import("@isopool/isopool/worker")).context.workerId);
   * const future = pool.submit(where);
   * assertEquals(await future, future.workerId);
   * ```
   */
  readonly workerId: number;
  /**
   * The number of this task, unique in its worker.
   *
   * @example Give each task a temporary file of its own
   * ```ts
   * import { assertNotEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool(2);
   * const file = inline(async () => {
   *   const { context } = await import("@isopool/isopool/worker");
   *   return `part-${context.workerId}-${context.taskId}.tmp`;
   * });
   * assertNotEquals(await pool.submit(file), await pool.submit(file));
   * ```
   */
  readonly taskId: number;
  /**
   * The number of this attempt, from 1.
   *
   * @example Fail twice, and succeed at the last attempt
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool(1);
   * const flaky = inline(async () => {
   *   const { context } = await import("@isopool/isopool/worker");
   *   if (context.attempt < 3) throw new Error("not yet");
   *   return context.attempt;
   * });
   * assertEquals(await pool.submit(flaky.with({ retry: 2 })), 3);
   * ```
   */
  readonly attempt: number;
  /**
   * The state of this worker. Its tasks find there what the pool's initializer and earlier tasks have left. On backend
   * `"async"`, too, each worker of the pool has a state of its own.
   *
   * @example Keep a cache in each worker
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool(1);
   * const square = inline(async (n: number) => {
   *   const { context } = await import("@isopool/isopool/worker");
   *   const cache = (context.state.cache ??= new Map()) as Map<number, number>;
   *   const isCached = cache.has(n);
   *   if (!isCached) cache.set(n, n * n);
   *   return [cache.get(n), isCached];
   * });
   * assertEquals([await pool.submit(square, 7), await pool.submit(square, 7)], [[49, false], [49, true]]);
   * ```
   */
  readonly state: Record<PropertyKey, unknown>;
  /**
   * Sends a value to the `onEmit` of the task's options, in order and before the result. Nothing holds back a task that
   * emits faster than its caller reads; use `Pool.stream` for that.
   *
   * @example Send warnings beside the result
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool(1);
   * const sum = inline(async (numbers: number[]) => {
   *   const { context } = await import("@isopool/isopool/worker");
   *   for (const n of numbers) if (n < 0) context.emit(`${n} is negative`);
   *   return numbers.reduce((total, n) => total + n, 0);
   * });
   * const warnings: unknown[] = [];
   * const result = await pool.submit(sum.with({ onEmit: (warning) => void warnings.push(warning) }), [3, -1]);
   * assertEquals([result, warnings], [2, ["-1 is negative"]]);
   * ```
   *
   * @throws {TransferError} If the value cannot be copied.
   */
  emit(value: unknown): void;
  /**
   * Reports the progress of the task to the `onProgress` of its options. Reports that follow each other within 16 ms
   * are held back; the last one always arrives, before the result.
   *
   * @example Report the progress of a loop
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool(1);
   * const work = inline(async (steps: number) => {
   *   const { context } = await import("@isopool/isopool/worker");
   *   for (let step = 1; step <= steps; step++) context.progress(step, steps);
   * });
   * let last: unknown;
   * await pool.submit(work.with({ onProgress: (done, total) => last = `${done} of ${total}` }), 1_000);
   * assertEquals(last, "1000 of 1000");
   * ```
   *
   * @param done How much is done, in any unit.
   * @param total How much there is to do, in the same unit, if known.
   * @throws {TypeError | RangeError} If an argument is no number, or negative.
   */
  progress(done: number, total?: number): void;
}

function current(): Current {
  const found = isolateState.current?.();
  if (!found) {
    throw new TypeError(
      "Cannot read context: no task runs here: read it inside the task function, before or after an await, not at " +
        "the top level of its module",
    );
  }
  return found;
}

/**
 * The context of the running task.
 *
 * @example Read it inside of a task only
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { context } from "@isopool/isopool/worker";
 *
 * assertThrows(() => context.attempt, TypeError, "inside the task function");
 * ```
 */
export const context: TaskContext = {
  get signal() {
    return current().signal;
  },
  get workerId() {
    return current().workerId;
  },
  get taskId() {
    return current().taskId;
  },
  get attempt() {
    return current().attempt;
  },
  get state() {
    return current().state;
  },
  emit: (value) => current().emit(value),
  progress: (done, total) => current().progress(done, total),
};
