/**
 * Runs a machine without waiting for an item or for room: `tryPut`, `tryTake` and the collection of lost items.
 *
 * A lock that another thread holds is waited for, since its holder needs a moment only. (A `timeout` of 0 would give up on
 * that too.) But the wait has an end: code that has written into the memory can make it look as if a thread held the lock
 * for ever, and this thread cannot run its timers meanwhile.
 *
 * @module
 */
import { corruptMemory, MAX_STEPS } from "../core/corrupt_memory.ts";
import { IsopoolError } from "../core/errors.ts";
import type { SharedWords } from "../shared/memory.ts";
import { DONE, Result, WAIT } from "../shared/steps/step.ts";
import { conclude, type Machine } from "../shared/waiting.ts";

/** In place of a result: another thread has held the lock all the time. */
export const BUSY = -1;

/**
 * Milliseconds to wait for a lock. Its holder may be copying an item of 1 GiB on a busy machine, which takes a second or
 * two.
 */
export const PATIENCE = 5_000;

/**
 * Runs a machine to its end; returns its result. It gives up where it would sleep on `positions`, and after `patience`
 * milliseconds of waiting for a lock: then it returns {@linkcode BUSY}.
 */
export function runNow(machine: Machine, positions?: SharedWords, patience: number = PATIENCE): number {
  const { frame, step } = machine;
  let deadline: number | undefined;
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    const outcome = step();
    if (outcome === DONE) return resultOf(machine, positions);
    if (outcome !== WAIT) continue;
    const { array } = frame.where as SharedWords;
    if (frame.where === positions) frame.giveUp = true;
    else if (performance.now() > (deadline ??= performance.now() + patience)) frame.giveUp = true;
    else if (Atomics.wait(array, frame.on, frame.expected, 1) !== "not-equal") steps = 0;
  }
  throw corruptMemory(machine.call);
}

function resultOf(machine: Machine, positions: SharedWords | undefined): number {
  const { result, where } = machine.frame;
  if (result === Result.GAVE_UP) return where === positions ? result : BUSY;
  conclude(machine);
  return result;
}

/** Creates the error for a lock that another thread has held all the time. */
export function lockHeld(call: string): IsopoolError {
  return new IsopoolError(
    `Cannot ${call}: another thread has held its lock for ${PATIENCE} ms: that thread does not run, or the memory is ` +
      "corrupt: use a new object",
  );
}
