/**
 * What becomes of a pool, or of one of its maps, when a signal drains it.
 *
 * ```
 * pool: pause -> running calls end -> the other jobs are cancelled -> the pool ends
 * map:  no more items are read, those that have not started are taken back -> running items end -> the map is cancelled
 * ```
 *
 * @module
 */
import { onAbort } from "../core/abort.ts";
import { drainOn, type DrainSignal } from "../core/drain_signal.ts";
import { Promise } from "../core/platform.ts";
import { queueMicrotask } from "../core/timer.ts";
import { observe } from "../scheduler/observers.ts";
import type { RunningCalls } from "../scheduler/revoke.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import type { PoolCore } from "./core.ts";
import type { MapPlan } from "./map_plan.ts";

/** Drains a pool on a signal. */
export function drainPoolOn(signal: DrainSignal, scheduler: Scheduler, name: string): void {
  const removeListener = drainOn(signal, {
    name,
    drain: (reason) => void finishRunning(scheduler, reason),
    terminate: () => void scheduler.terminate(),
  });
  void scheduler.ended.then(removeListener);
}

/** Calls `cancel` when a map's own signal aborts, or when a signal of the process drains it. Returns what ends that. */
export function onCancel(
  { signal, drainOn: drainSignal, action }: MapPlan,
  { scheduler }: PoolCore,
  cancel: (reason: unknown, running: RunningCalls) => void,
): () => void {
  const removeAbort = onAbort(signal, (reason) => cancel(reason, "stop"));
  const removeDrain = drainOn(drainSignal, {
    name: `${action}()`,
    drain: (reason) => cancel(reason, "finish"),
    terminate: () => void scheduler.terminate(),
  });
  return () => {
    removeAbort();
    removeDrain();
  };
}

// Waits for the calls that run, and cancels the others. Maps stop reading their input.
async function finishRunning(scheduler: Scheduler, reason: unknown): Promise<void> {
  scheduler.pause();
  // The reader of a stream may never read on.
  for (const job of scheduler.jobs) if (job.kind === "stream") job.poolDrains?.(reason);
  const { promise, resolve } = Promise.withResolvers<void>();
  const check = () => scheduler.workerSet.busy || resolve();
  // An end is reported before it is settled.
  const checkSoon = () => queueMicrotask(check);
  const stopObserving = observe(scheduler, { callEnded: checkSoon, workerEnded: checkSoon });
  check();
  await promise;
  stopObserving();
  for (const job of scheduler.jobs) job.abandon("cancelled", reason);
  scheduler.close(reason);
}
