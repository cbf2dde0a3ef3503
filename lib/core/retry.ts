/**
 * The retry policy: whether a failed attempt is repeated, and after which wait. Option names and arithmetic are those of
 * `@std/async/retry`. `pooled()` passes the policy to that function; a pool's scheduler waits by itself, so that no worker
 * is idle during the wait.
 *
 * @module
 */
import { AsyncContext } from "./async_context.ts";
import { CancelledError, TaskLoadError, TaskNotFoundError, TransferError } from "./errors.ts";
import { badOption, integer, knownOptions, MAX_DELAY } from "./validate.ts";

// Taken at load: a test may replace it later.
const { random } = Math;

/**
 * How often and after which wait a failed attempt is repeated. Where an option `retry` takes a number, that counts the
 * attempts after the first, so `retry: 2` has as many attempts as `retry: { maxAttempts: 3 }`.
 *
 * The waits of `pooled()` and `limit()` are those of `@std/async/retry`: up to 1 s before the second attempt, then up to
 * 2 s, 4 s, and so on. Their other side is mostly a service that needs a pause. The next attempt of a task starts at once:
 * it computes on this machine. A task that asks a service needs a `minTimeout`.
 */
export interface RetryOptions {
  /** Maximum number of attempts, the first included: one more than the number of retries. @default {5} */
  maxAttempts?: number;
  /**
   * Wait before the second attempt, in milliseconds; `jitter` shortens it.
   *
   * @default {1000 for `pooled()` and `limit()`, at most `maxTimeout`; 0 for tasks}
   */
  minTimeout?: number;
  /** Maximum wait between two attempts, in milliseconds. @default {60000} */
  maxTimeout?: number;
  /** Factor by which the wait grows with each attempt. @default {2} */
  multiplier?: number;
  /** Share of the wait that is random, 0 (none) to 1 (all of it). @default {1} */
  jitter?: number;
  /** Returns whether to make another attempt after this error. @default {() => true} */
  isRetriable?: (error: unknown) => boolean;
}

/** A checked policy. */
export interface RetryPolicy extends Readonly<Required<RetryOptions>> {
  /** Returns the milliseconds to wait after `attempt` (1 is the first) has failed. */
  delay(attempt: number): number;
  /** Returns `false` for an error that the next attempt would repeat. Throws what the caller's own function throws. */
  readonly isRetriable: (error: unknown) => boolean;
}

/** Errors that the next attempt would repeat. */
const FINAL = [TaskNotFoundError, TaskLoadError, TransferError, CancelledError];

const OPTIONS = ["maxAttempts", "minTimeout", "maxTimeout", "multiplier", "jitter", "isRetriable"] as const;
const DEFAULTS = { maxTimeout: 60_000, multiplier: 2, jitter: 1, isRetriable: (): boolean => true };

/** Default of `minTimeout` where the other side is mostly a service, in milliseconds: that of `@std/async/retry`. */
export const SERVICE_MIN_TIMEOUT = 1_000;

/**
 * Checks the option; `undefined` means no retry. A number is the number of retries after the first attempt.
 *
 * @param keepsContext Whether the caller's `isRetriable` runs in the asynchronous context of this call.
 * @param defaultMinTimeout The wait before the second attempt if the caller sets none, in milliseconds.
 */
export function retryPolicy(
  call: string,
  retry: number | RetryOptions | undefined,
  keepsContext = false,
  defaultMinTimeout = 0,
): RetryPolicy | undefined {
  if (retry === undefined || retry === 0) return undefined;
  if (typeof retry === "number") {
    return new Policy({
      maxAttempts: integer(call, "retry", retry, 0) + 1,
      minTimeout: defaultMinTimeout,
      ...DEFAULTS,
    });
  }
  knownOptions(`${call}: \`retry\``, retry, OPTIONS);
  const {
    maxTimeout = DEFAULTS.maxTimeout,
    minTimeout: given,
    multiplier = DEFAULTS.multiplier,
    jitter = DEFAULTS.jitter,
    isRetriable = DEFAULTS.isRetriable,
    maxAttempts: attempts = 5,
  } = retry;
  const byDefault = typeof maxTimeout === "number" ? Math.min(defaultMinTimeout, maxTimeout) : 0;
  const minTimeout = given === undefined ? byDefault : given;
  const within = (name: string, value: number, min: number, max: number) => {
    if (typeof value !== "number" || !(value >= min && value <= max)) {
      throw badOption(call, `retry.${name}`, value, `a number from ${min} to ${max}`, typeof value === "number");
    }
  };
  const maxAttempts = integer(call, "retry.maxAttempts", attempts, 1);
  within("minTimeout", minTimeout, 0, MAX_DELAY);
  within("maxTimeout", maxTimeout, minTimeout, MAX_DELAY);
  within("multiplier", multiplier, 1, Number.MAX_VALUE);
  within("jitter", jitter, 0, 1);
  if (typeof isRetriable !== "function") throw badOption(call, "retry.isRetriable", isRetriable, "a function", false);
  const context = keepsContext && retry.isRetriable !== undefined ? new AsyncContext() : undefined;
  return new Policy({ maxAttempts, minTimeout, maxTimeout, multiplier, jitter, isRetriable }, context);
}

class Policy implements RetryPolicy {
  readonly maxAttempts: number;
  readonly minTimeout: number;
  readonly maxTimeout: number;
  readonly multiplier: number;
  readonly jitter: number;
  readonly isRetriable: (error: unknown) => boolean;

  constructor(checked: Required<RetryOptions>, context?: AsyncContext) {
    this.maxAttempts = checked.maxAttempts;
    this.minTimeout = checked.minTimeout;
    this.maxTimeout = checked.maxTimeout;
    this.multiplier = checked.multiplier;
    this.jitter = checked.jitter;
    const { isRetriable } = checked;
    this.isRetriable = (error) =>
      !isFinal(error) && (context ? context.run(() => isRetriable(error)) : isRetriable(error));
  }

  delay(attempt: number): number {
    const { minTimeout, maxTimeout, multiplier, jitter } = this;
    const full = minTimeout === 0 ? 0 : Math.min(maxTimeout, minTimeout * multiplier ** (attempt - 1));
    return (1 - jitter * random()) * full;
  }
}

/** Whether another attempt would fail in the same way. */
function isFinal(error: unknown): boolean {
  return FINAL.some((final) => error instanceof final);
}
