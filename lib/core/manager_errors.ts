/**
 * Errors of managers. `errors.ts` exports them with the others.
 *
 * @module
 */
import { IsopoolError } from "./base_error.ts";

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
