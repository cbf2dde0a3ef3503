/**
 * Waiting until a pool has ended, or not that long.
 *
 * @module
 */
import { WaitTimeoutError } from "../core/errors.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";

/**
 * Waits until a scheduler has ended.
 *
 * @param late What to say when `timeout` milliseconds were not enough.
 * @throws {WaitTimeoutError} If the wait ran out of time.
 */
export async function joinEnd({ ended }: Scheduler, timeout: number | undefined, late: () => string): Promise<void> {
  if (timeout === undefined) return await ended;
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new WaitTimeoutError(late())), timeout);
  await Promise.race([ended, promise]).finally(() => clearTimeout(timer));
}
