/**
 * Stacks of errors as text, whatever the program has done to `Error`. With an `Error.prepareStackTrace` of its own,
 * `stack` can be any value, and reading it can throw; without a number in `Error.stackTraceLimit` it is `undefined`.
 * An error that cannot be shown in full must still settle its future.
 *
 * @module
 */
import { define } from "./define.ts";
import { OWN_FOLDERS } from "./own_modules.ts";

// Taken at load: the program can delete or replace it later.
const { captureStackTrace, isError } = Error;

/** A frame of the runtime's own code. */
const RUNTIME_FRAME = /^\s+at .*(?:ext|node):/;

/** A function or a class. */
type Callable = ((...args: never[]) => unknown) | (new (...args: never[]) => unknown);

/** Gives an object a `stack`, without the frames of `method` and of the functions that it has called. */
export function captureStack(object: object, method: Callable): void {
  captureStackTrace(object, method);
}

/**
 * Takes its frames, which are the library's, off an error of a task: the line that submitted the task is appended later.
 * The runtime prints an uncaught error from the frames it has captured if `stack` was read before, so it must not be.
 */
export function dropFrames<E extends Error>(error: E): E {
  define(error, "stack", `${error.name}: ${error.message}`, false);
  return error;
}

/** Returns the `stack` of an object; `undefined` if it is no text, or cannot be read. */
export function stackOf(object: { readonly stack?: unknown }): string | undefined {
  try {
    const { stack } = object;
    return typeof stack === "string" ? stack : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a line of a stack is a frame of this library. */
export function isOwnFrame(line: string): boolean {
  return OWN_FOLDERS.some((folder) => line.includes(folder)) && /^\s+at /.test(line);
}

/** Leaves out the frames of this library, and those of the runtime that have called it. */
export function withoutOwnFrames(stack: string): string {
  const lines = stack.split("\n");
  const kept = lines.filter((line) => !isOwnFrame(line));
  if (kept.length === lines.length) return stack;
  while (RUNTIME_FRAME.test(kept.at(-1)!)) kept.pop();
  return kept.join("\n");
}

/**
 * Makes the stack of an error that the library is about to throw begin at the caller's line, which the runtime shows first.
 * Its own stack must not have been read. Costs 20 us.
 */
export function startAtCaller<E extends Error>(error: E): E {
  const captured: { readonly stack?: unknown } = {};
  captureStack(captured, startAtCaller);
  const [, ...frames] = withoutOwnFrames(stackOf(captured) ?? "").split("\n");
  // An error that is thrown where only the library's code is on the stack, after an `await` for example, keeps its frames.
  if (frames.length > 0) define(error, "stack", [`${error.name}: ${error.message}`, ...frames].join("\n"), false);
  return error;
}

/** Adds a line to the stack of an error, and leaves out the frames of this library. Changes nothing else, and no other object. */
export function addFrame(error: object, frame: string): void {
  if (!isError(error)) return;
  const stack = stackOf(error);
  if (stack === undefined || stack.includes(frame)) return;
  try {
    define(error, "stack", `${withoutOwnFrames(stack)}\n    ${frame}`, false);
  } catch {
    // A frozen error keeps its own stack.
  }
}

/**
 * Appends a captured stack, as the second half, to the stack of an error.
 *
 * @param mark The line between the halves, with its line breaks. A stack that has it already stays as it is.
 * @param keep Whether to keep a frame of `captured`.
 * @param note A first line of the second half.
 */
export function appendStack(
  error: Error,
  mark: string,
  captured: { readonly stack?: unknown },
  keep: (frame: string) => boolean = () => true,
  note?: string,
): void {
  const stack = stackOf(error);
  if (stack?.includes(mark)) return;
  const [, ...frames] = stackOf(captured)?.split("\n") ?? [];
  if (frames.length === 0) return;
  try {
    const first = stack === undefined ? `${error.name}: ${error.message}` : withoutOwnFrames(stack);
    define(error, "stack", `${first}${mark}${[...(note ? [note] : []), ...frames.filter(keep)].join("\n")}`, false);
  } catch {
    // A frozen error, or one whose message cannot be read, keeps its own stack: the second half is an extra.
  }
}
