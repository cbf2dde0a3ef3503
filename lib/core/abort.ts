/**
 * `onAbort()`: a listener on an `AbortSignal` that its owner can remove.
 *
 * @module
 */

/**
 * The reason for signals of the library's own, whose reason nobody sees. Without one the runtime makes a `DOMException`, which
 * the program may have deleted.
 */
export const OVER = "over";

const NO_LISTENER = (): void => {};

/**
 * Calls `listener` once when `signal` aborts, or at once if it has aborted. Returns a function that removes the
 * listener: without it, a signal that outlives ten thousand tasks would keep all of them in memory.
 */
export function onAbort(signal: AbortSignal | undefined, listener: (reason: unknown) => void): () => void {
  if (signal === undefined) return NO_LISTENER;
  if (signal.aborted) {
    listener(signal.reason);
    return NO_LISTENER;
  }
  const handler = () => listener(signal.reason);
  signal.addEventListener("abort", handler, { once: true });
  return () => signal.removeEventListener("abort", handler);
}
