/**
 * `untilSettled()`: a wait for one future, with an optional time limit.
 *
 * @module
 */
import { calledBy, Caller, type PublicFunction } from "../core/at_caller.ts";
import { WaitTimeoutError } from "../core/errors.ts";
import { Promise } from "../core/platform.ts";
import { duration, knownOptions } from "../core/validate.ts";
import { waitLimit } from "../core/wait_limit.ts";

/**
 * Resolves when `subscribe` calls its listener. `subscribe` may call it at once.
 *
 * @throws {WaitTimeoutError} If `options.timeout` milliseconds pass first.
 */
export function untilSettled(
  called: PublicFunction,
  options: { timeout?: number },
  subscribe: (listener: () => void) => () => void,
): Promise<void> {
  const timeout = calledBy(called, () => {
    knownOptions(called.action, options, ["timeout"]);
    return duration(called.action, "timeout", options.timeout);
  });
  const caller = timeout === undefined ? undefined : new Caller(called);
  return new Promise((resolve, reject) => {
    let clearLimit = (): void => {};
    let isSettled = false;
    const unsubscribe = subscribe(() => {
      isSettled = true;
      clearLimit();
      resolve();
    });
    if (isSettled || timeout === undefined) return;
    clearLimit = waitLimit(timeout, () => {
      unsubscribe();
      reject(caller!.addTo(new WaitTimeoutError(`Gave up waiting after ${timeout} ms: the task goes on`)));
    });
  });
}
