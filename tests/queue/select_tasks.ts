/**
 * A task of the tests of `select`.
 *
 * @module
 */
import type { SharedEvent } from "@isopool/isopool";
import { type Queue, select, WaitTimeoutError } from "@isopool/isopool/queue";

/**
 * Puts an item into one of the queues and takes one from any, many times; returns how often it found nothing. While a
 * thread has put and not taken, at each moment one of the queues has an item.
 */
export async function putAndSelect(
  queues: Queue<number>[],
  count: number,
  timeout: number,
  started: SharedEvent,
): Promise<number> {
  started.set();
  let failures = 0;
  for (let i = 0; i < count; i++) {
    await queues[i % queues.length].put(i);
    try {
      await select(queues, { timeout });
    } catch (error) {
      if (!(error instanceof WaitTimeoutError)) throw error;
      failures++;
    }
  }
  return failures;
}
