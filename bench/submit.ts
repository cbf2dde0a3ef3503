/**
 * Benchmark of `submit` alone, until it returns, while other calls wait: its time must not grow with their number. The
 * event loop does not turn during the measurement, so the pool of two handles no results meanwhile.
 *
 * @module
 */
import type { Bench } from "./kit/bench.ts";
import { having, isopool, nodePools } from "./kit/contestants.ts";

export const submit: Bench = {
  name: "submit",
  what: "one submit while 10^6 other calls wait",
  unit: "us",
  goal: { limit: 1.5, against: ["isopool, 10 wait"] },
  contestants: [
    { ...isopool, parameter: "1000000" },
    ...[10, 1_000, 100_000].map((count) => having(isopool, `${count} wait`, count)),
    ...nodePools.flatMap((pool) => [having(pool, "10 wait", 10), having(pool, "10000 wait", 10_000)]),
  ],
};
