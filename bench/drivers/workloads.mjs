/**
 * What a round does, written once for every contestant in JavaScript. A workload opens what it needs and then runs
 * rounds; a round repeats its work until its time budget is spent, and says what one unit of it took.
 *
 * @module
 */
import process from "node:process";
import { busy } from "../tasks/tasks.mjs";

/**
 * A pool, as the workloads use it.
 * @typedef {object} Pool
 * @property {(arg: unknown) => PromiseLike<unknown>} run One call of the task that the pool was opened for.
 * @property {((items: unknown[]) => PromiseLike<unknown[]>) | undefined} [map] The task on each item.
 * @property {((arg: unknown) => { stop(): PromiseLike<unknown> }) | undefined} [stoppable] A call that can be stopped.
 * @property {() => unknown} close Ends it.
 *
 * A contestant. What it cannot do is left out.
 * @typedef {object} Adapter
 * @property {((workers: number, task: string) => Pool | Promise<Pool>) | undefined} [open]
 * @property {((items: number[], fn: (item: number) => Promise<number>, limit: number) => PromiseLike<unknown[]>)
 *   | undefined} [limit] Runs an asynchronous function on each item, so many at a time.
 *
 * @typedef {{ budget: number, items: number }} Round
 * @typedef {{ value: number, count: number, each?: number[], notes?: Record<string, number> }} Answer
 * @typedef {{ round(round: Round): Promise<Answer>, close(): unknown }} Workload
 */

const WORKERS = 2;
const IN_FLIGHT = 1_000;
const OBJECTS_IN_FLIGHT = 500;
const AT_ONCE = 100;
const IDLE_WORKERS = 4;
const MICROSECONDS = 1_000;

/** Why a contestant does not take part. */
export class Unavailable extends Error {}

/** @type {Record<string, (adapter: Adapter) => Workload | Promise<Workload>>} */
export const WORKLOADS = {
  round_trip: (adapter) =>
    onPool(adapter, "increment", async (pool) => {
      for (let i = 0; i < 50; i++) expect(await pool.run(i), i + 1);
      return 50;
    }),

  in_flight: (adapter) =>
    onPool(adapter, "increment", async (pool) => {
      const calls = new Array(IN_FLIGHT);
      for (let i = 0; i < IN_FLIGHT; i++) calls[i] = pool.run(i);
      expect((await Promise.all(calls)).at(-1), IN_FLIGHT);
      return IN_FLIGHT;
    }),

  objects: (adapter) =>
    onPool(adapter, "echo", async (pool) => {
      const calls = new Array(OBJECTS_IN_FLIGHT);
      for (let i = 0; i < OBJECTS_IN_FLIGHT; i++) {
        calls[i] = pool.run({ id: i, name: "Ada", tags: ["a", "b"], place: { x: 1.5, y: -2, seen: true } });
      }
      expect((await Promise.all(calls)).at(-1).id, OBJECTS_IN_FLIGHT - 1);
      return OBJECTS_IN_FLIGHT;
    }),

  map_trivial: (adapter) =>
    onPool(adapter, "increment", async (pool, { items }) => {
      if (!pool.map) throw new Unavailable("has no map");
      const results = await pool.map(range(items));
      expect(results[items - 1], items);
      return results.length;
    }),

  pooled({ limit }) {
    if (!limit) throw new Unavailable("has no limited concurrency");
    const items = range(10_000);
    return {
      round: ({ budget }) =>
        repeat(budget, async () => {
          expect((await limit(items, async (n) => await n + 1, AT_ONCE)).at(-1), items.length);
          return items.length;
        }),
      close() {},
    };
  },

  start_up(adapter) {
    const first = async () => {
      const begin = performance.now();
      const pool = await adapter.open(WORKERS, "increment");
      const results = [pool.run(1), pool.run(2)];
      await Promise.race(results);
      const ms = performance.now() - begin;
      await Promise.all(results);
      await pool.close();
      return ms;
    };
    return { round: ({ budget }) => collect(budget * 2, first), close() {} };
  },

  cpu_bound_1ms: (adapter) => cpuBound(adapter, 1),
  cpu_bound_10ms: (adapter) => cpuBound(adapter, 10),

  async kill(adapter) {
    const pool = await adapter.open(1, "spin");
    const { stoppable } = pool;
    if (!stoppable) throw new Unavailable("cannot stop a running task");
    return {
      round: async ({ budget }) => {
        const answer = await collect(budget * 2, () => stopOne(stoppable));
        return { ...answer, notes: { "cores in use after": await coresInUse(100) } };
      },
      close: () => pool.close(),
    };
  },

  memory(adapter) {
    const pools = [];
    return {
      async round() {
        const before = await settledMemory();
        const pool = await adapter.open(IDLE_WORKERS, "nap");
        pools.push(pool);
        // Long enough that each call needs a worker of its own.
        await Promise.all(Array.from({ length: IDLE_WORKERS }, () => pool.run(500)));
        return { value: (await settledMemory() - before) / IDLE_WORKERS, count: IDLE_WORKERS };
      },
      close: () => Promise.all(pools.map((pool) => pool.close())),
    };
  },
};

/**
 * A workload that keeps one pool, and whose unit is a microsecond a call.
 * @param {Adapter} adapter
 * @param {string} task
 * @param {(pool: Pool, round: Round) => Promise<number>} work Does a block of calls and says how many.
 * @returns {Promise<Workload>}
 */
async function onPool(adapter, task, work) {
  const pool = await adapter.open(WORKERS, task);
  return { round: (round) => repeat(round.budget, () => work(pool, round)), close: () => pool.close() };
}

/** @returns {Promise<Workload>} A speed-up: the time that one thread needs, over the time of the pool. */
async function cpuBound(adapter, milliseconds) {
  const pool = await adapter.open(WORKERS, "busy");
  const iterations = Math.round(milliseconds * iterationsPerMillisecond());
  const map = pool.map ?? ((items) => Promise.all(items.map((item) => pool.run(item))));
  const round = async ({ budget }) => {
    const items = new Array(Math.max(4, 2 * Math.round(budget / milliseconds))).fill(iterations);
    const alone = await elapsed(() => items.forEach(busy));
    const together = await elapsed(() => map(items));
    return { value: alone / together, count: items.length };
  };
  return { round, close: () => pool.close() };
}

function iterationsPerMillisecond() {
  let best = Infinity;
  for (let i = 0; i < 20; i++) {
    const begin = performance.now();
    busy(1_000_000);
    best = Math.min(best, performance.now() - begin);
  }
  return 1_000_000 / best;
}

/** Milliseconds from the wish to stop until the caller knows and the thread does nothing more, whichever is later. */
async function stopOne(stoppable) {
  const memory = new SharedArrayBuffer(8);
  const alive = new Float64Array(memory);
  const victim = stoppable(memory);
  while (alive[0] === 0) await sleep(1);
  await sleep(Math.random() * 5);
  const begin = performance.timeOrigin + performance.now();
  await victim.stop();
  const told = performance.timeOrigin + performance.now();
  let last;
  while (last !== alive[0]) {
    last = alive[0];
    await sleep(5);
    if (performance.timeOrigin + performance.now() - told > 1_000) throw new Unavailable("the task spins on");
  }
  return Math.max(told, alive[0]) - begin;
}

async function coresInUse(ms) {
  const before = process.cpuUsage();
  await sleep(ms);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / MICROSECONDS / ms;
}

async function settledMemory() {
  await sleep(300);
  return process.memoryUsage().rss / 2 ** 20;
}

async function elapsed(work) {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

/** Repeats a block of calls for `budget` milliseconds; gives microseconds a call. */
async function repeat(budget, block) {
  const begin = performance.now();
  let count = 0;
  let ms;
  do {
    count += await block();
    ms = performance.now() - begin;
  } while (ms < budget);
  return { value: ms * MICROSECONDS / count, count };
}

/** Repeats a measurement for `budget` milliseconds; gives the median, and each one. */
async function collect(budget, measure) {
  const each = [];
  const begin = performance.now();
  do each.push(await measure()); while (performance.now() - begin < budget);
  return { value: each.toSorted((a, b) => a - b)[each.length >> 1], count: each.length, each };
}

function range(length) {
  return Array.from({ length }, (_, i) => i);
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function expect(actual, expected) {
  if (actual !== expected) throw new Error(`Wrong result: ${actual}, not ${expected}`);
}
