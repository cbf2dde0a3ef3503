/**
 * When a failed attempt is made again. The option names and the arithmetic are those of `@std/async/retry`; the waiting
 * is the scheduler's, which has no worker sit idle meanwhile.
 *
 * @module
 */
import { CancelledError, TaskLoadError, TaskNotFoundError, TransferError } from "../core/errors.ts";
import { bad, integer, knownOptions, MAX_DELAY } from "../core/validate.ts";

/** How failed attempts are retried. */
export interface RetryOptions {
  /** Attempts in all, the first included. @default {5} */
  maxAttempts?: number;
  /** Wait before the second attempt, in milliseconds. @default {0} */
  minTimeout?: number;
  /** Longest wait between attempts, in milliseconds. @default {60000} */
  maxTimeout?: number;
  /** Factor by which the wait grows. @default {2} */
  multiplier?: number;
  /** Share of the wait that is random, 0 (none) to 1 (all of it). @default {1} */
  jitter?: number;
  /** Says whether an error is worth another attempt. @default {() => true} */
  isRetriable?: (error: unknown) => boolean;
}

/** A checked policy. */
export interface RetryPolicy {
  readonly maxAttempts: number;
  /** Milliseconds to wait after `attempt` (1 is the first) failed. */
  delay(attempt: number): number;
  /** May throw what the caller's own function throws. */
  isRetriable(error: unknown): boolean;
}

const FINAL = [TaskNotFoundError, TaskLoadError, TransferError, CancelledError];

const NAMES = ["maxAttempts", "minTimeout", "maxTimeout", "multiplier", "jitter", "isRetriable"] as const;
const ALWAYS = (): boolean => true;

/** Checks the option; `undefined` when there is nothing to retry. A number counts the retries after the first attempt. */
export function retryPolicy(call: string, retry: number | RetryOptions | undefined): RetryPolicy | undefined {
  if (retry === undefined || retry === 0) return undefined;
  if (typeof retry === "number") {
    return {
      maxAttempts: integer(call, "retry", retry, 0) + 1,
      delay: () => 0,
      isRetriable: (error) => !isFinal(error),
    };
  }
  knownOptions(`${call}: \`retry\``, retry, NAMES);
  const { minTimeout = 0, maxTimeout = 60_000, multiplier = 2, jitter = 1, isRetriable = ALWAYS } = retry;
  const within = (name: string, value: number, least: number, most: number) => {
    if (typeof value !== "number" || !(value >= least && value <= most)) {
      throw bad(call, `retry.${name}`, value, `a number from ${least} to ${most}`, typeof value === "number");
    }
  };
  const maxAttempts = integer(call, "retry.maxAttempts", retry.maxAttempts ?? 5, 1);
  within("minTimeout", minTimeout, 0, MAX_DELAY);
  within("maxTimeout", maxTimeout, minTimeout, MAX_DELAY);
  within("multiplier", multiplier, 1, Number.MAX_VALUE);
  within("jitter", jitter, 0, 1);
  if (typeof isRetriable !== "function") throw bad(call, "retry.isRetriable", isRetriable, "a function", false);
  return {
    maxAttempts,
    delay: (attempt) => {
      const full = minTimeout === 0 ? 0 : Math.min(maxTimeout, minTimeout * multiplier ** (attempt - 1));
      return (1 - jitter * Math.random()) * full;
    },
    isRetriable: (error) => !isFinal(error) && isRetriable(error),
  };
}

/** Whether another attempt would end in the same way. */
function isFinal(error: unknown): boolean {
  return FINAL.some((final) => error instanceof final);
}
