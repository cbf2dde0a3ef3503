/**
 * Benchmark of `import` in a process that has loaded nothing yet. The runtime's cache already has the compiled code.
 *
 * @module
 */
import type { Bench } from "./kit/bench.ts";
import { modules } from "./kit/contestants.ts";

export const load: Bench = {
  name: "load",
  what: "loading the module",
  unit: "ms",
  fresh: true,
  contestants: modules,
};
