/**
 * `cluster()`: makes a backend of worker hosts.
 *
 * @module
 */
import { BACKENDS, CUSTOM, type CustomBackend } from "../pool/backends.ts";
import { launchLanes } from "./lane.ts";
import { type ClusterOptions, poolSettings } from "./options.ts";

/**
 * Makes a backend whose calls run on worker hosts, on this machine or others: give it to a pool as its `backend`. The hosts
 * run `serveWorker()`; Redis connects both.
 *
 * The pool's `workers` (64 by default) is the number of calls that are in Redis at a time, waiting or running. A call whose
 * host is lost fails with a `WorkerCrashedError`, or runs again under `retry`; it is noticed after about 6 s. A call costs
 * about 1 ms, and what it takes or returns may have some MB at most: larger data belongs into files or a database.
 *
 * There is no memory in common: `Value`, `Lock`, queues and managers are refused.
 *
 * @throws {TypeError} If an option is wrong. Whether Redis is there shows when the first worker starts.
 *
 * @example Two hosts, one pool
 * ```ts ignore
 * import { Pool, tasks } from "@isopool/isopool";
 * import { cluster } from "@isopool/isopool/cluster";
 *
 * const { square } = tasks<{ square: (n: number) => number }>("https://example.com/tasks.ts");
 * await using pool = new Pool({ backend: cluster({ redis: "redis://localhost", queue: "numbers" }) });
 * console.log(await pool.map(square, [1, 2, 3]));
 * ```
 */
export function cluster(options: ClusterOptions): CustomBackend {
  const settings = poolSettings("make cluster backend", options);
  return {
    [CUSTOM]: {
      name: "cluster",
      workers: 64,
      // Hosts run calls in processes.
      capabilities: { ...BACKENDS.process.capabilities, engine: "cluster" },
      launch: (setup) => launchLanes(settings, setup),
    },
  };
}
