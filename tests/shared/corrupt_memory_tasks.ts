/**
 * A task that takes the lock of a condition, by force if it is told to: for corrupt_memory_test.ts.
 *
 * @module
 */
import type { Condition, SharedEvent } from "@isopool/isopool";
import { BRAND } from "../../lib/shared/handle.ts";

/**
 * Sets `ready`, takes the lock of a condition as soon as it is free, and keeps it. With `word`, the task writes that into the
 * lock instead, as hostile code can.
 */
export async function seize(condition: Condition, ready: SharedEvent, word?: number): Promise<never> {
  const words = new Int32Array(condition.lock[BRAND]().memory as SharedArrayBuffer);
  const take = () =>
    word === undefined ? condition.lock.tryAcquire() !== undefined : Atomics.compareExchange(words, 0, 0, word) === 0;
  ready.set();
  while (!take());
  return await new Promise<never>(() => {});
}
