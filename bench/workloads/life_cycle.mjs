/**
 * Workloads of the life cycle of a worker: loading the module, starting, memory, being stopped.
 *
 * @module
 */
import process from "node:process";
import { needed, Unavailable } from "./adapter.mjs";
import { collect, elapsed, scaled, sleep } from "./measure.mjs";

const WORKERS = 2;
const IDLE_WORKERS = 4;
const MICROSECONDS = 1_000;

/** @type {Record<string, import("./adapter.mjs").MakeWorkload>} */
export const LIFE_CYCLE = {
  load: ({ load }) => ({
    round: async () => ({ value: await elapsed(needed(load, "has no module")), count: 1 }),
    close() {},
  }),

  start_up({ open }) {
    const first = async () => {
      const begin = performance.now();
      const pool = await needed(open, "has no pool")(WORKERS, "increment");
      const results = [pool.run(1), pool.run(2)];
      await Promise.race(results);
      const ms = performance.now() - begin;
      await Promise.all(results);
      await pool.close();
      return ms;
    };
    return { round: ({ budget }) => collect(budget * 2, first), close() {} };
  },

  async kill({ open }) {
    const pool = await needed(open, "has no pool")(1, "spin");
    const stoppable = needed(pool.stoppable, "cannot stop a running task");
    return {
      round: async ({ budget }) => {
        const result = await collect(budget * 2, () => stopOne(stoppable));
        return { ...result, notes: { "cores in use after": await coresInUse(100) } };
      },
      close: () => pool.close(),
    };
  },

  memory({ open }) {
    const pools = [];
    return {
      async round({ scale }) {
        const before = await settledMemory(scale);
        const pool = await needed(open, "has no pool")(IDLE_WORKERS, "nap");
        pools.push(pool);
        // The calls are long enough that each of them needs a worker of its own.
        await Promise.all(Array.from({ length: IDLE_WORKERS }, () => pool.run(scaled(500, scale, 50))));
        return { value: (await settledMemory(scale) - before) / IDLE_WORKERS, count: IDLE_WORKERS };
      },
      close: () => Promise.all(pools.map((pool) => pool.close())),
    };
  },
};

/** Gives the milliseconds from `stop()` until the call has settled and the thread has stopped, whichever is later. */
async function stopOne(stoppable) {
  const memory = new SharedArrayBuffer(8);
  const alive = new Float64Array(memory);
  const call = stoppable(memory);
  while (alive[0] === 0) await sleep(1);
  await sleep(Math.random() * 5);
  const begin = performance.timeOrigin + performance.now();
  await call.stop();
  const settled = performance.timeOrigin + performance.now();
  let previous;
  while (previous !== alive[0]) {
    previous = alive[0];
    await sleep(5);
    if (performance.timeOrigin + performance.now() - settled > 1_000) throw new Unavailable("the task spins on");
  }
  return Math.max(settled, alive[0]) - begin;
}

async function coresInUse(ms) {
  const before = process.cpuUsage();
  await sleep(ms);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / MICROSECONDS / ms;
}

async function settledMemory(scale) {
  await sleep(scaled(300, scale, 10));
  return process.memoryUsage().rss / 2 ** 20;
}
