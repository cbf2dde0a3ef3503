/**
 * The place in the caller's code at which a call was made. It is the second half of the stack of a failed call; the first
 * half is the manager's.
 *
 * @module
 */
import { isError } from "../protocol/error_record.ts";

const MARK = "\n  called:\n";
const FOLDER = new URL(".", import.meta.url).href;

/** The place of a call. Its text is made only when it is needed. */
export class CallSite {
  declare stack: string;

  /** Captures the current stack. */
  constructor() {
    Error.captureStackTrace(this, CallSite);
  }

  /** Appends this place to the stack of an error, and returns the error. Returns any other value as it is. */
  addTo(thrown: unknown): unknown {
    if (!isError(thrown) || thrown.stack?.includes(MARK)) return thrown;
    const frames = this.stack.split("\n").slice(1).filter((frame) => !frame.includes(FOLDER));
    const value = `${thrown.stack ?? `${thrown.name}: ${thrown.message}`}${MARK}${frames.join("\n")}`;
    Object.defineProperty(thrown, "stack", { value, writable: true, configurable: true, enumerable: false });
    return thrown;
  }
}
