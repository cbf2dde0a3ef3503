/**
 * Failures of locks and barriers; errors.ts exports them with the others.
 *
 * @module
 */
import { IsopoolError } from "./base_error.ts";

/**
 * The thread that held a lock has died, or was given up, and left what the lock guards in an unknown state. The lock is
 * not held by who gets this error, and stays abandoned for the next one too, until somebody recovers it.
 *
 * @example Whether recovering is possible
 * ```ts
 * import { assert } from "@std/assert";
 * import { LockAbandonedError } from "@isopool/isopool";
 *
 * const error = new LockAbandonedError("Cannot acquire Lock", { recoverable: true });
 * assert(error.recoverable);
 * ```
 */
export class LockAbandonedError extends IsopoolError {
  /** @ignore */
  override name = "LockAbandonedError";
  /** Whether `recover` would help: not if the thread may still run. */
  readonly recoverable: boolean;

  /** Creates the error. */
  constructor(message: string, options: ErrorOptions & { recoverable: boolean }) {
    super(message, options);
    this.recoverable = options.recoverable;
  }
}

/**
 * The barrier was broken: a party ran out of time, died while it waited, or somebody called `abort` or `reset`.
 *
 * @example A broken barrier stays broken until it is reset
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { Barrier, BrokenBarrierError } from "@isopool/isopool";
 *
 * const barrier = new Barrier(2);
 * barrier.abort();
 * await assertRejects(() => barrier.wait(), BrokenBarrierError);
 * ```
 */
export class BrokenBarrierError extends IsopoolError {
  /** @ignore */
  override name = "BrokenBarrierError";
}
