/**
 * `joinEnd()`: waits for the end of a pool, with a time limit.
 *
 * @module
 */
import { WaitTimeoutError } from "../core/errors.ts";
import { Promise } from "../core/platform.ts";
import { waitLimit } from "../core/wait_limit.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";

/** Milliseconds in which idle workers end. */
const END_TIME = 500;
/** A timer that is later than this, in milliseconds, was held up by a blocked event loop. */
const LATE = 20;

/**
 * Waits until a scheduler has ended.
 *
 * @param timeout Maximum wait, in milliseconds.
 * @param message Makes the message of the error that the wait ran out of time with.
 * @throws {WaitTimeoutError} If the wait ran out of time.
 */
export async function joinEnd({ ended }: Scheduler, timeout: number | undefined, message: () => string): Promise<void> {
  if (timeout === undefined) return await ended;
  const { promise, reject } = Promise.withResolvers<never>();
  const fail = () => reject(new WaitTimeoutError(message()));
  let clearLimit = waitLimit(timeout, (late) => {
    // A worker whose calls have ended needs this event loop to end, which was blocked.
    if (late > LATE) clearLimit = waitLimit(END_TIME, fail);
    else fail();
  });
  await Promise.race([ended, promise]).finally(() => clearLimit());
}
