/**
 * How long `import` takes in a process that has loaded nothing yet; what it compiled is in the cache.
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
