/**
 * Takes calls back from a worker for good: those of a job that has ended early (`revoke`), and those that a blocked
 * worker does not start and no other worker can run (`rejectUnstarted`).
 *
 * @module
 */
import { CLOSED, type Job } from "./job.ts";
import type { SlotCalls } from "./slot_calls.ts";
import { blockedError } from "./worker_death.ts";

/**
 * What happens to the running calls of a job that ends early. `"finish"`: the job waits for them. `"go on"`: it does not.
 * `"signal"`: their signal fires. `"stop"`: their signal fires, and the scheduler stops them by force after the grace.
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
