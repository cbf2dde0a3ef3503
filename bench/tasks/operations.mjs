/**
 * Runs a loop in several threads that begin together. Each thread reads the clock itself.
 *
 * @module
 */

/**
 * Waits for the other threads, then repeats an operation `count` times.
 * @param {SharedArrayBuffer} barrier Four bytes of zero, fresh for each run.
 * @param {number} threads
 * @param {number} count
 * @param {() => void} operation
 * @returns {[begin: number, end: number]} Milliseconds since the epoch.
 */
export function together(barrier, threads, count, operation) {
  const words = new Int32Array(barrier);
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

/** Gives milliseconds since the epoch. */
export function now() {
  return performance.timeOrigin + performance.now();
}
