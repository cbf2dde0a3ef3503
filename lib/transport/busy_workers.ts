/**
 * Counts the workers of this thread that have calls in flight, threads and processes together. Polling for an answer takes a
 * core, and must not take one that a worker needs.
 *
 * @module
 */
import { cores } from "../core/platform.ts";

let count = 0;

/** Counts a worker that was sent a call. */
export function workerBecameBusy(): void {
  count++;
}

/** Stops counting a worker: its calls have ended, or the worker has. */
export function workerBecameFree(): void {
  count--;
}

/** Whether the busy workers leave a core free, on which the host can poll for their answers. */
export function isCoreFree(): boolean {
  return count < cores;
}
