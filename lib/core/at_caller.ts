/**
 * `atCaller()`: makes the stack of a refusal start at the caller's line. The runtime shows the source of the first frame of
 * an uncaught error: without this, it is a line of the library.
 *
 * @module
 */
import { appendStack, captureStack, dropFrames, isOwnFrame } from "./stack.ts";

/** A public function. */
export interface PublicFunction {
  /** What it does, in error messages: `Cannot <action>: ...`. */
  readonly action: string;
  /** The function itself. `Error.captureStackTrace` cuts it, and the library's frames above it, off a stack. */
  readonly method: (...args: never[]) => unknown;
}

/**
 * Captures the stack of an error again, from the caller of a public function on, if the library made the error: its message
 * begins with `Cannot <action>:`. Returns the error.
 *
 * @param called The public function, which must be running.
 */
export function atCaller(error: unknown, { action, method }: PublicFunction): unknown {
  if (error instanceof Error && error.message.startsWith(`Cannot ${action}:`)) captureStack(error, method);
  return error;
}

/** Runs `body`, a part of a public function that may refuse its input. */
export function calledBy<T>(called: PublicFunction, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw atCaller(error, called);
  }
}

/** The caller of this library, captured for an error that is made later. Capturing it costs 1.5 us. */
export class Caller {
  declare stack: string;

  /** @param called The public function, if it is known here. */
  constructor(called?: PublicFunction) {
    captureStack(this, called?.method ?? Caller);
  }

  /** Makes the stack of an error start at the caller's line. */
  addTo<E extends Error>(error: E): E {
    appendStack(dropFrames(error), "\n", this, (frame) => !isOwnFrame(frame));
    return error;
  }
}
