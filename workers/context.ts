/**
 * What a running task can ask about itself.
 *
 * @example Giving up when nobody wants the result any more
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
import { type Current, scope } from "../lib/core/isolate_state.ts";

/**
 * The running task, seen from inside. Each field throws outside of a task.
 *
 * @example Which attempt this is
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { inline, Pool } from "@isopool/isopool";
 *
 * await using pool = new Pool(1);
 * const attempt = inline(async () => {
 *   const { context } = await import("@isopool/isopool/worker");
 *   if (context.attempt < 3) throw new Error("not yet");
 *   return context.attempt;
 * });
 * assertEquals(await pool.submit(attempt.with({ retry: 2 })), 3);
 * ```
 */
export interface TaskContext {
  /** Aborts when the task is cancelled or has run out of time. */
  readonly signal: AbortSignal;
  /** Id of this worker, unique in its pool. */
  readonly workerId: number;
  /** Number of this task within its worker. */
  readonly taskId: number;
  /** Which attempt this is, from 1. */
  readonly attempt: number;
  /**
   * Worker-local state: what the pool's initializer or a task leaves here, the worker's next task finds. On backend
   * `"async"` each of the pool's workers has one of its own, too.
   */
  readonly state: Record<PropertyKey, unknown>;
  /**
   * Sends a value to the `onEmit` of the task's options, ahead of the result and in order. Nothing holds back a task that
   * emits faster than its caller reads: a stream does (`Pool.stream`).
   *
   * @throws {TransferError} If the value cannot be copied.
   */
  emit(value: unknown): void;
  /**
   * Tells the `onProgress` of the task's options how far the task has come. Reports that come faster than one in 16 ms
   * are held back; the last one is always told, before the result.
   *
   * @throws {TypeError | RangeError} If a number is not one, or negative.
   */
  progress(done: number, total?: number): void;
}

function current(): Current {
  const found = scope.current?.();
  if (!found) {
    throw new TypeError(
      "Cannot read context: no task runs here: read it inside the task function, before or after an await, not at " +
        "the top level of its module",
    );
  }
  return found;
}

/** The context of the running task; see {@linkcode TaskContext}. */
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
