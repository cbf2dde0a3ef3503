/**
 * The callbacks of `Pool.applyAsync`.
 *
 * @module
 */
import { AsyncContext } from "../core/async_context.ts";
import { callback, knownOptions } from "../core/validate.ts";
import { type Future, observe, outcomeOf, subscribe } from "../future/future.ts";
import type { ApplyOptions } from "./runnable.ts";

/** Checks the callbacks. */
export function checkCallbacks(action: string, options: ApplyOptions<never>): void {
  knownOptions(action, options, ["callback", "errorCallback"]);
  callback(action, "callback", options.callback);
  callback(action, "errorCallback", options.errorCallback);
}

/** Calls one of the callbacks when the future is settled, in the caller's asynchronous context. */
export function attachCallbacks(future: Future<unknown>, { callback, errorCallback }: ApplyOptions<never>): void {
  if (!callback && !errorCallback) return;
  // Without an `errorCallback`, a failure counts as unobserved until the caller reads the future.
  if (errorCallback) observe(future);
  const context = new AsyncContext();
  subscribe(future, () => {
    const { outcome, value } = outcomeOf(future);
    const listener = outcome === "fulfilled" ? callback : errorCallback;
    if (listener) context.run(() => listener(value as never));
  });
}
