/**
 * All workloads, written once for every contestant in JavaScript. A workload opens what it needs and then runs rounds; a
 * round repeats its work until its time budget is spent, and gives the time of one unit of it.
 *
 * @module
 */
import { BYTES } from "./bytes.mjs";
import { CALLS } from "./calls.mjs";
import { CLUSTER } from "./cluster.mjs";
import { LIFE_CYCLE } from "./life_cycle.mjs";
import { LOOPS } from "./loops.mjs";
import { MAPS } from "./maps.mjs";
import { MIXED_WAIT } from "./mixed_wait.mjs";
import { PROCESSES } from "./processes.mjs";
import { SHARED } from "./shared.mjs";

/** Workloads by the name of their benchmark. @type {Record<string, import("./adapter.mjs").MakeWorkload>} */
export const WORKLOADS = {
  ...BYTES,
  ...CALLS,
  ...CLUSTER,
  ...LIFE_CYCLE,
  ...LOOPS,
  ...MAPS,
  ...MIXED_WAIT,
  ...PROCESSES,
  ...SHARED,
};
