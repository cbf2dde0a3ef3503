/**
 * Workload of short tasks that wait while long ones run: every 2 ms four short tasks, every 50 ms a long one of 20 ms. Two
 * workers are busy for a fifth of their time, and one of them is always free. Gives the 99th percentile of the waits.
 *
 * @module
 */
import { busy } from "../tasks/tasks.mjs";
import { needed } from "./adapter.mjs";
import { iterationsPerMillisecond } from "./maps.mjs";
import { expect, sleep } from "./measure.mjs";

const TICK = 2;
const SHORT_A_TICK = 4;
const TICKS_A_LONG = 25;
const LONG = 20;

/** @type {Record<string, import("./adapter.mjs").MakeWorkload>} */
export const MIXED_WAIT = {
  async mixed_wait({ open }) {
    const pool = await needed(open, "has no pool")(2, "busy");
    const iterations = LONG * iterationsPerMillisecond();
    const result = busy(1);
    const round = async ({ budget }) => {
      const each = [];
      const calls = [];
      const timeShort = async () => {
        const begin = performance.now();
        expect(await pool.run(1), result);
        each.push(performance.now() - begin);
      };
      const begin = performance.now();
      // Four budgets: a percentile needs many waits.
      for (let tick = 0; performance.now() - begin < budget * 4; tick++) {
        if (tick % TICKS_A_LONG === 0) calls.push(pool.run(iterations));
        for (let i = 0; i < SHORT_A_TICK; i++) calls.push(timeShort());
        await sleep(TICK);
      }
      await Promise.all(calls);
      const sorted = each.toSorted((a, b) => a - b);
      return {
        value: sorted[Math.floor(sorted.length * 0.99)],
        count: calls.length,
        each,
        notes: { "median wait, ms": sorted[sorted.length >> 1] },
      };
    };
    return { round, close: () => pool.close() };
  },
};
