/**
 * Pools inside tasks: allowed, but threads multiply, and a task that starts a pool for every task it starts never ends.
 *
 * @module
 */
import { IsopoolError } from "../core/errors.ts";
import { scope } from "../core/isolate_state.ts";
import { cpuCount } from "./backends.ts";

/** How many pools deep a worker may be and still have a pool of its own. */
const DEEPEST = 3;
/** Threads for each core from which on a nested pool is worth a warning. */
const CROWD = 2;
let warned = false;

/**
 * Checks that a pool may be made here, and warns once where pools within pools have made many threads.
 *
 * @throws {IsopoolError} While a task module is being loaded in a worker, or too deep.
 */
export function checkNesting(name: string, workers: number, threads: boolean): void {
  if (scope.loading !== undefined) {
    throw new IsopoolError(
      `Cannot create pool: ${scope.loading} does it at its top level, which a worker runs as well when it loads the ` +
        "module: put the code that starts work into `if (import.meta.main) { ... }`",
    );
  }
  if (!threads || scope.depth === 0) return;
  if (scope.depth > DEEPEST) {
    throw new IsopoolError(
      `Cannot create pool: it would be ${scope.depth + 1} pools deep, and ${DEEPEST + 1} is the limit: a task that ` +
        "creates pools must not be run by the pools it creates",
    );
  }
  const most = scope.threads * workers;
  if (warned || most <= CROWD * cpuCount()) return;
  warned = true;
  console.warn(
    `isopool: pool "${name}" is created by a task; all such pools together may have ${most} threads on ` +
      `${cpuCount()} cores: give it fewer \`workers\`, or backend "async"`,
  );
}
