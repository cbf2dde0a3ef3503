/**
 * Workloads of a cluster: a process that submits calls, Redis, and a process that runs 4 at a time.
 *
 * @module
 */
import { needed } from "./adapter.mjs";
import { oneByOne } from "./calls.mjs";
import { expect, repeat, scaled } from "./measure.mjs";

const CONCURRENCY = 4;
const IN_FLIGHT = 64;
const ITEMS = 3_000;
/** The rounds are longer than those of threads: calls take a hundred times as long. */
const LONGER = 10;

async function opened({ open }, round) {
  const pool = await needed(open, "has no cluster")(CONCURRENCY, "increment");
  const warm = () => Promise.all(Array.from({ length: 2 * CONCURRENCY }, (_, n) => pool.run(n)));
  await warm();
  return {
    round: async (effort) => {
      const result = await round(pool, { ...effort, budget: effort.budget * LONGER });
      return { ...result, notes: { ...result.notes, "calls a second": 1e6 / result.value } };
    },
    close: () => pool.close(),
  };
}

/** @type {Record<string, import("./adapter.mjs").MakeWorkload>} */
export const CLUSTER = {
  cluster_round_trip: (adapter) =>
    opened(adapter, async (pool, { budget }) => {
      const { result, median } = await oneByOne(pool, budget);
      return { ...result, notes: { "median, ms": median } };
    }),

  /** As many loops, each of which submits its next call when its last one has ended. */
  cluster_in_flight_64: (adapter) =>
    opened(adapter, async (pool, { budget }) => {
      const begin = performance.now();
      let count = 0;
      const loop = async () => {
        do {
          const n = count++;
          expect(await pool.run(n), n + 1);
        } while (performance.now() - begin < budget);
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, loop));
      return { value: (performance.now() - begin) * 1_000 / count, count };
    }),

  cluster_bulk: (adapter) =>
    opened(adapter, (pool, { budget, scale }) => {
      const items = Array.from({ length: scaled(ITEMS, scale, 100) }, (_, n) => n);
      return repeat(budget, async () => {
        expect((await pool.map(items)).at(-1), items.length);
        return items.length;
      });
    }),
};
