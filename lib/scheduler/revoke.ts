/**
 * Takes calls from a worker for good: those of a job that has ended early (`revoke`), and those that a blocked worker
 * does not start and no other one can have (`rejectUnstarted`).
 *
 * @module
 */
import { CLOSED, type Job } from "./job.ts";
import type { SlotCalls } from "./slot_calls.ts";
import { blockedError } from "./worker_death.ts";

/**
 * What becomes of the running calls of a job that ends early: the job waits for them (`"finish"`) or does not (`"go on"`),
 * or they get the signal, or they are stopped, by force if need be.
 */
export type RunningCalls = "finish" | "go on" | "signal" | "stop";

/** Withdraws every call of a job that has not started. */
export function revoke(calls: SlotCalls, job: Job, reason: unknown, running: RunningCalls): void {
  for (const chunk of calls.chunks.filter((each) => each.job === job)) {
    for (let offset = chunk.items.length - 1; offset >= 0; offset--) {
      if (chunk.items[offset] === CLOSED) continue;
      if (calls.withdraw(chunk, offset)) job.fail(chunk.first + offset, "cancelled", reason, undefined);
      else if (running === "stop") calls.stop(chunk, offset, "cancelled", reason);
      else if (running === "signal") calls.signal(chunk, offset, reason);
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
