/**
 * The workers of this thread that have calls in flight: threads and processes together. Looking for an answer takes a core:
 * not one that a worker needs.
 *
 * @module
 */
import { cores } from "../core/platform.ts";

let count = 0;

/** Counts a worker that was sent a call. */
export function workerBecameBusy(): void {
  count++;
}

/** Counts it no more: its calls have ended, or it has. */
export function workerBecameFree(): void {
  count--;
}

/** Whether the workers leave a core to who looks for their answers. */
export function isCoreFree(): boolean {
  return count < cores;
}
