/**
 * Takes calls from a worker for good: those of a job that has ended early (`revoke`), and those that a blocked worker
 * does not start and no other one can have (`rejectUnstarted`).
 *
 * @module
 */
import { CLOSED, type Job } from "./job.ts";
import type { SlotCalls } from "./slot_calls.ts";
import { blockedError } from "./worker_death.ts";

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

/** Withdraws every call that has not started, and rejects it. What could run elsewhere was taken back before. */
export function rejectUnstarted(calls: SlotCalls): void {
  for (const chunk of [...calls.chunks]) {
    for (let offset = 0; offset < chunk.items.length; offset++) {
      if (chunk.items[offset] === CLOSED || !calls.withdraw(chunk, offset)) continue;
      chunk.job.fail(chunk.first + offset, "rejected", blockedError(calls.id, chunk.job.task), undefined);
    }
  }
}
