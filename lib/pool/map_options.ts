/**
 * The options of maps, as a caller gives them. map_plan.ts checks them.
 *
 * @module
 */
import type { CheckpointOptions } from "../checkpoint/options.ts";
import type { DrainSignal } from "../core/drain_signal.ts";
import type { MedianLimit } from "../core/validate.ts";
import type { RetryOptions } from "../core/retry.ts";
import type { OnError } from "../future/on_error.ts";
import type { ProgressOptions } from "../progress/progress.ts";

/**
 * Options of `Pool.map` and `Pool.starmap`.
 *
 * @typeParam T An item.
 */
// deno-lint-ignore no-explicit-any -- nothing narrower takes every key function
export interface MapOptions<T = any> extends ProgressOptions {
  /**
   * Maximum number of items that a worker is sent at a time. `"auto"` measures the task, and sends about 2 ms of work at
   * a time; an idle worker takes over items that another worker has not started, so that no item waits behind a slow one.
   *
   * @default {"auto"}
   */
  chunkSize?: number | "auto";
  /** Whether a loop over the results gets them in input order. Awaiting always does. @default {true} */
  ordered?: boolean;
  /**
   * Maximum run time of one item, in milliseconds, or as a multiple of what the task's calls usually take: `"5x median"`.
   *
   * @default {the task's, else the pool's}
   */
  timeout?: number | MedianLimit;
  /**
   * Maximum milliseconds from when the map has read an item to the item's end: its wait for a worker, its run, and all of
   * its attempts together. An item that still waits then fails with a `TaskTimeoutError` whose `waiting` is true. An array
   * or generator is read as workers take its items, an asynchronous input a little ahead of them.
   *
   * @default {the task's}
   */
  deadline?: number;
  /** Cancels the whole map, which then rejects with the signal's reason. */
  signal?: AbortSignal;
  /**
   * A signal of the process that drains the map, `"SIGINT"` for Ctrl-C: it reads and starts no more items; when those that run
   * have ended, and are in the checkpoint, it rejects with a `CancelledError`. The exit code of the script is 130
   * (`"SIGTERM"`: 143, `"SIGHUP"`: 129), whether or not it catches that error. A second signal ends the script at once.
   *
   * @default {none}
   */
  drainOn?: DrainSignal;
  /**
   * Number of retries of a failed item, or a whole policy: `2` has as many attempts as `{ maxAttempts: 3 }`. The next
   * attempt starts at once, unless the policy sets `minTimeout`.
   *
   * @default {the task's, else the pool's}
   */
  retry?: number | RetryOptions;
  /** What happens to the map when an item fails. @default {"throw"} */
  onError?: OnError;
  /**
   * A file in which the map records each finished item, or its path and more options. A later run with the same file skips
   * these items, and gives their recorded results in their places. See {@linkcode CheckpointOptions}.
   *
   * @default {none}
   */
  checkpoint?: string | URL | CheckpointOptions<T>;
}

/**
 * Options of `Pool.imap` and `Pool.imapUnordered`.
 *
 * @typeParam T An item.
 */
// deno-lint-ignore no-explicit-any -- nothing narrower takes every key function
export interface ImapOptions<T = any> extends MapOptions<T> {
  /**
   * Maximum number of items that were read from the input, and whose results were not read yet, or `Infinity`.
   *
   * @default {16 for each worker}
   */
  buffer?: number;
}
