/**
 * The error of a task whose worker died.
 *
 * @module
 */
import { WorkerCrashedError } from "../core/errors.ts";
import type { Death } from "../transport/transport.ts";

const HOW = {
  exit: "ended itself",
  terminated: "was stopped",
  oom: "ran out of memory",
  uncaught: "died of an uncaught error",
};

/** Says how the worker of a lost task ended, and the way out. */
export function crash(workerId: number, death: Death): WorkerCrashedError {
  const { reason, exitCode, signal, cause } = death;
  const code = exitCode === undefined ? "" : ` with code ${exitCode}`;
  return new WorkerCrashedError(
    `Task was lost: worker ${workerId} ${HOW[reason]}${code}: declare \`retry\` if it may run again`,
    { reason, cause, ...exitCode !== undefined && { exitCode }, ...signal !== undefined && { signal } },
  );
}
