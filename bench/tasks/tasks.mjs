/**
 * The tasks that every pool runs. They are plain JavaScript, so that all contestants run the same functions.
 *
 * @module
 */

/**
 * A trivial task.
 * @param {number} n
 */
export function increment(n) {
  return n + 1;
}

/**
 * Returns its argument.
 * @template T
 * @param {T} value
 */
export function echo(value) {
  return value;
}

/**
 * Returns the number of bytes that arrived.
 * @param {Uint8Array} bytes
 */
export function size(bytes) {
  return bytes.length;
}

/**
 * Yields the whole numbers from 0.
 * @param {number} length
 */
export async function* count(length) {
  for (let i = 0; i < length; i++) yield i;
}

/**
 * Does a fixed amount of arithmetic, which does not depend on how busy the machine is. An iteration of the loop has four
 * steps: V8 compiled a loop of one step to code that takes 1.0 or 1.4 ns an iteration, different in each thread.
 * @param {number} iterations
 */
export function busy(iterations) {
  let x = 1;
  for (let i = 0; i < iterations; i += 4) {
    x = (Math.imul(x ^ i, 0x9e3779b1) + 1) | 0;
    x = (Math.imul(x ^ i, 0x85ebca6b) + 1) | 0;
    x = (Math.imul(x ^ i, 0xc2b2ae35) + 1) | 0;
    x = (Math.imul(x ^ i, 0x27d4eb2f) + 1) | 0;
  }
  return x;
}

/**
 * Computes for some microseconds of the clock.
 * @param {number} us
 */
export function compute(us) {
  const end = performance.now() + us / 1_000;
  while (performance.now() < end);
  return us;
}

/**
 * Waits without using a core.
 * @param {number} ms
 */
export async function nap(ms) {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return ms;
}

/**
 * Never ends; keeps writing the current time into shared memory.
 * @param {SharedArrayBuffer} memory
 */
export function spin(memory) {
  const alive = new Float64Array(memory);
  for (;;) alive[0] = performance.timeOrigin + performance.now();
}
