/** Counts the listeners of a signal: their present and their maximum number. */
export function countListeners(signal: AbortSignal): { now: number; max: number } {
  const count = { now: 0, max: 0 };
  const add = signal.addEventListener.bind(signal), remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    count.max = Math.max(count.max, ++count.now);
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    count.now--;
    remove(...args);
  };
  return count;
}
