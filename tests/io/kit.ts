/**
 * Helpers of the tests of `pooled()` and `limit()`.
 *
 * @module
 */
import { MUST_HAPPEN, within } from "../support/within.ts";

/** A policy of `count` retries without waits. */
export function retries(count: number): { maxAttempts: number; minTimeout: number } {
  return { maxAttempts: count + 1, minTimeout: 0 };
}

/** Returns what a promise resolves to or rejects with. Fails instead of hanging. */
export function outcomeOf(promise: PromiseLike<unknown>): Promise<unknown> {
  return within(MUST_HAPPEN, promise.then((value) => value, (error) => error));
}

/** Reads all results in a loop; returns them, and the error that ended the loop. */
export async function readAll<R>(results: AsyncIterable<R>): Promise<{ seen: R[]; error: unknown }> {
  const seen: R[] = [];
  const read = async () => {
    for await (const value of results) seen.push(value);
  };
  const error = await outcomeOf(read());
  return { seen, error };
}

/** Lasts until the signal aborts, then rejects with the signal's reason. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** Runs some turns of the event loop, so that all code that is ready to run has run. */
export async function runTurns(turns = 20): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}
