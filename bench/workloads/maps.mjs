/**
 * Workloads of many items: trivial ones, long ones, and both; all at once or as a stream.
 *
 * @module
 */
import { busy } from "../tasks/tasks.mjs";
import { needed } from "./adapter.mjs";
import { onPool } from "./calls.mjs";
import { elapsed, expect, range, scaled } from "./measure.mjs";

const WORKERS = 2;

/** @type {Record<string, import("./adapter.mjs").MakeWorkload>} */
export const MAPS = {
  map_trivial: (adapter) =>
    onPool(adapter, "increment", async (pool, { scale }) => {
      const items = range(scaled(1_000_000, scale, 1_000));
      const results = await needed(pool.map, "has no map")(items);
      expect(results.at(-1), items.length);
      return results.length;
    }),

  /** The parameter is the `buffer` of `imap`; without one, the pool decides. */
  imap: (adapter, parameter) =>
    onPool(adapter, "increment", async (pool, { scale }) => {
      const items = range(scaled(100_000, scale, 1_000));
      const buffer = parameter === "" ? undefined : Number(parameter);
      let next = 0;
      for await (const result of needed(pool.imap, "has no imap")(items, buffer)) expect(result, ++next);
      expect(next, items.length);
      return next;
    }),

  stream: (adapter) =>
    onPool(adapter, "count", async (pool, { scale }) => {
      const length = scaled(100_000, scale, 1_000);
      let next = 0;
      for await (const item of needed(pool.stream, "has no stream")(length)) expect(item, next++);
      expect(next, length);
      return next;
    }),

  cpu_bound_1ms: (adapter) => speedUp(adapter, (unit, scale) => new Array(scaled(1_000, scale, 4)).fill(unit)),
  cpu_bound_10ms: (adapter) => speedUp(adapter, (unit, scale) => new Array(scaled(100, scale, 2)).fill(unit * 10)),
  cpu_bound_100ms: (adapter) => speedUp(adapter, (unit, scale) => new Array(scaled(20, scale, 2)).fill(unit * 100)),

  /** The parameter is the chunk size; without one, the pool decides. */
  map_short: (adapter, parameter) =>
    speedUp(adapter, (unit, scale) => new Array(scaled(100_000, scale, 100)).fill(unit / 1_000), chunkSize(parameter)),
  map_long: (adapter, parameter) =>
    speedUp(adapter, (unit, scale) => new Array(scaled(8, scale, 2)).fill(unit * 100), chunkSize(parameter)),
  map_mixed: (adapter, parameter) => speedUp(adapter, spread, chunkSize(parameter)),
  map_burst: (adapter, parameter) => speedUp(adapter, burst, chunkSize(parameter)),
};

const chunkSize = (parameter) => parameter === "" ? undefined : Number(parameter);

/** Makes 10,000 items of 1 us with 8 of 100 ms spread evenly among them, at distances that fit no chunk size. */
function spread(unit, scale) {
  return mixed(unit, scale, (i, length) => Math.floor(length * ((i + 1) * 0.618034 % 1)));
}

/** Makes the same items, with the long ones side by side. */
function burst(unit, scale) {
  return mixed(unit, scale, (i, length) => Math.floor(length / 3) + i);
}

/**
 * @param {number} unit Iterations that take a millisecond.
 * @param {number} scale
 * @param {(i: number, length: number) => number} place Gives the index of a long item.
 */
function mixed(unit, scale, place) {
  const items = new Array(scaled(10_000, scale, 100)).fill(unit / 1_000);
  const long = scaled(8, scale, 2);
  for (let i = 0; i < long; i++) items[place(i, items.length)] = unit * 100;
  return items;
}

/**
 * Makes a workload that gives the time of one thread over the time of the pool, measured right after each other.
 * @param {import("./adapter.mjs").Adapter} adapter
 * @param {(unit: number, scale: number) => number[]} make Makes the items: each is a number of iterations.
 * @param {number} [chunkSize]
 * @returns {Promise<import("./adapter.mjs").Workload>}
 */
async function speedUp(adapter, make, chunkSize) {
  const pool = await needed(adapter.open, "has no pool")(WORKERS, "busy");
  const unit = iterationsPerMillisecond();
  const map = pool.map ?? ((items) => Promise.all(items.map((item) => pool.run(item))));
  const round = async ({ scale }) => {
    const items = make(unit, scale);
    const alone = await elapsed(() => items.forEach((item) => busy(item)));
    const together = await elapsed(() => map(items, chunkSize));
    return { value: alone / together, count: items.length };
  };
  return { round, close: () => pool.close() };
}

/** Measures how many iterations of `busy` take a millisecond. */
export function iterationsPerMillisecond() {
  let best = Infinity;
  for (let i = 0; i < 20; i++) {
    const begin = performance.now();
    busy(1_000_000);
    best = Math.min(best, performance.now() - begin);
  }
  // Rounded so that items of a microsecond have a whole number of iterations as well.
  return 1_000 * Math.round(1_000 / best);
}
