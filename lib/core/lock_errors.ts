/**
 * Errors of locks and barriers. `errors.ts` exports them with the others.
 *
 * @module
 */
import { IsopoolError, optionsOf } from "./base_error.ts";

/**
 * The thread that held a lock has died, or its host has abandoned it, so the data under the lock is in an unknown state.
 * The caller that gets this error does not hold the lock. The lock stays abandoned for every later caller until one
 * calls `recover`.
 *
 * @example See whether the lock can be recovered
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
  /** Whether `recover` can succeed: `false` while the thread may still run. */
  readonly recoverable: boolean;

  /** Creates the error. */
  constructor(message: string, options: ErrorOptions & { recoverable: boolean }) {
    super(message, options);
    this.recoverable = optionsOf(options).recoverable;
  }
}

/**
 * The barrier is broken: a party ran out of time, a party died while it waited, or a thread called `abort` or `reset`.
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

/**
 * The lease of a lock in Redis has ended before the lock was released, so another process may hold the lock.
 *
 * @example Tell it from a Redis that is away
 * ```ts
 * import { assert } from "@std/assert";
 * import { IsopoolError, LockLostError } from "@isopool/isopool";
 *
 * assert(new LockLostError("The lease has ended") instanceof IsopoolError);
 * ```
 */
export class LockLostError extends IsopoolError {
  /** @ignore */
  override name = "LockLostError";
}
