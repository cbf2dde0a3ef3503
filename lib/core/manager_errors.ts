/**
 * Errors of managers. The others are in errors.ts.
 *
 * @module
 */
import { IsopoolError } from "./base_error.ts";

/**
 * The manager was closed, or the thread that made it has ended: its objects are gone. Close it after the last call; who
 * shares an object makes the manager on a thread that lives longer than its users.
 *
 * @example A call that came too late
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
 * A transaction, or a call inside of one, would have waited for ever: for itself, or for another one that waits for it.
 * It was refused, and the others go on. Take objects in the same order everywhere, or the whole manager at once.
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
