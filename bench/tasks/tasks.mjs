/**
 * What every pool is asked to do. Plain JavaScript, so that each contestant runs the very same functions.
 *
 * @module
 */

/**
 * The smallest task there is.
 * @param {number} n
 */
export function increment(n) {
  return n + 1;
}

/**
 * There and back.
 * @template T
 * @param {T} value
 */
export function echo(value) {
  return value;
}

/**
 * How many bytes have arrived.
 * @param {Uint8Array} bytes
 */
export function size(bytes) {
  return bytes.length;
}

/**
 * Whole numbers from 0, one by one.
 * @param {number} length
 */
export async function* count(length) {
  for (let i = 0; i < length; i++) yield i;
}

/**
 * A fixed amount of arithmetic, which is the same work however busy the machine is. Four steps a turn: a loop of one was
 * compiled to code that takes 1.0 or 1.4 ns a turn, another one in each thread.
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
 * Waits without using a core.
 * @param {number} ms
 */
export async function nap(ms) {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return ms;
}

/**
 * Never ends; leaves the time of day at which it was last alive in shared memory.
 * @param {SharedArrayBuffer} memory
 */
export function spin(memory) {
  const alive = new Float64Array(memory);
  for (;;) alive[0] = performance.timeOrigin + performance.now();
}
