/**
 * Checks the memory limit of a worker from inside.
 *
 * The runtime reports that the heap is full only in code that runs from a timer or an immediate. After an `await` it
 * stops the code silently and raises the limit, and the task's promise never settles. It does not count buffers at all.
 * So the worker checks at intervals: a heap limit that has grown shows that the old one was reached, and buffers are
 * added up. The sum contains buffers that are no longer in use and not collected yet: 150 MB under a limit of 64, for a task
 * that makes one of 50 MB after another. So the worker collects before it counts for the last time. (tests/pool/memory_test.ts)
 *
 * @module
 */
import { getHeapStatistics } from "node:v8";
import { clearInterval, setInterval } from "../lib/core/timer.ts";

/** Milliseconds between two checks. */
const CHECK_INTERVAL = 100;
/** How many checks in a row must find too many buffers before the worker collects, which takes 30 ms and more. */
const MIN_CHECKS = 3;
/** Maximum number of buffers that are made so that the engine collects, each a quarter of the limit. It took 3 to 12 (V8 15). */
const MAX_STEPS = 24;

/** Starts checking. Calls `onExceeded` once, when the worker has reached its limit. */
export function watchMemory(limit: number, onExceeded: (error: RangeError) => void): void {
  const initialHeapLimit = sizes().heap;
  let exceeded = 0;
  const timer = setInterval(() => {
    let { heap, buffers } = sizes();
    exceeded = buffers > limit ? exceeded + 1 : 0;
    if (exceeded === MIN_CHECKS) {
      exceeded = 0;
      collectGarbage(limit);
      ({ heap, buffers } = sizes());
    }
    if (heap <= initialHeapLimit && (exceeded > 0 || buffers <= limit)) return;
    clearInterval(timer);
    const what = heap > initialHeapLimit ? "heap was" : `buffers of ${buffers} bytes were`;
    onExceeded(new RangeError(`The worker's ${what} more than its memoryLimit of ${limit} bytes`));
  }, CHECK_INTERVAL);
  timer.unref();
}

// The maximum of the heap, and the present size of all buffers, in bytes.
function sizes(): { heap: number; buffers: number } {
  const { heap_size_limit: heap, external_memory: buffers } = getHeapStatistics() as {
    heap_size_limit: number;
    external_memory: number;
  };
  return { heap, buffers };
}

// Makes the engine collect, which it does when buffers have grown by much since it collected last, and offers no other way
// to ask for: makes buffers, until what else there is fits into the limit. Pages that are never written to take no memory.
// (An allocation that fails would make the engine collect, too, but then the runtime ends the worker.)
function collectGarbage(limit: number): void {
  const step = Math.floor(limit / 4);
  const made: ArrayBuffer[] = [];
  while (made.length < MAX_STEPS && sizes().buffers - made.length * step > limit) made.push(new ArrayBuffer(step));
  for (const buffer of made) buffer.transfer(0);
}
