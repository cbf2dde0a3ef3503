/**
 * What a pool can run, as types: tasks, closures, their arguments, and the callbacks of a call.
 *
 * @module
 */
import type { Task } from "../task/task.ts";
import type { BackendName } from "./backends.ts";
import type { SharedValue } from "./shared_value.ts";

/**
 * A function of this isolate. Only backend `"async"` runs closures; a worker shares no memory with them.
 *
 * @typeParam A The function's parameters.
 * @typeParam R What the function returns.
 */
export type Closure<A extends unknown[], R> = (...args: A) => R | PromiseLike<R>;

/**
 * What a pool of backend `B` can run: a task, and on backend `"async"` a closure, too.
 *
 * @typeParam B The pool's backend.
 * @typeParam A The task's parameters.
 * @typeParam R What the task returns.
 */
export type Runnable<B extends BackendName, A extends unknown[], R> =
  | Task<A, R>
  | (B extends "async" ? Closure<A, R> : never);

/**
 * Arguments of a task, each of which may be a {@linkcode SharedValue} handle on the argument instead.
 *
 * @typeParam A The task's parameters.
 */
export type Args<A extends unknown[]> = { [K in keyof A]: A[K] | SharedValue<A[K]> };

/** Callbacks of `Pool.applyAsync`. The pool calls exactly one of them, once. */
export interface ApplyOptions<R> {
  /** Receives the result. */
  callback?: (result: R) => void;
  /** Receives the error, or the `CancelledError`. */
  errorCallback?: (error: unknown) => void;
}

/** A task or closure of any signature. */
export type AnyRunnable = Task<never, unknown> | Closure<never, unknown>;
