/**
 * What all failures of the library have in common.
 *
 * @module
 */

/**
 * Base of every failure of the library, as opposed to a failure of your task.
 *
 * @example Telling the library's failures from the task's
 * ```ts
 * import { assert } from "@std/assert";
 * import { IsopoolError, TaskTimeoutError } from "@isopool/isopool";
 *
 * assert(new TaskTimeoutError("Task ran too long", { timeout: 10 }) instanceof IsopoolError);
 * ```
 */
export class IsopoolError extends Error {
  /** @ignore */
  override name = "IsopoolError";
}
