/**
 * The call site: the line of the caller's code that made a call. It is the second half of the stack of a failed call; the
 * first half is the manager's.
 *
 * @module
 */
import { appendStack, captureStack, isOwnFrame } from "../core/stack.ts";
import { isError } from "../protocol/error_record.ts";

const SEPARATOR = "\n  called:\n";

/** The site of a call. Its text is made only when it is needed. */
export class CallSite {
  declare stack: string;

  /** Captures the current stack. */
  constructor() {
    captureStack(this, CallSite as never);
  }

  /** Appends this site to the stack of an error, and returns the error. Returns any other value as it is. */
  addTo(thrown: unknown): unknown {
    if (isError(thrown)) appendStack(thrown, SEPARATOR, this, (frame) => !isOwnFrame(frame));
    return thrown;
  }
}
