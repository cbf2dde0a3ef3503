/**
 * `printFailures()`: prints failures that no code has handled on stderr.
 *
 * @module
 */
import { guarded } from "../core/guarded.ts";

/** Number of failures that are printed in full at a time; the others are only counted, so that no flood fills a log. */
const MAX_IN_FULL = 10;

/** A failure, and what failed. */
export interface PrintedFailure {
  /** Names the task: `` `isPrime` in primes.ts ``. */
  readonly what: string;
  /** What the task threw. */
  readonly reason: unknown;
}

/**
 * Prints failures.
 *
 * @param isEnd Whether the script ends, so that no code can handle them any more.
 */
export function printFailures(failures: readonly PrintedFailure[], isEnd: boolean): void {
  const text = isEnd
    ? "failed, and no code has handled it:"
    : "failed, and no code has handled it yet: await its future or its results, or attach a handler. If no code does, " +
      "the script ends with exit code 1:";
  for (const { what, reason } of failures.slice(0, MAX_IN_FULL)) {
    guarded(() => console.error(`isopool: ${what} ${text}\n`, reason));
  }
  const more = failures.length - MAX_IN_FULL;
  if (more > 0) guarded(() => console.error(`isopool: ${more} more failures, not handled either`));
}
