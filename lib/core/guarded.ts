/**
 * `guarded()`: calls a user's callback from inside the library.
 *
 * @module
 */
import { reportError } from "./platform.ts";
import { queueMicrotask } from "./timer.ts";

/** Calls `callback`. What it throws goes to `reportError`, so that it cannot stop the library's own work. */
export function guarded(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    // In a microtask: `reportError` may end the script, and the library's current step must finish first.
    queueMicrotask(() => reportError(error));
  }
}
