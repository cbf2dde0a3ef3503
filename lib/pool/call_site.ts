/**
 * The call site of a task: the line of the caller's code that submitted it. It is the second half of a failed task's stack.
 *
 * @module
 */
import type { PublicFunction } from "../core/at_caller.ts";
import { TaskTimeoutError } from "../core/errors.ts";
import { appendStack, captureStack } from "../core/stack.ts";
import { isError } from "../protocol/error_record.ts";

const SEPARATOR = "\n  submitted:\n";

const NEARBY = "(one of many calls within 10 ms: this line, or one that calls the same task)";

/** A method that a caller submits through. */
export type PublicMethod = PublicFunction;

/** The call site of a call. */
export interface CallSite {
  /**
   * Appends this site to the stack of what a task threw, if that is an error.
   *
   * @param note What to write above the frames: which item of a map failed.
   */
  addTo(thrown: unknown, note?: string): void;
}

/** A captured call site. Capturing it costs 1.5 us and more; V8 makes its text when `stack` is read. */
class CapturedSite implements CallSite {
  declare stack: string;

  /** Captures the site that called `method`. */
  constructor({ method }: PublicMethod) {
    captureStack(this, method);
  }

  addTo(thrown: unknown, note?: string): void {
    if (isError(thrown)) appendStack(thrown, SEPARATOR, this, undefined, note && `    ${note}`);
  }
}

/**
 * The call site of a task that runs on this event loop. What the task throws has the caller in its stack already, so only
 * the error of a time limit gets the site.
 */
class LimitSite extends CapturedSite {
  override addTo(thrown: unknown, note?: string): void {
    if (thrown instanceof TaskTimeoutError) super.addTo(thrown, note);
  }
}

/** Number of calls of one task, one after another, that have a call site of their own in each PERIOD. */
const MAX_EXACT = 32;
/** Milliseconds. */
const PERIOD = 10;

/**
 * Captures the call sites of one pool. Capturing costs as much as the rest of a short call, so of many calls of one task
 * within {@linkcode PERIOD}, those after the first {@linkcode MAX_EXACT} share the site of the last of these. The shared
 * site is nearly always the line of the same loop, and the error says that it may be another line.
 */
export class CallSites {
  #method: PublicMethod | undefined;
  #task: unknown;
  #captured = 0;
  #periodStart = 0;
  #shared: CallSite | undefined;

  /** Captures the site that calls `method` for a task at time `now`. `isIsolated` says whether the task runs elsewhere. */
  capture(method: PublicMethod, task: unknown, isIsolated: boolean, now: number): CallSite {
    if (this.#method !== method || this.#task !== task || now - this.#periodStart > PERIOD) {
      this.#method = method;
      this.#task = task;
      this.#periodStart = now;
      this.#captured = 0;
      this.#shared = undefined;
    }
    if (this.#shared) return this.#shared;
    const site = isIsolated ? new CapturedSite(method) : new LimitSite(method);
    if (++this.#captured === MAX_EXACT) {
      this.#shared = {
        addTo: (thrown, note) => site.addTo(thrown, note ? `${note}\n    ${NEARBY}` : NEARBY),
      };
    }
    return site;
  }
}
