/**
 * The place in the caller's code that submitted a task: the second half of a failed task's stack.
 *
 * @module
 */
import { appendStack, captureStack } from "../core/stack.ts";
import { queueMicrotask } from "../core/timer.ts";
import { isError } from "../protocol/error_record.ts";

const MARK = "\n  submitted:\n";

/** A method that a caller submits through. */
export interface PublicMethod {
  /** What it does, in error messages: `Cannot <action>: ...`. */
  readonly action: string;
  /** The function itself. `Error.captureStackTrace` cuts it, and the library's frames above it, off the call site. */
  readonly method: (...args: never[]) => unknown;
}

/** A place in the caller's code. Capturing it costs 1.5 us; V8 makes its text when `stack` is read. */
export class CallSite {
  declare stack: string;

  /** Captures the place that called `method`. */
  constructor({ method }: PublicMethod) {
    captureStack(this, method);
  }

  /** Appends this place to the stack of what a task threw, if that is an error; for an item of a map also which one. */
  addTo(thrown: unknown, index?: number): void {
    const note = index === undefined ? undefined : `    at items[${index}]`;
    if (isError(thrown)) appendStack(thrown, MARK, this, undefined, note);
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

  /** Captures the place that called `method` for a task. */
  capture(method: PublicMethod, task: unknown): CallSite {
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
    return this.#latest = new CallSite(method);
  }
}
