/**
 * `drainOn()`: lets a pool finish what runs when the process gets a signal, Ctrl-C for instance.
 *
 * ```
 * 1st signal -> pause -> running calls end -> the other jobs are cancelled -> the pool ends -> exit code 130
 * 2nd signal -> the workers are stopped -> exit with code 130 at once
 * ```
 *
 * @module
 */
import { CancelledError, PoolClosedError } from "../core/errors.ts";
import { Promise } from "../core/platform.ts";
import { queueMicrotask } from "../core/timer.ts";
import { oneOf } from "../core/validate.ts";
import { observe } from "../scheduler/observers.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";

/** A signal that `Pool.drainOn` takes. */
export type DrainSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** The exit codes of a program that one of the signals ends. */
const EXIT_CODES: Record<DrainSignal, number> = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/** The pools that a signal has told to drain, and that have not ended. A script may have several. */
const draining = new Set<Promise<void>>();

/**
 * Drains a pool on a signal. The listener leaves with the pool, and does not keep the script alive.
 *
 * @throws {RangeError} If it is none of the signals above.
 */
export function drainOn(action: string, scheduler: Scheduler, name: string, given: DrainSignal): void {
  const signal = oneOf(action, "signal", given, Object.keys(EXIT_CODES) as DrainSignal[]);
  const code = EXIT_CODES[signal];
  let isDraining = false;
  const listener = () => {
    if (isDraining) {
      void scheduler.terminate();
      Deno.exit(code);
    }
    isDraining = true;
    Deno.exitCode = code;
    exitUncaught(code);
    draining.add(scheduler.ended);
    void scheduler.ended.then(() => draining.delete(scheduler.ended));
    void finishRunning(scheduler, new CancelledError(`Task was cancelled: ${signal} has told ${name} to drain`));
  };
  Deno.addSignalListener(signal, listener);
  void scheduler.ended.then(() => Deno.removeSignalListener(signal, listener));
}

// Waits for the calls that run, and cancels the others. Maps stop reading their input.
async function finishRunning(scheduler: Scheduler, reason: CancelledError): Promise<void> {
  scheduler.pause();
  // Nobody may ever read a stream on.
  for (const job of [...scheduler.jobs]) if (job.kind === "stream") job.poolDrains?.();
  const { promise, resolve } = Promise.withResolvers<void>();
  const check = () => scheduler.workerSet.busy || resolve();
  // An end is reported before it is settled.
  const checkSoon = () => queueMicrotask(check);
  const stopObserving = observe(scheduler, { callEnded: checkSoon, workerEnded: checkSoon });
  check();
  await promise;
  stopObserving();
  for (const job of [...scheduler.jobs]) job.abandon("cancelled", reason);
  scheduler.close();
}

// A script that does not catch the cancellation ends with the signal's exit code, and not as one that has failed.
function exitUncaught(code: number): void {
  addEventListener("unhandledrejection", (event) => {
    if (!isCancellation(event.reason)) return;
    event.preventDefault();
    void Promise.all(draining).then(() => Deno.exit(code));
  });
}

function isCancellation(reason: unknown): boolean {
  if (reason instanceof CancelledError || reason instanceof PoolClosedError) return true;
  return reason instanceof Error && reason.cause !== undefined && isCancellation(reason.cause);
}
