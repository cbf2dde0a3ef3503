/**
 * A worker that looks after its own memory.
 *
 * The runtime contains running out of heap only in what runs from a timer or an immediate; after an `await` it stops the
 * code without a word, raises the limit, and the task's promise never settles. Buffers are not counted at all. So the
 * worker looks: a heap limit that has grown means that the old one was hit, and buffers are counted here.
 * (tests/pool/memory_test.ts)
 *
 * @module
 */
import { getHeapStatistics } from "node:v8";

/** How often, in milliseconds. */
const LOOK = 100;
/** Looks in a row that must find too many buffers: those that are garbage count until they are collected. */
const LOOKS = 3;

/** Looks from now on; calls `tell` once, when the worker has run out of memory. */
export function watchMemory(limit: number, tell: (error: RangeError) => void): void {
  const allowed = getHeapStatistics().heap_size_limit;
  let found = 0;
  const timer = setInterval(() => {
    const { heap_size_limit: heap, external_memory: buffers } = getHeapStatistics() as {
      heap_size_limit: number;
      external_memory: number;
    };
    found = buffers > limit ? found + 1 : 0;
    if (heap <= allowed && found < LOOKS) return;
    clearInterval(timer);
    const what = heap > allowed ? "heap was" : `buffers of ${buffers} bytes were`;
    tell(new RangeError(`The worker's ${what} more than its memoryLimit of ${limit} bytes`));
  }, LOOK);
  timer.unref();
}
