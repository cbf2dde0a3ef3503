/**
 * `keepPinned`: where a call of a broadcast goes whose worker has died before it started the call. A worker counts as
 * alive until its end is reported, so a broadcast right after a crash may have chosen a dead one.
 *
 * @module
 */
import type { Job } from "./job.ts";
import { crashError } from "./worker_death.ts";
import type { WorkerSet } from "./worker_set.ts";

/**
 * If the worker of a pinned job is dead, pins the job to one that has no call of the same broadcast: the successor. If
 * there is none and none may be started, rejects the job and returns `false`.
 */
export function keepPinned(job: Job, workerSet: WorkerSet): boolean {
  const { pin } = job;
  if (!pin?.worker.death) return true;
  const staying = [...workerSet.slots].filter((slot) => slot.isStaying);
  const successor = staying.find((slot) => !pin.taken.has(slot)) ??
    (staying.length < workerSet.limit ? workerSet.spawn() : undefined);
  if (!successor) {
    job.abandon("rejected", crashError(pin.worker.id, pin.worker.death, job.task));
    return false;
  }
  pin.worker = successor;
  pin.taken.add(successor);
  return true;
}
