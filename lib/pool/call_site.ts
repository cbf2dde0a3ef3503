/**
 * The call site of a task: the line of the caller's code that submitted it. It is the second half of a failed task's stack.
 *
 * @module
 */
import type { PublicFunction } from "../core/at_caller.ts";
import { TaskTimeoutError } from "../core/errors.ts";
import { appendStack, captureStack } from "../core/stack.ts";
import { queueMicrotask } from "../core/timer.ts";
import { isError } from "../protocol/error_record.ts";

const SEPARATOR = "\n  submitted:\n";

/** A method that a caller submits through. */
export type PublicMethod = PublicFunction;

/** A call site. Capturing it costs 1.5 us; V8 makes its text when `stack` is read. */
export class CallSite {
  declare stack: string;

  /** Captures the site that called `method`. */
  constructor({ method }: PublicMethod) {
    captureStack(this, method);
  }

  /** Appends this site to the stack of what a task threw, if that is an error; for an item of a map also which one. */
  addTo(thrown: unknown, index?: number): void {
    const note = index === undefined ? undefined : `    at items[${index}]`;
    if (isError(thrown)) appendStack(thrown, SEPARATOR, this, undefined, note);
  }
}

/** A call site of a task that runs on this event loop: what the task throws has a stack with its caller already. */
class LimitSite extends CallSite {
  override addTo(thrown: unknown, index?: number): void {
    if (thrown instanceof TaskTimeoutError) super.addTo(thrown, index);
  }
}

/** Number of calls of one task with a call site of their own, when no `await` is between them. */
const MAX_EXACT = 32;

/**
 * Captures the call sites of one pool. A thousand call sites in one turn of the event loop would cost more than the
 * calls: from the 33rd call on, calls share one call site, which is the same loop's.
 */
export class CallSites {
  #method: PublicMethod | undefined;
  #task: unknown;
  #latest: CallSite | undefined;
  #captured = 0;

  /** Captures the site that called `method` for a task. `isIsolated` says whether the task runs elsewhere. */
  capture(method: PublicMethod, task: unknown, isIsolated: boolean): CallSite {
    if (this.#latest && this.#captured >= MAX_EXACT && this.#method === method && this.#task === task) {
      return this.#latest;
    }
    if (this.#captured++ === 0) {
      queueMicrotask(() => {
        this.#captured = 0;
        this.#latest = undefined;
      });
    }
    this.#method = method;
    this.#task = task;
    return this.#latest = isIsolated ? new CallSite(method) : new LimitSite(method);
  }
}
