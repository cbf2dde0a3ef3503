/**
 * `revoke`: takes the calls of a job that has ended early from a worker.
 *
 * @module
 */
import { CLOSED, type Job } from "./job.ts";
import type { SlotCalls } from "./slot_calls.ts";

/** Withdraws every call of a job that has not started; fires the signal of its running calls, or stops them by `force`. */
export function revoke(calls: SlotCalls, job: Job, reason: unknown, force: boolean): void {
  for (const chunk of calls.chunks.filter((each) => each.job === job)) {
    for (let offset = chunk.items.length - 1; offset >= 0; offset--) {
      if (chunk.items[offset] === CLOSED) continue;
      if (calls.withdraw(chunk, offset)) job.fail(chunk.first + offset, "cancelled", reason, undefined);
      else if (force) calls.stop(chunk, offset, "cancelled", reason);
      else calls.signal(chunk, offset, reason);
    }
  }
}
