/**
 * `checkNesting()`: the limit on pools that tasks create. Nested pools are allowed, but their threads multiply, and a task
 * that creates a pool to run itself would never end.
 *
 * @module
 */
import { IsopoolError } from "../core/errors.ts";
import { isolateState } from "../core/isolate_state.ts";
import { cpuCount } from "./backends.ts";

/** Maximum depth of a worker that may create a pool; a worker of a pool on the main thread has depth 1. */
const MAX_DEPTH = 3;
/** Number of threads for each core above which a nested pool causes a warning. */
const MAX_THREADS_PER_CORE = 2;
let warned = false;

/**
 * Checks that a pool may be created here, and warns once if nested pools may have many threads.
 *
 * @throws {IsopoolError} If a worker is loading a task module, or if the pool would be nested too deep.
 */
export function checkNesting(name: string, workers: number, threads: boolean): void {
  const { loading, depth, threads: threadsAbove } = isolateState;
  if (loading !== undefined) {
    throw new IsopoolError(
      `Cannot create pool: ${loading} creates it at its top level, which a worker runs as well when it loads the ` +
        "module: put the code that starts work into `if (import.meta.main) { ... }`",
    );
  }
  if (!threads || depth === 0) return;
  if (depth > MAX_DEPTH) {
    throw new IsopoolError(
      `Cannot create pool: it would be ${depth + 1} pools deep, and ${MAX_DEPTH + 1} is the limit: a task that ` +
        "creates pools must not be run by the pools it creates",
    );
  }
  const maxThreads = threadsAbove * workers;
  if (warned || maxThreads <= MAX_THREADS_PER_CORE * cpuCount()) return;
  warned = true;
  console.warn(
    `isopool: pool "${name}" is created by a task; all such pools together may have ${maxThreads} threads on ` +
      `${cpuCount()} cores: give it fewer \`workers\`, or backend "async"`,
  );
}
