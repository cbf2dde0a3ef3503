/**
 * `expire`: ends one call of a job whose deadline has passed, wherever the call is.
 *
 * @module
 */
import type { Backlog } from "./backlog.ts";
import type { Job } from "./job.ts";
import type { WorkerSet } from "./worker_set.ts";

/**
 * Ends a call of a job. A call that has not started is taken back and rejected at once; a call that runs, or that waits
 * where only its transport can end it, is stopped. A call that has ended, and whose result is on its way, stays as it is.
 *
 * @param errorOf Makes the error; its argument is whether the call runs.
 */
export function expire(
  { workerSet, backlog }: { readonly workerSet: WorkerSet; readonly backlog: Backlog },
  job: Job,
  index: number,
  errorOf: (isRunning: boolean) => unknown,
): void {
  const backlogs = [backlog, workerSet.unassigned];
  for (const { calls, boundBacklog } of workerSet.slots) {
    if (boundBacklog) backlogs.push(boundBacklog);
    const chunk = calls.chunks.find((each) => each.job === job && each.has(index));
    if (!chunk) continue;
    const offset = index - chunk.first;
    const item = chunk.items[offset];
    if (calls.withdraw(chunk, offset)) return job.fail(index, "rejected", errorOf(false), undefined, item);
    const isRunning = calls.isRunning(chunk, offset);
    if (isRunning || calls.queuesElsewhere) calls.stop(chunk, offset, "rejected", errorOf(isRunning));
    return;
  }
  for (const each of backlogs) {
    const taken = each.takeOut(job, index);
    if (taken) return job.fail(index, "rejected", errorOf(false), undefined, taken.item);
  }
}
