/**
 * Which items of a job run now, for a display of its progress.
 *
 * @module
 */
import { shorten, shortenAll } from "../core/shorten.ts";
import { decodeItems } from "../protocol/snapshot.ts";
import { type Chunk, CLOSED, type Job } from "./job.ts";

/** Maximum number of characters of an item. */
const MAX_TEXT = 40;

/** An item that runs, and a function that returns it in a few words. */
export interface RunningItem {
  readonly index: number;
  readonly text: () => string;
}

/** Returns the running items of a job. It reads the calls of each worker up to the first one that has not started. */
export function runningItems(slots: Iterable<{ readonly chunks: readonly Chunk[] }>, job: Job): RunningItem[] {
  const found: RunningItem[] = [];
  for (const { chunks } of slots) {
    for (const chunk of chunks) {
      const { holder, items } = chunk;
      let offset = 0;
      for (; offset < items.length; offset++) {
        const item = items[offset];
        if (item === CLOSED) continue;
        if (!holder?.hasStarted(chunk, offset)) break;
        if (chunk.job === job && holder.isRunning(chunk, offset)) {
          found.push({ index: chunk.first + offset, text: () => textOf(item, job.spread) });
        }
      }
      if (offset < items.length) break;
    }
  }
  return found;
}

function textOf(item: unknown, spread: boolean): string {
  const [decoded] = decodeItems([item], spread);
  return spread ? shortenAll(decoded as unknown[], MAX_TEXT) : shorten(decoded, MAX_TEXT);
}
