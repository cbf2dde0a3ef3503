/**
 * `cancelFuture()`: the body of `Future.cancel`.
 *
 * @module
 */
import { calledBy, type PublicFunction } from "../core/at_caller.ts";
import { CancelledError } from "../core/errors.ts";
import { captureStack } from "../core/stack.ts";
import { boolean, knownOptions } from "../core/validate.ts";
import type { CancelOptions } from "./future_control.ts";
import { cancelTask, outcomeOf, type Settlement } from "./settlement.ts";

/** Cancels the task of a future. Returns `false` if it had finished already. */
export function cancelFuture(
  future: Settlement,
  reason: unknown,
  options: CancelOptions,
  called: PublicFunction,
): boolean {
  const force = calledBy(called, () => {
    knownOptions(called.action, options, ["force"]);
    return boolean(called.action, "force", options.force, true);
  });
  const { outcome } = outcomeOf(future);
  if (outcome !== "none") return outcome === "cancelled";
  const error = new CancelledError("Future was cancelled", { cause: reason });
  captureStack(error, called.method);
  cancelTask(future, error, force);
  return true;
}
