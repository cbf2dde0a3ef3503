/**
 * Errors of locks, barriers, queues, pipes and managers. `errors.ts` exports them with the others.
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

/**
 * The queue or connection is closed: it takes no more values, or it has no value left to return.
 *
 * @example Get the value back
 * ```ts
 * import { assertEquals, assertInstanceOf } from "@std/assert";
 * import { Queue, QueueClosedError } from "@isopool/isopool";
 *
 * const queue = new Queue<string>();
 * queue.close();
 * const error = await queue.put("late").catch((error: unknown) => error);
 * assertInstanceOf(error, QueueClosedError);
 * assertEquals(error.value, "late");
 * ```
 */
export class QueueClosedError extends IsopoolError {
  /** @ignore */
  override name = "QueueClosedError";
  /** The value that was not put; `undefined` if the failed call was a `get`. */
  readonly value: unknown;

  /** Creates the error, with the value if there is one. */
  constructor(message: string, options: ErrorOptions & { value?: unknown } = {}) {
    super(message, options);
    this.value = optionsOf(options).value;
  }
}

/**
 * A consumer died before it acknowledged items that it had received, so not every item of the queue was processed.
 *
 * @example See which items are lost
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ItemLostError } from "@isopool/isopool";
 *
 * const error = new ItemLostError("Cannot join JoinableQueue: an item is lost", { tickets: [3] });
 * assertEquals(error.tickets, [3]);
 * ```
 */
export class ItemLostError extends IsopoolError {
  /** @ignore */
  override name = "ItemLostError";
  /** Tickets of the lost items, as `put` returned them. */
  readonly tickets: readonly number[];

  /** Creates the error for some tickets. */
  constructor(message: string, options: ErrorOptions & { tickets: readonly number[] }) {
    super(message, options);
    this.tickets = optionsOf(options).tickets;
  }
}

/**
 * The manager was closed, or the thread that created it has ended: its objects are gone. Create a manager on a thread that
 * lives longer than all users of its objects, and close it after the last call.
 *
 * @example A call after `close`
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { Manager, ManagerClosedError } from "@isopool/isopool";
 *
 * const manager = new Manager();
 * const list = manager.list<number>();
 * manager.close();
 * await assertRejects(() => list.push(1), ManagerClosedError);
 * ```
 */
export class ManagerClosedError extends IsopoolError {
  /** @ignore */
  override name = "ManagerClosedError";
}

/**
 * A transaction, or a call inside a transaction, would have waited for ever: for itself, or for another transaction that
 * waits for it. The manager refused it, and the other transactions go on. Lock objects in the same order everywhere, or
 * lock the whole manager at once.
 *
 * @example A transaction inside itself
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { DeadlockError, Manager } from "@isopool/isopool";
 *
 * using manager = new Manager();
 * const list = manager.list<number>();
 * await assertRejects(() => list.transaction(() => list.transaction(() => {})), DeadlockError);
 * ```
 */
export class DeadlockError extends IsopoolError {
  /** @ignore */
  override name = "DeadlockError";
}
