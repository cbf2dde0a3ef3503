/**
 * Runs a machine and blocks the thread while it sleeps.
 *
 * In slices: a thread that blocks for ever in `Atomics.wait` sees neither that the holder of its lock has died nor that
 * it was itself given up, and a Web Worker cannot be terminated in there.
 *
 * @module
 */
import type { SharedWords } from "./memory.ts";
import { DONE, WAIT } from "./steps/step.ts";
import { checkWanted, conclude, type Machine, SLICE } from "./waiting.ts";

/**
 * Runs a machine to its end.
 *
 * @throws {WaitTimeoutError} If it gave up.
 * @throws {LockAbandonedError} If a lock that it needs is held by a dead or lost thread.
 */
export function runSync(running: Machine): void {
  const { frame, step, timeout } = running;
  let deadline = timeout === undefined ? Infinity : performance.now() + timeout;
  for (;;) {
    const outcome = step();
    if (outcome === DONE) return conclude(running);
    if (outcome !== WAIT) continue;
    const left = deadline - performance.now();
    if (left > 0) Atomics.wait((frame.where as SharedWords).array, frame.on, frame.expected, Math.min(left, SLICE));
    checkWanted(running);
    if (performance.now() < deadline) continue;
    // Once: what it still has to do, such as taking the condition's lock again, has no limit.
    frame.quit = true;
    deadline = Infinity;
  }
}
