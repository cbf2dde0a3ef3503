/**
 * Clocks, and loops that repeat a measurement.
 *
 * @module
 */

const MICROSECONDS = 1_000;

/**
 * Repeats a block of work for `budget` milliseconds, at least once; gives microseconds a unit.
 * @param {number} budget
 * @param {() => number | Promise<number>} block Returns the number of units that it did.
 * @returns {Promise<import("./adapter.mjs").Answer>}
 */
export async function repeat(budget, block) {
  const begin = performance.now();
  let count = 0;
  let ms;
  do {
    count += await block();
    ms = performance.now() - begin;
  } while (ms < budget);
  return { value: ms * MICROSECONDS / count, count };
}

/**
 * The same for a block with parts that are not measured: the block returns the milliseconds of its other parts.
 * @param {number} budget
 * @param {() => Promise<[ms: number, units: number]>} block
 * @returns {Promise<import("./adapter.mjs").Answer>}
 */
export async function repeatTimed(budget, block) {
  const begin = performance.now();
  let total = 0;
  let count = 0;
  do {
    const [ms, units] = await block();
    total += ms;
    count += units;
  } while (performance.now() - begin < budget);
  return { value: total * MICROSECONDS / count, count };
}

/**
 * Repeats a measurement for `budget` milliseconds, at least once; gives the median, and each one.
 * @param {number} budget
 * @param {() => Promise<number>} measure
 * @returns {Promise<import("./adapter.mjs").Answer>}
 */
export async function collect(budget, measure) {
  const each = [];
  const begin = performance.now();
  do each.push(await measure()); while (performance.now() - begin < budget);
  return { value: each.toSorted((a, b) => a - b)[each.length >> 1], count: each.length, each };
}

/**
 * @param {() => unknown} work
 * @returns {Promise<number>} Milliseconds.
 */
export async function elapsed(work) {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

/**
 * Gives the time from the first beginning to the last end.
 * @param {import("./adapter.mjs").Interval[]} intervals
 */
export function span(intervals) {
  return Math.max(...intervals.map(([, end]) => end)) - Math.min(...intervals.map(([begin]) => begin));
}

/** Gives a size that a smoke test makes smaller. */
export function scaled(full, scale, minimum) {
  return Math.max(minimum, Math.round(full * scale));
}

let numbers = [];

/** Gives the whole numbers from 0. They are made once: making them takes as long as a trivial task of a bare thread. */
export function range(length) {
  if (numbers.length !== length) numbers = Array.from({ length }, (_, i) => i);
  return numbers;
}

/** Waits. */
export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Throws if a result is wrong. */
export function expect(actual, expected) {
  if (actual !== expected) throw new Error(`Wrong result: ${actual}, not ${expected}`);
}
