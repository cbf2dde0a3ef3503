/**
 * `IsopoolError`: the base class of the library's errors.
 *
 * @module
 */
import { isOptions, show } from "./validate.ts";

/**
 * Marks a failure of the library, as opposed to a failure of your task. Every error class of the library extends it.
 *
 * @example Tell the library's failures from the task's
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

  /** Creates the error. Accepts any message: a value that is no string is described, so that no error replaces this one. */
  constructor(message?: string, options?: ErrorOptions) {
    super(message === undefined || typeof message === "string" ? message : show(message), optionsOf(options));
  }
}

/** The options of an error; none for what cannot be options, for example a revoked proxy. */
export function optionsOf<T extends object>(given: T | undefined): T {
  return isOptions(given) ? given : {} as T;
}
