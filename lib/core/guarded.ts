/**
 * Calling back the user's code from the middle of the library's.
 *
 * @module
 */

/** Calls `callback`; what it throws is reported, and harms nobody else. */
export function guarded(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    // In a task of its own: reportError may end the script, and what was going on comes first.
    queueMicrotask(() => reportError(error));
  }
}
