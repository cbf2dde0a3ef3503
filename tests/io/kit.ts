/**
 * What the tests of `pooled()` and `limit()` share.
 *
 * @module
 */
import { MUST_HAPPEN, within } from "../support/within.ts";

/** How a promise ends: its value, or what it rejects with. Fails instead of hanging. */
export function ending(promise: PromiseLike<unknown>): Promise<unknown> {
  return within(MUST_HAPPEN, promise.then((value) => value, (error) => error));
}

/** Everything that a loop over results gives, and then how it ends. */
export async function drained<R>(results: AsyncIterable<R>): Promise<{ seen: R[]; error: unknown }> {
  const seen: R[] = [];
  const read = async () => {
    for await (const value of results) seen.push(value);
  };
  const error = await ending(read());
  return { seen, error };
}

/** An fn's way to last until its signal fires, then to fail with the signal's reason. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** Lets everything run that is ready. */
export async function settled(turns = 20): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** Counts the listeners of a signal: how many there are, and how many there were at most. */
export function countListeners(signal: AbortSignal): { now: number; most: number } {
  const count = { now: 0, most: 0 };
  const add = signal.addEventListener.bind(signal), remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    count.most = Math.max(count.most, ++count.now);
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    count.now--;
    remove(...args);
  };
  return count;
}
