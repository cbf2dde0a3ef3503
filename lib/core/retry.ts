/**
 * When a failed attempt is made again. The option names and the arithmetic are those of `@std/async/retry`, which
 * `pooled()` hands a policy to; a pool's waiting is its scheduler's, which has no worker sit idle meanwhile.
 *
 * @module
 */
import { CancelledError, TaskLoadError, TaskNotFoundError, TransferError } from "./errors.ts";
import { bad, integer, knownOptions, MAX_DELAY } from "./validate.ts";

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
export interface RetryPolicy extends Readonly<Required<RetryOptions>> {
  /** Milliseconds to wait after `attempt` (1 is the first) failed. */
  delay(attempt: number): number;
  /** Never for what would end in the same way. May throw what the caller's own function throws. */
  readonly isRetriable: (error: unknown) => boolean;
}

const FINAL = [TaskNotFoundError, TaskLoadError, TransferError, CancelledError];

const NAMES = ["maxAttempts", "minTimeout", "maxTimeout", "multiplier", "jitter", "isRetriable"] as const;
const DEFAULTS = { minTimeout: 0, maxTimeout: 60_000, multiplier: 2, jitter: 1, isRetriable: (): boolean => true };

/** Checks the option; `undefined` when there is nothing to retry. A number counts the retries after the first attempt. */
export function retryPolicy(call: string, retry: number | RetryOptions | undefined): RetryPolicy | undefined {
  if (retry === undefined || retry === 0) return undefined;
  if (typeof retry === "number") {
    return new Policy({ maxAttempts: integer(call, "retry", retry, 0) + 1, ...DEFAULTS });
  }
  knownOptions(`${call}: \`retry\``, retry, NAMES);
  const {
    minTimeout = DEFAULTS.minTimeout,
    maxTimeout = DEFAULTS.maxTimeout,
    multiplier = DEFAULTS.multiplier,
    jitter = DEFAULTS.jitter,
    isRetriable = DEFAULTS.isRetriable,
  } = retry;
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
  return new Policy({ maxAttempts, minTimeout, maxTimeout, multiplier, jitter, isRetriable });
}

class Policy implements RetryPolicy {
  readonly maxAttempts: number;
  readonly minTimeout: number;
  readonly maxTimeout: number;
  readonly multiplier: number;
  readonly jitter: number;
  readonly isRetriable: (error: unknown) => boolean;

  constructor(checked: Required<RetryOptions>) {
    this.maxAttempts = checked.maxAttempts;
    this.minTimeout = checked.minTimeout;
    this.maxTimeout = checked.maxTimeout;
    this.multiplier = checked.multiplier;
    this.jitter = checked.jitter;
    const { isRetriable } = checked;
    this.isRetriable = (error) => !isFinal(error) && isRetriable(error);
  }

  delay(attempt: number): number {
    const { minTimeout, maxTimeout, multiplier, jitter } = this;
    const full = minTimeout === 0 ? 0 : Math.min(maxTimeout, minTimeout * multiplier ** (attempt - 1));
    return (1 - jitter * Math.random()) * full;
  }
}

/** Whether another attempt would end in the same way. */
function isFinal(error: unknown): boolean {
  return FINAL.some((final) => error instanceof final);
}
