/**
 * How a process ended: the reason and the exit code, derived from the outcome of its one call.
 *
 * @module
 */
import { CancelledError, WorkerCrashedError } from "../core/errors.ts";

/**
 * How a process ended: its task returned or threw; its worker ended itself, ran out of memory or died of an uncaught
 * error; or the caller stopped it.
 */
export type ProcessReason = "finished" | "failed" | "exit" | "oom" | "uncaught" | "terminated" | "killed";

/** How the caller stopped a process. */
export type Stopped = "terminated" | "killed";

/**
 * Returns why a process ended.
 *
 * @param error What its call was rejected with; `undefined` if the task returned.
 */
export function reasonOf(error: unknown, stopped: Stopped | undefined): ProcessReason {
  if (error === undefined) return "finished";
  if (error instanceof CancelledError) return stopped ?? "terminated";
  if (!(error instanceof WorkerCrashedError)) return "failed";
  return error.reason === "terminated" ? stopped ?? "terminated" : error.reason;
}

/** Returns the exit code, as in Python: if the caller stopped the process, -15 (SIGTERM) or -9 (SIGKILL). */
export function exitCodeOf(error: unknown, reason: ProcessReason): number {
  switch (reason) {
    case "finished":
      return 0;
    case "exit":
      return (error as WorkerCrashedError).exitCode ?? 0;
    case "terminated":
      return -15;
    case "killed":
      return -9;
    default:
      return 1;
  }
}
