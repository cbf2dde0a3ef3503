/**
 * Errors of waiting for a result. `errors.ts` exports them with the others.
 *
 * @module
 */
import { IsopoolError } from "./base_error.ts";

/**
 * A waiting call ran out of time. It stopped nothing: the task, or whatever it waited for, goes on.
 *
 * @example Tell it from other errors
 * ```ts
 * import { assert } from "@std/assert";
 * import { IsopoolError, WaitTimeoutError } from "@isopool/isopool";
 *
 * assert(new WaitTimeoutError("Gave up waiting") instanceof IsopoolError);
 * ```
 */
export class WaitTimeoutError extends IsopoolError {
  /** @ignore */
  override name = "WaitTimeoutError";
}

/**
 * The future was cancelled by `cancel`. A future that an `AbortSignal` cancels rejects with the signal's own reason instead.
 *
 * @example Cancel a future
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { CancelledError, Pool } from "@isopool/isopool";
 *
 * await using pool = new Pool({ backend: "async" });
 * const future = pool.submit(() => new Promise<never>(() => {}));
 * future.cancel();
 * await assertRejects(() => future.result(), CancelledError);
 * ```
 */
export class CancelledError extends IsopoolError {
  /** @ignore */
  override name = "CancelledError";
}
