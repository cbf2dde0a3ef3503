/**
 * Runs the state machine of a call (steps/step.ts), and blocks the thread while the machine sleeps.
 *
 * The thread sleeps in slices of 50 ms. A thread that slept in `Atomics.wait` without a limit would see neither that the
 * holder of its lock has died nor that its host has marked it as lost, and `terminate()` cannot end a Web Worker that
 * sleeps in `Atomics.wait`.
 *
 * @module
 */
import { corruptMemory, MAX_STEPS } from "../core/corrupt_memory.ts";
import { Atomics, performance } from "../core/platform.ts";
import type { SharedWords } from "./memory.ts";
import { DONE, WAIT } from "./steps/step.ts";
import { conclude, type Machine, POLL_INTERVAL, throwIfStopped } from "./waiting.ts";

/**
 * Runs a machine to its end.
 *
 * @throws {WaitTimeoutError} If the machine gave up.
 * @throws {LockAbandonedError} If a dead or lost thread holds a lock that the machine needs.
 * @throws {IsopoolError} If the memory is corrupt, so that the machine neither sleeps nor ends.
 */
export function runSync(machine: Machine): void {
  const { call, frame, step, timeout } = machine;
  let deadline = timeout === undefined ? Infinity : performance.now() + timeout;
  // Counts the steps since the last sleep: on intact memory, a machine soon sleeps or ends.
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    const outcome = step();
    if (outcome === DONE) return conclude(machine);
    if (outcome !== WAIT) continue;
    const left = deadline - performance.now();
    if (left > 0) {
      const { array } = frame.where as SharedWords;
      if (Atomics.wait(array, frame.on, frame.expected, Math.min(left, POLL_INTERVAL)) !== "not-equal") steps = 0;
    }
    throwIfStopped(machine);
    if (performance.now() < deadline) continue;
    // Once only: the rest of the machine, such as taking the condition's lock again, has no limit.
    frame.giveUp = true;
    deadline = Infinity;
  }
  throw corruptMemory(call);
}
