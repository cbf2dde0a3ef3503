/**
 * Reports to the host that the worker has grown past the `recycleAt` of its pool, again and again while it is larger. The
 * host decides when the worker ends.
 *
 * @module
 */
import { getHeapStatistics } from "node:v8";
import { setInterval } from "../lib/core/timer.ts";

/** Milliseconds between two checks. */
const CHECK_INTERVAL = 100;

/** Starts checking the heap and the buffers of this isolate, in bytes, while its event loop turns. */
export function reportGrowth(recycleAt: number, report: () => void): void {
  const timer = setInterval(() => {
    const { used_heap_size: heap, external_memory: buffers } = getHeapStatistics() as {
      used_heap_size: number;
      external_memory: number;
    };
    if (heap + buffers > recycleAt) report();
  }, CHECK_INTERVAL);
  timer.unref();
}
