/**
 * Runs a state machine (steps/step.ts) that waits for nothing but a lock: `tryPut` and `tryTake` of a queue, the collection
 * of its lost items, the reset of a barrier.
 *
 * A lock that another thread holds is waited for, since its holder needs a moment only. (A `timeout` of 0 would give up on
 * that too.) But the wait has an end: code that has written into the memory can make it look as if a thread held the lock
 * for ever, and this thread cannot run its timers meanwhile.
 *
 * @module
 */
import { corruptMemory, MAX_STEPS } from "../core/corrupt_memory.ts";
import { IsopoolError } from "../core/errors.ts";
import { Atomics } from "../core/platform.ts";
import type { SharedWords } from "./memory.ts";
import { DONE, type PlainWords, Result, WAIT } from "./steps/step.ts";
import { conclude, type Machine } from "./waiting.ts";

/** In place of a result: another thread has held the lock all the time. */
export const BUSY = -1;

/**
 * How many times to wait 1 ms for a lock, so 5 s or more. Its holder may be copying an item of 1 GiB on a busy machine,
 * which takes a second or two. Waits are counted, and not the time: the process may have been stopped meanwhile.
 */
export const MAX_LOCK_WAITS = 5_000;

/** The same for a lock that did not come free in time before. */
const STUCK_LOCK_WAITS = 100;

// Locks that did not come free in time, and have not since.
const stuck = new WeakSet<PlainWords>();

/**
 * Runs a machine to its end; returns its result. It gives up where it would sleep on `positions`, and after `maxWaits`
 * waits of 1 ms for a lock: then it returns {@linkcode BUSY}.
 */
export function runNow(machine: Machine, positions?: SharedWords, maxWaits: number = MAX_LOCK_WAITS): number {
  const { frame, step } = machine;
  let waits = 0;
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    const outcome = step();
    if (outcome === DONE) return resultOf(machine, positions);
    if (outcome !== WAIT) continue;
    const words = frame.where as SharedWords;
    if (words === positions) frame.giveUp = true;
    else if (waits++ >= (stuck.has(words) ? Math.min(maxWaits, STUCK_LOCK_WAITS) : maxWaits)) frame.giveUp = true;
    else if (Atomics.wait(words.array, frame.on, frame.expected, 1) !== "not-equal") steps = 0;
  }
  throw corruptMemory(machine.call);
}

function resultOf(machine: Machine, positions: SharedWords | undefined): number {
  const { result, where } = machine.frame;
  if (result === Result.GAVE_UP && where !== positions) {
    stuck.add(where!);
    return BUSY;
  }
  if (where !== undefined) stuck.delete(where);
  if (result !== Result.GAVE_UP) conclude(machine);
  return result;
}

/** Creates the error for a lock that another thread has held all the time. */
export function lockHeld(call: string): IsopoolError {
  return new IsopoolError(
    `Cannot ${call}: another thread holds its lock and does not release it: that thread is suspended, or the memory is ` +
      "corrupt: use a new object",
  );
}
