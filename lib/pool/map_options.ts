/**
 * The options of a map, checked at the call.
 *
 * @module
 */
import { abortSignal, bad, duration, integer, knownOptions, oneOf } from "../core/validate.ts";
import type { OnError } from "../future/collector.ts";
import { type RetryOptions, retryPolicy } from "../core/retry.ts";
import type { TaskOptions } from "../task/task.ts";
import type { ProgressOptions } from "../progress/progress.ts";
import type { MapPlan } from "./map_plan.ts";
import type { CheckedOptions } from "./check_options.ts";

/** Options of `Pool.map` and `Pool.starmap`. */
export interface MapOptions extends ProgressOptions {
  /**
   * Most items that a worker is given at a time. `"auto"` measures the task and gives about 2 ms of work; an idle worker
   * takes back what another has not started, so that no item waits behind a slow one.
   *
   * @default {"auto"}
   */
  chunkSize?: number | "auto";
  /** Whether a loop over the results gets them in input order. Awaiting always does. @default {true} */
  ordered?: boolean;
  /** Longest run of one item in milliseconds. @default {the task's, else the pool's} */
  timeout?: number;
  /** Cancels the whole map; it rejects with the signal's reason. */
  signal?: AbortSignal;
  /** How often a failed item is tried again. @default {the task's, else the pool's} */
  retry?: number | RetryOptions;
  /** What a failed item does. @default {"throw"} */
  onError?: OnError;
}

/** Options of `Pool.imap` and `Pool.imapUnordered`. */
export interface ImapOptions extends MapOptions {
  /**
   * Most items that have been read and whose results have not.
   *
   * @default {16 for each worker}
   */
  buffer?: number;
}

const NAMES = ["chunkSize", "ordered", "timeout", "signal", "retry", "onError", "progress", "total"] as const;

/** Items for each worker that a lazy map may be ahead of its reader. */
const AHEAD = 16;

/** Checks and completes the options of one map. */
export function checkMapOptions(
  call: string,
  options: ImapOptions,
  task: TaskOptions,
  pool: CheckedOptions,
  lazy: boolean,
): Pick<
  MapPlan,
  "chunkSize" | "ordered" | "timeout" | "signal" | "retry" | "onError" | "readAhead" | "buffer"
> {
  knownOptions(call, options, lazy ? [...NAMES, "buffer"] : NAMES);
  const { chunkSize = "auto", ordered = true } = options;
  if (typeof ordered !== "boolean") throw bad(call, "ordered", ordered, "true or false", false);
  const signals = [abortSignal(call, "signal", options.signal), task.signal].filter((signal) => signal !== undefined);
  return {
    chunkSize: chunkSize === "auto" ? Infinity : integer(call, "chunkSize", chunkSize, 1),
    ordered,
    timeout: duration(call, "timeout", options.timeout ?? task.timeout ?? pool.timeout),
    signal: signals.length > 1 ? AbortSignal.any(signals) : signals[0],
    retry: retryPolicy(call, options.retry ?? task.retry ?? pool.retry),
    onError: oneOf(call, "onError", options.onError ?? "throw", ["throw", "settle", "aggregate"]),
    readAhead: 2 * pool.workers * pool.setup.concurrency,
    buffer: lazy ? integer(call, "buffer", options.buffer ?? AHEAD * pool.workers, 1) : undefined,
  };
}
