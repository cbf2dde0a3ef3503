/**
 * The contestant knitting, under Deno. Its tasks must be exports of the module that makes the pool, so its threads load this
 * module, too: `isMain` is false there.
 *
 * @module
 */
import { busy, compute, echo, increment, nap, size } from "../tasks/tasks.mjs";
import { serve } from "./driver.mjs";
import { peer } from "./peer.mjs";
import { Unavailable } from "../workloads/adapter.mjs";

/** The path of a checkout's `knitting.ts`, for a registry that does not have the package. */
const CHECKOUT = Deno.env.get("ISOPOOL_BENCH_KNITTING");
const specifier = CHECKOUT ? `file://${CHECKOUT}` : "npm:knitting@0.1.61";
const library = await peer(specifier).catch((error) => ({ missing: new Unavailable(error.message) }));

export { busy, compute, echo, increment, nap, size };

if (library.isMain ?? true) {
  await serve(() => {
    if (library.missing) throw library.missing;
    return {
      open(workers: number, name: string) {
        const pool = library.createPool({ threads: workers })({ busy, compute, echo, increment, nap, size });
        return { run: pool.call[name], close: () => pool.shutdown() };
      },
    };
  });
}
