/**
 * Loops whose threads begin together and look at the clock themselves.
 *
 * @module
 */

/**
 * Waits for the other threads, then does something so often.
 * @param {SharedArrayBuffer} meeting Four bytes of zero, fresh for each run.
 * @param {number} threads
 * @param {number} count
 * @param {() => void} operation
 * @returns {[begin: number, end: number]} Milliseconds since the epoch.
 */
export function together(meeting, threads, count, operation) {
  const words = new Int32Array(meeting);
  let arrived = Atomics.add(words, 0, 1) + 1;
  Atomics.notify(words, 0);
  while (arrived < threads) {
    Atomics.wait(words, 0, arrived);
    arrived = Atomics.load(words, 0);
  }
  const begin = now();
  for (let i = 0; i < count; i++) operation();
  return [begin, now()];
}

/** Milliseconds since the epoch. */
export function now() {
  return performance.timeOrigin + performance.now();
}
