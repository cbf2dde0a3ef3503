/**
 * Ends the jobs that would make the drain of a pool last for ever: streams and lazy maps whose reader has gone.
 *
 * @module
 */
import { CancelledError } from "../core/errors.ts";
import { Promise } from "../core/platform.ts";
import { setImmediate } from "../core/timer.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";

/** Cancels the streams and lazy maps of a closed pool that are not being read. */
export async function cancelUnread({ jobs }: Scheduler): Promise<void> {
  // A reader that takes one result after another, without waiting for anything else, asks for the next one in this turn.
  await new Promise<void>((resolve) => setImmediate(resolve));
  for (const job of jobs) job.poolDrains?.();
}

/** Makes the error that such a job ends with. `cause`: why its pool drains, if a signal has caused that. */
export function unreadError(what: "Map" | "Stream", cause?: unknown): CancelledError {
  const options = cause === undefined ? undefined : { cause };
  return new CancelledError(`${what} was cancelled: its pool was shut down before all results were read`, options);
}
