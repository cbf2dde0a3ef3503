/**
 * What is used of `@std/async`, by sub-path and with types of its own: in a checkout the names come from npm, where the
 * standard library has none.
 *
 * @module
 */
import { deadline as stdDeadline } from "@std/async/deadline";
import { delay as stdDelay } from "@std/async/delay";
import { retry as stdRetry, RetryError as StdRetryError } from "@std/async/retry";
import type { RetryOptions } from "./retry.ts";

/** Waits `ms` milliseconds; rejects with the signal's reason if that aborts first. */
export const delay: (ms: number, options?: { signal?: AbortSignal }) => Promise<void> = stdDelay;

/**
 * Settles as `promise` does, or rejects: after `ms` milliseconds with a `TimeoutError`, or with the signal's reason.
 * `Infinity` leaves it to the signal.
 */
export const deadline: <T>(promise: Promise<T>, ms: number, options?: { signal?: AbortSignal }) => Promise<T> =
  stdDeadline;

/** Calls `fn` until it succeeds. The signal ends the waits between attempts. */
export const retry: <T>(fn: () => Promise<T>, options: RetryOptions & { signal?: AbortSignal }) => Promise<T> =
  stdRetry;

/** What {@linkcode retry} rejects with when the attempts are used up; `cause` is what the last one threw. */
export const RetryError: abstract new (...args: never[]) => Error = StdRetryError;
