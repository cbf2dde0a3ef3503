/**
 * The options of `pooled()` and `limit()`, checked at the call.
 *
 * @module
 */
import { type DrainSignal, drainSignal } from "../core/drain_signal.ts";
import { RateLimiter, type RateOptions, rateOptions } from "../core/rate.ts";
import { type RetryOptions, type RetryPolicy, retryPolicy, SERVICE_MIN_TIMEOUT } from "../core/retry.ts";
import { loadTimers } from "../core/timer.ts";
import { abortSignal, boolean, count, duration, knownOptions, requiredOptions } from "../core/validate.ts";
import { type OnErrorPlan, onErrorPlan } from "../future/failure_budget.ts";
import type { OnError } from "../future/on_error.ts";
import { sizeOf } from "../progress/counter.ts";
import type { ProgressOptions } from "../progress/progress.ts";
import { Checkpoint } from "../checkpoint/checkpoint.ts";
import { type CheckpointOptions, checkpointPlan } from "../checkpoint/options.ts";
import { type AdaptiveOptions, adaptiveOptions } from "./adaptive.ts";
import { type LimitPerKeyOptions, limitPerKeyOptions, type PerKeyOptions, perKeyOptions } from "./key_limit.ts";

/**
 * Options of {@linkcode pooled}. Each of `timeout`, `retry`, `rate` and `adaptive` makes an item cost more.
 *
 * @typeParam T An item.
 */
// deno-lint-ignore no-explicit-any -- nothing narrower takes every key function
export interface PooledOptions<T = any> extends ProgressOptions {
  /**
   * Maximum number of items in progress at a time. With `Infinity`, a synchronous input is read to its end at once, so it
   * must not be endless.
   *
   * @default {32}
   */
  concurrency?: number;
  /**
   * Whether the concurrency adapts to what the other side can serve: it grows from 1 (`min`) up to `concurrency`, and is
   * halved when an attempt runs out of time or ends with a `status` of 429, 502, 503 or 504 (returned or thrown).
   *
   * @default {false}
   */
  adaptive?: boolean | AdaptiveOptions;
  /**
   * Maximum number of results that wait until a loop reads them, or `Infinity`. Awaiting the results ignores it.
   *
   * @default {concurrency}
   */
  buffer?: number;
  /** Whether a loop over the results gets them in input order. Awaiting always does. @default {true} */
  ordered?: boolean;
  /**
   * Cancels the map: it reads no more items and aborts the items in progress. It rejects with the signal's reason when
   * they have ended, but 200 ms later at the latest: an `fn` that ignores its signal then runs on.
   */
  signal?: AbortSignal;
  /**
   * A signal of the process that drains the map, `"SIGINT"` for Ctrl-C: it reads and starts no more items; when those in
   * progress have ended, with all their attempts, and are in the checkpoint, it rejects with a `CancelledError`. The exit
   * code of the script is 130 (`"SIGTERM"`: 143, `"SIGHUP"`: 129), whether or not it catches that error. A second signal
   * ends the script at once.
   *
   * @default {none}
   */
  drainOn?: DrainSignal;
  /**
   * Maximum duration of one attempt in milliseconds; waiting does not count. After it, the attempt's signal aborts and
   * the attempt fails at once with a {@linkcode TaskTimeoutError}. Its permit, one of `concurrency`, is free when `fn` has
   * ended, or 200 ms later: an `fn` that ignores its signal then runs on, but no longer counts.
   *
   * @default {Infinity}
   */
  timeout?: number;
  /**
   * Number of retries of a failed item, or a whole policy: `2` has as many attempts as `{ maxAttempts: 3 }`. The waits
   * grow, with jitter: up to 1 s, 2 s, 4 s, ... (see {@linkcode RetryOptions}). An item keeps its permit while it waits
   * for its next attempt, so that a failing service gets fewer requests, and no more items are read during the wait.
   *
   * @default {0}
   */
  retry?: number | RetryOptions;
  /** Maximum number of attempts that start in an interval; items wait in input order. */
  rate?: RateOptions;
  /**
   * A limit for each key, beside `concurrency`: `{ key: (url) => new URL(url).host, limit: 4 }`. An item whose key is busy
   * waits aside, and those behind it go on, so items may start in another order.
   *
   * @default {none}
   */
  per?: PerKeyOptions<T>;
  /** What the failure of an item does to the map. @default {"throw"} */
  onError?: OnError;
  /**
   * A file in which the map records each finished item, or its path and more options. A later run with the same file skips
   * these items, and gives their recorded results in their places. See {@linkcode CheckpointOptions}.
   *
   * @default {none}
   */
  checkpoint?: string | URL | CheckpointOptions<T>;
}

/** Options of {@linkcode limit}. */
export interface LimitOptions {
  /** Maximum number of calls in progress at a time. @default {Infinity} */
  concurrency?: number;
  /** Maximum number of attempts that start in an interval. */
  rate?: RateOptions;
  /**
   * A limit for each key, beside `concurrency`: `{ limit: 4 }`. The key of a call is the `key` of `run(fn, { key })`; a
   * call without one has no limit but `concurrency`. A call whose key is busy waits aside, and those behind it go on.
   *
   * @default {none}
   */
  per?: LimitPerKeyOptions;
  /** Maximum duration of one attempt in milliseconds, as in {@linkcode PooledOptions}. @default {Infinity} */
  timeout?: number;
  /**
   * Number of retries of a failed call, or a whole policy, with the waits of {@linkcode PooledOptions}; the call keeps its
   * permit between attempts.
   *
   * @default {0}
   */
  retry?: number | RetryOptions;
  /** Cancels all calls, as the signal of a call does, and refuses later calls: they reject with the signal's reason. */
  signal?: AbortSignal;
}

/** The checked and completed options of `pooled()`. */
export interface PooledPlan extends OnErrorPlan {
  readonly concurrency: number;
  readonly adaptive: Required<AdaptiveOptions> | undefined;
  readonly buffer: number;
  readonly ordered: boolean;
  readonly signal: AbortSignal | undefined;
  readonly drainOn: DrainSignal | undefined;
  readonly timeout: number | undefined;
  readonly retry: RetryPolicy | undefined;
  readonly rate: RateLimiter | undefined;
  readonly per: Required<PerKeyOptions> | undefined;
  /** Records how items end, and gives those that were recorded, if a checkpoint was asked for. */
  readonly recorder: Checkpoint | undefined;
}

/** The checked and completed options of `limit()`. */
export interface LimitPlan extends CommonPlan {
  readonly concurrency: number;
  readonly per: LimitPerKeyOptions | undefined;
}

/** What the two have in common. */
type CommonPlan = Pick<PooledPlan, "rate" | "timeout" | "retry" | "signal">;

const POOLED_OPTIONS = [
  "concurrency",
  "adaptive",
  "buffer",
  "ordered",
  "signal",
  "drainOn",
  "timeout",
  "retry",
  "rate",
  "per",
  "onError",
  "checkpoint",
  "progress",
  "total",
  "label",
] as const;
const LIMIT_OPTIONS = ["concurrency", "rate", "per", "timeout", "retry", "signal"] as const;

/** Checks and completes the options of {@linkcode pooled}, for a function and an input. */
export function pooledPlan(
  call: string,
  options: PooledOptions,
  fn: { readonly name: string },
  items?: unknown,
): PooledPlan {
  knownOptions(call, options, POOLED_OPTIONS);
  const { concurrency: permits = 32 } = options;
  const concurrency = count(call, "concurrency", permits, 1);
  const { buffer = concurrency } = options;
  const ordered = boolean(call, "ordered", options.ordered, true);
  const checkpoint = checkpointPlan(call, options.checkpoint);
  return {
    concurrency,
    adaptive: adaptiveOptions(call, options.adaptive, concurrency),
    buffer: count(call, "buffer", buffer, 0),
    ordered,
    ...onErrorPlan(call, options.onError, options.total ?? sizeOf(items)),
    drainOn: drainSignal(call, "drainOn", options.drainOn),
    per: perKeyOptions(call, options.per),
    recorder: checkpoint && new Checkpoint(call, checkpoint, { source: Function.prototype.toString.call(fn) }, fn.name),
    ...commonPlan(call, options),
  };
}

/** Checks and completes the options of {@linkcode limit}. */
export function limitPlan(call: string, options: number | LimitOptions): LimitPlan {
  const given = typeof options === "number" ? { concurrency: options } : options;
  // Refused, because a forgotten argument would mean "no limit".
  requiredOptions(call, given, LIMIT_OPTIONS, "a concurrency or ");
  const { concurrency = Infinity } = given;
  return {
    concurrency: count(call, "concurrency", concurrency, 1),
    per: limitPerKeyOptions(call, given.per),
    ...commonPlan(call, given),
  };
}

function commonPlan(call: string, options: Omit<LimitOptions, "per">): CommonPlan {
  loadTimers();
  const rate = rateOptions(call, options.rate);
  return {
    signal: abortSignal(call, "signal", options.signal),
    timeout: duration(call, "timeout", options.timeout),
    retry: retryPolicy(call, options.retry, false, SERVICE_MIN_TIMEOUT),
    rate: rate && new RateLimiter(rate),
  };
}
