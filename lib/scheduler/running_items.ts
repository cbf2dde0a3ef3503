/**
 * Which items of a job run now, for a display of its progress.
 *
 * @module
 */
import { itemText } from "./item_text.ts";
import { type Chunk, CLOSED, type Job } from "./job.ts";

/** Maximum number of characters of an item. */
const MAX_TEXT = 40;
/** Number of calls of one chunk that may run side by side and be found. */
const SIDE_BY_SIDE = 64;

/** An item that runs, and a function that returns it in a few words. */
export interface RunningItem {
  readonly index: number;
  readonly text: () => string;
}

/**
 * Returns the running items of a job. Calls of a chunk start in order, so it looks for the last one that has started, and
 * at SIDE_BY_SIDE calls before that one.
 */
export function runningItems(slots: Iterable<{ readonly chunks: readonly Chunk[] }>, job: Job): RunningItem[] {
  const found: RunningItem[] = [];
  for (const { chunks } of slots) {
    for (const chunk of chunks) {
      const end = startedEnd(chunk);
      for (let offset = Math.max(0, end - SIDE_BY_SIDE); chunk.job === job && offset < end; offset++) {
        const item = chunk.items[offset];
        if (item === CLOSED || !chunk.holder?.isRunning(chunk, offset)) continue;
        found.push({ index: chunk.first + offset, text: () => itemText(item, job.spread, MAX_TEXT) });
      }
      if (end < chunk.items.length) break;
    }
  }
  return found;
}

// Returns one more than the offset of the last call that has started.
function startedEnd(chunk: Chunk): number {
  const { holder, items } = chunk;
  let low = 0, high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (items[middle] === CLOSED || holder?.hasStarted(chunk, middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
