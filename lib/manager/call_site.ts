/**
 * Where in the caller's code a call was made: the second half of a failed call's stack. The first is the manager's.
 *
 * @module
 */
import { isError } from "../protocol/error_record.ts";

const MARK = "\n  called:\n";
const FOLDER = new URL(".", import.meta.url).href;

/** A place in the caller's code. Its text is made only when it is needed. */
export class CallSite {
  declare stack: string;

  /** Takes the place from which the library was called. */
  constructor() {
    Error.captureStackTrace(this, CallSite);
  }

  /** Appends this place to the stack of what a call failed with, if that is an error; gives that. */
  addTo(thrown: unknown): unknown {
    if (!isError(thrown) || thrown.stack?.includes(MARK)) return thrown;
    const frames = this.stack.split("\n").slice(1).filter((frame) => !frame.includes(FOLDER));
    const value = `${thrown.stack ?? `${thrown.name}: ${thrown.message}`}${MARK}${frames.join("\n")}`;
    Object.defineProperty(thrown, "stack", { value, writable: true, configurable: true, enumerable: false });
    return thrown;
  }
}
