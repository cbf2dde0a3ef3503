/**
 * Contestants that run asynchronous functions with limited concurrency, under Deno.
 *
 * @module
 */
import { serve } from "./driver.mjs";
import { peer } from "./peer.mjs";

type Limit = (items: number[], fn: (item: number) => Promise<number>, limit: number) => Promise<unknown[]>;

const LIBRARIES: Record<string, () => Promise<Limit>> = {
  async "p-map"() {
    const { default: pMap } = await peer("npm:p-map@7.1.1");
    return (items, fn, concurrency) => pMap(items, fn, { concurrency });
  },
  async "p-limit"() {
    const { default: pLimit } = await peer("npm:p-limit@7.3.3");
    return (items, fn, concurrency) => {
      const limited = pLimit(concurrency);
      return Promise.all(items.map((item) => limited(() => fn(item))));
    };
  },
  async "p-queue"() {
    const { default: PQueue } = await peer("npm:p-queue@10.0.0");
    return (items, fn, concurrency) => new PQueue({ concurrency }).addAll(items.map((item) => () => fn(item)));
  },
  async std() {
    const { pooledMap } = await import("@std/async/pool");
    return (items, fn, concurrency) => Array.fromAsync(pooledMap(concurrency, items, fn));
  },
};

await serve(async (library: string) => ({ limit: await LIBRARIES[library]() }));
