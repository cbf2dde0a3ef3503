/**
 * `waitLimit()`: the time limit of a wait. A timer of its own would be wrong after the caller has blocked its event loop:
 * when the loop turns again, the timer fires first, though what the wait is for has arrived in time.
 *
 * @module
 */
import { performance } from "./platform.ts";
import { clearTimeout, setTimeout, type Timer } from "./timer.ts";

/**
 * Turns of the event loop in which everything that has arrived is delivered. Measured with `setTimeout(0)`, a message needs
 * one (1 to 9 ms on a loaded machine); with `setImmediate` it needs up to 30, because the runtime runs many of those before
 * it reads its ports.
 */
const TURNS = 2;

/**
 * Calls `onLimit` when `ms` milliseconds have passed and all that arrived before was delivered.
 *
 * @param onLimit Gets the number of milliseconds by which the timer was late, because the event loop was blocked.
 * @returns A function that clears the limit.
 */
export function waitLimit(ms: number, onLimit: (late: number) => void): () => void {
  const due = performance.now() + ms;
  let timer: Timer;
  const waitTurns = (turns: number, late: number): void => {
    if (turns === 0) onLimit(late);
    else timer = setTimeout(() => waitTurns(turns - 1, late), 0);
  };
  if (ms === 0) waitTurns(TURNS, 0);
  else timer = setTimeout(() => waitTurns(TURNS, performance.now() - due), ms);
  return () => clearTimeout(timer);
}
