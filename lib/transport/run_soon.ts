/**
 * `runSoon()`: lets calls on this event loop follow one another quickly, and timers and IO have their turn all the same.
 *
 * @module
 */
import { performance } from "../core/platform.ts";
import { queueMicrotask, setImmediate } from "../core/timer.ts";

/** Milliseconds for which calls follow one another before timers, IO and events have a turn of the event loop. */
const SLICE = 10;
let sliceStart = 0;
let deferredCount = 0;

/** Runs a function in a microtask, or in a later turn of the event loop once a slice is used up. Keeps the order. */
export function runSoon(run: () => void): void {
  if (deferredCount === 0 && performance.now() - sliceStart < SLICE) return queueMicrotask(run);
  deferredCount++;
  setImmediate(() => {
    deferredCount--;
    sliceStart = performance.now();
    run();
  });
}
