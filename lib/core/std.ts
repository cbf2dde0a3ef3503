/**
 * The functions of `@std/async` that this library uses, imported by sub-path and typed here: a checkout takes them from
 * npm, where the standard library has no types.
 *
 * @module
 */
import { deadline as stdDeadline } from "@std/async/deadline";
import { delay as stdDelay } from "@std/async/delay";
import { retry as stdRetry, RetryError as StdRetryError } from "@std/async/retry";
import type { RetryOptions } from "./retry.ts";

/** Waits `ms` milliseconds; rejects with the signal's reason if the signal aborts first. */
export const delay: (ms: number, options?: { signal?: AbortSignal }) => Promise<void> = stdDelay;

/**
 * Settles as `promise` does, or rejects: with a `TimeoutError` after `ms` milliseconds, or with the signal's reason when
 * the signal aborts. With `Infinity`, only the signal ends the wait.
 */
export const deadline: <T>(promise: Promise<T>, ms: number, options?: { signal?: AbortSignal }) => Promise<T> =
  stdDeadline;

/** Calls `fn` until it succeeds. The signal ends the waits between attempts. */
export const retry: <T>(fn: () => Promise<T>, options: RetryOptions & { signal?: AbortSignal }) => Promise<T> =
  stdRetry;

/** The error of {@linkcode retry} after the last attempt; `cause` is what that attempt threw. */
export const RetryError: abstract new (...args: never[]) => Error = StdRetryError;
