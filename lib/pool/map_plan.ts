/**
 * What a map is made of, once its options are checked.
 *
 * @module
 */
import type { OnError } from "../future/collector.ts";
import type { ProgressCounter } from "../progress/counter.ts";
import type { TaskEntry } from "../scheduler/job.ts";
import type { RetryPolicy } from "../core/retry.ts";
import type { JobOptions } from "./pool_job.ts";

/** What a map is made of, checked. */
export interface MapPlan extends JobOptions {
  task: TaskEntry;
  /** Whether items are argument lists. */
  spread: boolean;
  /** Whether items are copied as they are read. */
  copy: boolean;
  retry: RetryPolicy | undefined;
  /** Most items in one chunk. */
  chunkSize: number;
  ordered: boolean;
  onError: OnError;
  /** Items that are read ahead from an asynchronous input. */
  readAhead: number;
  /** Most items that a lazy map is ahead of its reader; `undefined`: it starts at once and waits for nobody. */
  buffer: number | undefined;
  /** Counts what has ended, where progress was asked for. */
  progress: ProgressCounter | undefined;
  /** Throws if the pool takes no more work. */
  checkOpen: () => void;
}
