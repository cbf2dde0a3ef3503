/**
 * Checks the memory limit of a worker from inside.
 *
 * The runtime reports that the heap is full only in code that runs from a timer or an immediate. After an `await` it
 * stops the code silently and raises the limit, and the task's promise never settles. It does not count buffers at all.
 * So the worker checks at intervals: a heap limit that has grown shows that the old one was reached, and buffers are
 * added up. (tests/pool/memory_test.ts)
 *
 * @module
 */
import { getHeapStatistics } from "node:v8";
import { clearInterval, setInterval } from "../lib/core/timer.ts";

/** Milliseconds between two checks. */
const CHECK_INTERVAL = 100;
/** How many checks in a row must find too many buffers: garbage counts until it is collected. */
const MIN_CHECKS = 3;

/** Starts checking. Calls `onExceeded` once, when the worker has reached its limit. */
export function watchMemory(limit: number, onExceeded: (error: RangeError) => void): void {
  const initialHeapLimit = getHeapStatistics().heap_size_limit;
  let exceeded = 0;
  const timer = setInterval(() => {
    const { heap_size_limit: heap, external_memory: buffers } = getHeapStatistics() as {
      heap_size_limit: number;
      external_memory: number;
    };
    exceeded = buffers > limit ? exceeded + 1 : 0;
    if (heap <= initialHeapLimit && exceeded < MIN_CHECKS) return;
    clearInterval(timer);
    const what = heap > initialHeapLimit ? "heap was" : `buffers of ${buffers} bytes were`;
    onExceeded(new RangeError(`The worker's ${what} more than its memoryLimit of ${limit} bytes`));
  }, CHECK_INTERVAL);
  timer.unref();
}
