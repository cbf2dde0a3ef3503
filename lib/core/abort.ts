/**
 * Listening to a signal exactly as long as it is needed.
 *
 * @module
 */

const NOTHING = (): void => {};

/**
 * Calls `listener` once when `signal` aborts, at once if it has. Returns what takes the listener off again, so that a
 * signal that outlives ten thousand tasks holds none of them.
 */
export function onAbort(signal: AbortSignal | undefined, listener: (reason: unknown) => void): () => void {
  if (signal === undefined) return NOTHING;
  if (signal.aborted) {
    listener(signal.reason);
    return NOTHING;
  }
  const heard = () => listener(signal.reason);
  signal.addEventListener("abort", heard, { once: true });
  return () => signal.removeEventListener("abort", heard);
}
