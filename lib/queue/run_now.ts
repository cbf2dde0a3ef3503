/**
 * Runs a machine without waiting for an item or for room: `tryPut`, `tryTake` and the collection of lost items.
 *
 * @module
 */
import type { SharedWords } from "../shared/memory.ts";
import { DONE, Result, WAIT } from "../shared/steps/step.ts";
import { conclude, type Machine } from "../shared/waiting.ts";

/**
 * Runs a machine to its end; returns its result. It gives up where it would sleep on `positions`. A lock that another
 * thread holds for a moment is waited for: a `timeout` of 0 would give up on that too.
 */
export function runNow(machine: Machine, positions?: SharedWords): number {
  const { frame, step } = machine;
  for (let outcome = step(); outcome !== DONE; outcome = step()) {
    if (outcome !== WAIT) continue;
    if (frame.where === positions) frame.quit = true;
    else Atomics.wait((frame.where as SharedWords).array, frame.on, frame.expected, 1);
  }
  if (frame.result !== Result.GAVE_UP) conclude(machine);
  return frame.result;
}
