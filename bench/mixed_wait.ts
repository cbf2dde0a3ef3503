/**
 * Benchmark of the time that short tasks wait while long ones run. The figure is the 99th percentile of the waits in a
 * round.
 *
 * @module
 */
import type { Bench } from "./kit/bench.ts";
import { bare, isopool, peerPools } from "./kit/contestants.ts";

export const mixedWait: Bench = {
  name: "mixed_wait",
  what: "p99 wait of short tasks among tasks of 20 ms",
  unit: "ms",
  contestants: [isopool, bare, ...peerPools],
};
