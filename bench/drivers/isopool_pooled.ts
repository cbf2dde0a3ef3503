/**
 * `pooled()`, as a contestant. The parameter names an option that is set and never has an effect.
 *
 * @module
 */
import { pooled, type PooledOptions } from "../../lib/pooled.ts";
import { serve } from "./driver.mjs";

const OPTIONS: Record<string, () => PooledOptions> = {
  "": () => ({}),
  timeout: () => ({ timeout: 60_000 }),
  retry: () => ({ retry: 2 }),
  rate: () => ({ rate: { limit: 1e9, interval: 1_000 } }),
  signal: () => ({ signal: new AbortController().signal }),
  unordered: () => ({ ordered: false }),
  settle: () => ({ onError: "settle" }),
  progress: () => ({ progress: { update() {}, end() {} } }),
};

await serve(() => ({
  limit: (items: number[], fn: (item: number) => Promise<number>, concurrency: number, option: string) =>
    pooled(items, fn, { concurrency, ...OPTIONS[option]() }),
}));
