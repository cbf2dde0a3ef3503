/**
 * `joinEnd()`: waits for the end of a pool, with a time limit.
 *
 * @module
 */
import { WaitTimeoutError } from "../core/errors.ts";
import { clearTimeout, setTimeout } from "../core/timer.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";

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
  const timer = setTimeout(() => reject(new WaitTimeoutError(message())), timeout);
  await Promise.race([ended, promise]).finally(() => clearTimeout(timer));
}
