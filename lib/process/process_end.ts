/**
 * How a process ended: the reason and the exit code, derived from the outcome of its one call.
 *
 * @module
 */
import { builtin } from "../core/builtin.ts";
import type { DeathReason } from "../core/errors.ts";
import { type Future, observe, outcomeOf } from "../future/future.ts";
import { isCrashError } from "../scheduler/worker_death.ts";
import type { Child, Stopped } from "./child.ts";

/** How a process ended: its task returned or threw; its worker died (`DeathReason`); or the caller stopped it. */
export type ProcessReason = "finished" | "failed" | "killed" | DeathReason;

/** The end of a process. */
export interface ProcessEnd {
  readonly reason: ProcessReason;
  /** As in Python: if a signal ended the process, the negative number of the signal, such as -15 (SIGTERM). */
  readonly exitCode: number;
}

/**
 * Returns how a process ended. Its failure counts as observed after that.
 *
 * @param future The future of its one call, settled. The class of its error proves nothing: a task can throw any value, for
 * instance a `CancelledError`, or the `WorkerCrashedError` of a pool of its own. So the outcome decides, and `isCrashError`,
 * which accepts only the errors that the scheduler of this library has made.
 * @param child What stopped it, and how the child has ended: its task may have handled SIGTERM, or ignored it.
 */
export function endOf(future: Future<unknown>, child: Child): ProcessEnd {
  const { stopped } = child;
  observe(future);
  const { outcome, value: error } = outcomeOf(future);
  if (outcome === "fulfilled") return { reason: "finished", exitCode: 0 };
  if (outcome === "cancelled") {
    const end = stoppedEnd(stopped);
    const number = child.signal === undefined ? undefined : signalNumber(child.signal);
    return { ...end, exitCode: number === undefined ? child.exitCode ?? end.exitCode : -number };
  }
  if (!isCrashError(error)) return { reason: "failed", exitCode: 1 };
  if (error.reason === "terminated") {
    const signal = stopped === undefined ? error.signal : undefined;
    const number = signal === undefined ? undefined : signalNumber(signal);
    return number === undefined
      ? stoppedEnd(stopped)
      : { reason: signal === "SIGKILL" ? "killed" : "terminated", exitCode: -number };
  }
  return { reason: error.reason, exitCode: error.reason === "exit" ? error.exitCode ?? 0 : 1 };
}

function signalNumber(name: string): number | undefined {
  return (builtin("node:os").constants.signals as Record<string, number>)[name];
}

function stoppedEnd(stopped: Stopped = "terminated"): ProcessEnd {
  return { reason: stopped, exitCode: stopped === "killed" ? -9 : -15 };
}
