/**
 * Taking a work back from a worker that holds calls of it.
 *
 * @module
 */
import type { Slot } from "./slot.ts";
import { CLOSED, type Job } from "./job.ts";

/** Nothing of this work shall run any more: calls that wait are dropped, running ones told, or stopped. */
export function revoke(slot: Slot, work: Job, reason: unknown, force: boolean): void {
  for (const chunk of slot.chunks.filter((each) => each.job === work)) {
    for (let offset = chunk.items.length - 1; offset >= 0; offset--) {
      if (chunk.items[offset] === CLOSED) continue;
      if (slot.withdraw(chunk, offset)) work.fail(chunk.first + offset, "cancelled", reason, undefined);
      else if (force) slot.stop(chunk, offset, "cancelled", reason);
      else slot.signal(chunk, offset, reason);
    }
  }
}
