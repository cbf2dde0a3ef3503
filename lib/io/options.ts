/**
 * The options of `pooled()` and `limit()`, checked at the call.
 *
 * @module
 */
import { RateLimiter, type RateOptions, rateOptions } from "../core/rate.ts";
import { type RetryOptions, type RetryPolicy, retryPolicy } from "../core/retry.ts";
import { abortSignal, bad, duration, integer, knownOptions, oneOf } from "../core/validate.ts";
import type { OnError } from "../future/collector.ts";
import type { ProgressOptions } from "../progress/progress.ts";
import { type AdaptiveOptions, adaptiveOptions } from "./adaptive.ts";

/** Options of {@linkcode pooled}. */
export interface PooledOptions extends ProgressOptions {
  /** Most items in progress at a time. @default {32} */
  concurrency?: number;
  /**
   * Whether to find out how many at a time the other side bears: from few to `concurrency`, half as many whenever an
   * attempt runs out of time or is answered with 429, 502, 503 or 504 (returned, or as the `status` of what it throws).
   *
   * @default {false}
   */
  adaptive?: boolean | AdaptiveOptions;
  /** Most finished results that wait for a loop to read them; awaiting collects without limit. @default {concurrency} */
  buffer?: number;
  /** Whether a loop over the results gets them in input order. Awaiting always does. @default {true} */
  ordered?: boolean;
  /** Cancels the whole: no further item is read, the items in progress are told, it rejects with the signal's reason. */
  signal?: AbortSignal;
  /**
   * Longest run of one attempt in milliseconds; waiting does not count. Then the attempt's signal fires and it fails
   * with a {@linkcode TaskTimeoutError} at once. Its place is free when `fn` has ended; an `fn` that does not heed its
   * signal is left behind after 200 ms more, and is no longer counted in `concurrency`.
   *
   * @default {Infinity}
   */
  timeout?: number;
  /**
   * How often a failed item is tried again. An item keeps its place in `concurrency` while it waits for its next
   * attempt, so that a service in trouble is asked less, and no more items are read meanwhile.
   *
   * @default {0}
   */
  retry?: number | RetryOptions;
  /** Most attempts that start in an interval; items wait for it in input order. */
  rate?: RateOptions;
  /** What a failed item does. @default {"throw"} */
  onError?: OnError;
}

/** Options of {@linkcode limit}. */
export interface LimitOptions {
  /** Most calls in progress at a time. @default {Infinity} */
  concurrency?: number;
  /** Most attempts that start in an interval. */
  rate?: RateOptions;
  /** Longest run of one attempt in milliseconds, as in {@linkcode PooledOptions}. @default {Infinity} */
  timeout?: number;
  /** How often a failed call is tried again; it keeps its place meanwhile. @default {0} */
  retry?: number | RetryOptions;
  /** Cancels all calls, and refuses later ones: they reject with the signal's reason. */
  signal?: AbortSignal;
}

/** What `pooled()` works by. */
export interface PooledPlan {
  readonly concurrency: number;
  readonly adaptive: Required<AdaptiveOptions> | undefined;
  readonly buffer: number;
  readonly ordered: boolean;
  readonly onError: OnError;
  readonly signal: AbortSignal | undefined;
  readonly timeout: number | undefined;
  readonly retry: RetryPolicy | undefined;
  readonly rate: RateLimiter | undefined;
}

/** What `limit()` works by. */
export type LimitPlan = Pick<PooledPlan, "concurrency" | "rate" | "timeout" | "retry" | "signal">;

const POOLED = [
  "concurrency",
  "adaptive",
  "buffer",
  "ordered",
  "signal",
  "timeout",
  "retry",
  "rate",
  "onError",
  "progress",
  "total",
] as const;
const LIMIT = ["concurrency", "rate", "timeout", "retry", "signal"] as const;

/** Checks and completes the options of {@linkcode pooled}. */
export function pooledPlan(call: string, options: PooledOptions): PooledPlan {
  knownOptions(call, options, POOLED);
  const { ordered = true } = options;
  const concurrency = integer(call, "concurrency", options.concurrency ?? 32, 1);
  if (typeof ordered !== "boolean") throw bad(call, "ordered", ordered, "true or false", false);
  return {
    concurrency,
    adaptive: adaptiveOptions(call, options.adaptive, concurrency),
    buffer: integer(call, "buffer", options.buffer ?? concurrency, 0),
    ordered,
    onError: oneOf(call, "onError", options.onError ?? "throw", ["throw", "settle", "aggregate"]),
    ...shared(call, options),
  };
}

/** Checks and completes the options of {@linkcode limit}. */
export function limitPlan(call: string, options: number | LimitOptions): LimitPlan {
  const given = typeof options === "number" ? { concurrency: options } : options;
  // A forgotten argument would mean "no limit".
  if (given === undefined) throw bad(call, "options", given, "a concurrency or an object", false);
  knownOptions(call, given, LIMIT);
  const { concurrency = Infinity } = given;
  return {
    concurrency: concurrency === Infinity ? concurrency : integer(call, "concurrency", concurrency, 1),
    ...shared(call, given),
  };
}

function shared(call: string, options: LimitOptions): Omit<LimitPlan, "concurrency"> {
  const rate = rateOptions(call, options.rate);
  return {
    signal: abortSignal(call, "signal", options.signal),
    timeout: duration(call, "timeout", options.timeout),
    retry: retryPolicy(call, options.retry),
    rate: rate && new RateLimiter(rate),
  };
}
