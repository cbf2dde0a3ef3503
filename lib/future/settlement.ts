/**
 * `Settlement`: the base class of `Future`, with its private state: the outcome, the listeners, and whether any code has
 * observed the outcome. It is settled once.
 *
 * ```
 * job --settleFuture--> Settlement: outcome, value --subscribe, whenSettled--> wait(), asCompleted(), Future.then
 * ```
 *
 * The functions below are the only way to this state. They are not methods, so that a user of a future cannot settle it.
 *
 * @module
 */
import { guarded } from "../core/guarded.ts";
import type { FutureControl, FutureState, Outcome } from "./future_control.ts";
import type { UnobservedFailures } from "./unobserved_failures.ts";

/** Settles a future; the first call wins, later calls return `false`. `args`: the arguments of a call that has failed. */
export let settleFuture: (
  future: Settlement,
  outcome: Exclude<Outcome, "none">,
  value: unknown,
  args?: readonly unknown[],
) => boolean;
/** Returns the arguments of the call behind a future, if it has failed. */
export let failedArgs: (future: Settlement) => readonly unknown[];
/** Marks a future as observed, so that its failure is not reported as unhandled. */
export let observe: (future: Settlement) => void;
/** Whether any code has observed the future's outcome. */
export let isObserved: (future: Settlement) => boolean;
/** Calls `listener` when the future is settled, at once if it is; returns a function that removes the listener. */
export let subscribe: (future: Settlement, listener: () => void) => () => void;
/** Observes a future, and calls one of two functions, which never throw, when it is settled, at once if it is. */
export let whenSettled: <R>(
  future: Settlement,
  resolve: (value: R) => void,
  reject: (reason: unknown) => void,
) => void;
/** Returns the outcome of a future, and its value or reason. */
export let outcomeOf: (future: Settlement) => { outcome: Outcome; value: unknown };
/** Returns the state of a future. */
export let stateOf: (future: Settlement) => FutureState;
/** Returns the id of the worker that runs or ran the task. */
export let workerIdOf: (future: Settlement) => number | undefined;
/** Cancels the task of a future, which must not be settled. */
export let cancelTask: (future: Settlement, reason: unknown, force: boolean) => void;
/** Adds the failure of a future to `failures` if it is not observed; observing it later removes it. `what` names the task. */
export let trackFailure: (future: Settlement, failures: UnobservedFailures, what: string) => void;

const NO_ARGS: readonly unknown[] = [];
const NO_LISTENER = (): void => {};

/**
 * Base of `Future`: its private state.
 *
 * @internal
 */
export class Settlement {
  #control: FutureControl | undefined;
  #outcome: Outcome = "none";
  #value: unknown = undefined;
  // The first promise that waits, if nothing else did before: nearly always, nothing else ever does. A listener would cost
  // a closure, a list and another closure that removes it: 300 bytes a call.
  #resolve: ((value: never) => void) | undefined;
  #reject: ((reason: unknown) => void) | undefined;
  #listeners: (() => void)[] | undefined;
  #observed = false;
  #failedArgs = NO_ARGS;
  #failures: UnobservedFailures | undefined;
  #workerId: number | undefined;

  /** @ignore Pools create futures. */
  constructor(control: FutureControl) {
    this.#control = control;
  }

  /** @ignore What `console.log` shows: an `await` is easily forgotten. */
  [Symbol.for("Deno.customInspect")](): string {
    return `Future (${stateOf(this)}: await it)`;
  }

  static {
    settleFuture = (future, outcome, value, args = NO_ARGS) => future.#settle(outcome, value, args);
    failedArgs = (future) => future.#failedArgs;
    observe = (future) => future.#observe();
    isObserved = (future) => future.#observed;
    subscribe = (future, listener) => future.#subscribe(listener);
    whenSettled = (future, resolve, reject) => {
      future.#observe();
      if (future.#outcome === "none" && !future.#resolve && !future.#listeners) {
        future.#resolve = resolve;
        future.#reject = reject;
      } else {
        future.#subscribe(() =>
          future.#outcome === "fulfilled" ? resolve(future.#value as never) : reject(future.#value)
        );
      }
    };
    outcomeOf = (future) => ({ outcome: future.#outcome, value: future.#value });
    stateOf = (future) => {
      if (future.#outcome === "cancelled") return "cancelled";
      if (future.#outcome !== "none") return "finished";
      return future.#control!.isRunning() ? "running" : "pending";
    };
    workerIdOf = (future) => future.#control ? future.#control.workerId() : future.#workerId;
    cancelTask = (future, reason, force) => future.#control!.cancel(reason, force);
    trackFailure = (future, failures, what) => {
      if (future.#observed) return;
      future.#failures = failures;
      failures.add(future, future.#value, what);
    };
  }

  #settle(outcome: Outcome, value: unknown, args: readonly unknown[]): boolean {
    if (this.#outcome !== "none") return false;
    this.#failedArgs = args;
    this.#workerId = this.#control!.workerId();
    this.#outcome = outcome;
    this.#value = value;
    // The control is the job, which keeps the call's arguments in memory.
    this.#control = undefined;
    if (outcome === "fulfilled") this.#resolve?.(value as never);
    else this.#reject?.(value);
    this.#resolve = this.#reject = undefined;
    const listeners = this.#listeners;
    this.#listeners = undefined;
    if (listeners) { for (const listener of listeners) guarded(listener); }
    return true;
  }

  #subscribe(listener: () => void): () => void {
    if (this.#outcome !== "none") {
      guarded(listener);
      return NO_LISTENER;
    }
    const listeners = this.#listeners ??= [];
    listeners.push(listener);
    return () => {
      const index = this.#listeners?.indexOf(listener) ?? -1;
      if (index >= 0) this.#listeners!.splice(index, 1);
    };
  }

  #observe(): void {
    this.#observed = true;
    this.#failures?.delete(this);
    this.#failures = undefined;
  }
}
