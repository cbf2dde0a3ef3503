/**
 * Workloads of single calls: one at a time, many at once, behind many others.
 *
 * @module
 */
import process from "node:process";
import { needed } from "./adapter.mjs";
import { collect, elapsed, expect, repeat, repeatTimed, scaled, sleep } from "./measure.mjs";
import { nested, small } from "./payloads.mjs";

const WORKERS = 2;
const OBJECTS_IN_FLIGHT = 500;
const SUBMITS = 1_000;

/** @type {Record<string, import("./adapter.mjs").MakeWorkload>} */
export const CALLS = {
  round_trip: ({ open }) => roundTrip(open, WORKERS),

  /** One call at a time, of as many microseconds as the name says. */
  busy_20us: (adapter) => onPool(adapter, "compute", (pool) => oneAtATime(pool, 20)),
  busy_300us: (adapter) => onPool(adapter, "compute", (pool) => oneAtATime(pool, 300)),

  /** A call, a timer of a millisecond, the next call: gives the median of the calls' times. */
  async paced({ open }) {
    const pool = await needed(open, "has no pool")(WORKERS, "increment");
    const round = async ({ budget }) => {
      const { value, count } = await collect(4 * budget, () => pacedCall(pool));
      return { value: value * 1_000, count };
    };
    return { round, close: () => pool.close() };
  },

  /** Processor time of a pool that has worked and now does nothing, in percent of a core. */
  async idle_cpu({ open }) {
    const pool = await needed(open, "has no pool")(WORKERS, "increment");
    const round = async ({ budget }) => {
      await inFlight(pool, 1_000);
      const [begin, before] = [performance.now(), process.cpuUsage()];
      await sleep(4 * budget);
      const { user, system } = process.cpuUsage(before);
      return { value: (user + system) / 10 / (performance.now() - begin), count: 1 };
    };
    return { round, close: () => pool.close() };
  },

  in_flight_10: (adapter) => onPool(adapter, "increment", (pool) => inFlight(pool, 10)),
  in_flight_1k: (adapter) => onPool(adapter, "increment", (pool) => inFlight(pool, 1_000)),
  in_flight_100k: (adapter) =>
    onPool(adapter, "increment", (pool, { scale }) => inFlight(pool, scaled(100_000, scale, 1_000))),

  object_small: (adapter) => onPool(adapter, "echo", (pool) => objects(pool, small, 1)),
  objects_small: (adapter) => onPool(adapter, "echo", (pool) => objects(pool, small)),
  objects_nested: (adapter) => onPool(adapter, "echo", (pool) => objects(pool, nested)),

  /** The parameter is the number of calls that wait already. */
  async submit(adapter, parameter) {
    const pool = await needed(adapter.open, "has no pool")(WORKERS, "increment");
    const round = ({ budget, scale }) =>
      repeatTimed(budget, async () => {
        const queued = Math.max(10, Number(parameter) * scale);
        const waiting = new Array(queued);
        for (let i = 0; i < queued; i++) waiting[i] = pool.run(i);
        const submits = new Array(Math.min(queued, SUBMITS));
        const begin = performance.now();
        for (let i = 0; i < submits.length; i++) submits[i] = pool.run(i);
        const ms = performance.now() - begin;
        await Promise.all(waiting);
        expect((await Promise.all(submits)).at(-1), submits.length);
        return [ms, submits.length];
      });
    return { round, close: () => pool.close() };
  },
};

/**
 * Makes a workload that keeps one pool, and whose unit is a microsecond a call.
 * @param {import("./adapter.mjs").Adapter} adapter
 * @param {string} task
 * @param {(pool: import("./adapter.mjs").Pool, round: import("./adapter.mjs").Round) => Promise<number>} work Does a
 *   block of calls and returns their number.
 * @returns {Promise<import("./adapter.mjs").Workload>}
 */
export async function onPool(adapter, task, work) {
  const pool = await needed(adapter.open, "has no pool")(WORKERS, task);
  return { round: (round) => repeat(round.budget, () => work(pool, round)), close: () => pool.close() };
}

async function inFlight(pool, count) {
  const calls = new Array(count);
  for (let i = 0; i < count; i++) calls[i] = pool.run(i);
  expect((await Promise.all(calls)).at(-1), count);
  return count;
}

async function objects(pool, make, count = OBJECTS_IN_FLIGHT) {
  const calls = new Array(count);
  for (let i = 0; i < count; i++) calls[i] = pool.run(make(i));
  expect((await Promise.all(calls)).at(-1).id, count - 1);
  return count;
}

async function oneAtATime(pool, us) {
  expect(await pool.run(us), us);
  return 1;
}

async function pacedCall(pool) {
  await sleep(1);
  return await elapsed(async () => expect(await pool.run(1), 2));
}

/** Gives the mean; with other load on the machine, half of the calls may be much faster than that. */
export async function roundTrip(open, workers) {
  const pool = await needed(open, "has no pool")(workers, "increment");
  const round = async ({ budget }) => {
    const { result, median } = await oneByOne(pool, budget);
    return { ...result, notes: { "median, us": median * 1_000 } };
  };
  return { round, close: () => pool.close() };
}

/** Submits calls, each when the last one has ended, for `budget` milliseconds. Gives their mean, and the median in ms. */
export async function oneByOne(pool, budget) {
  const each = [];
  const result = await repeat(budget, async () => {
    const begin = performance.now();
    expect(await pool.run(each.length), each.length + 1);
    each.push(performance.now() - begin);
    return 1;
  });
  return { result, median: each.sort((a, b) => a - b)[each.length >> 1] };
}
