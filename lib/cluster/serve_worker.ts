/**
 * `serveWorker()`: starts a worker host.
 *
 * @module
 */
import { WorkerHost } from "./host.ts";
import type { ServeOptions } from "./serve_options.ts";

/**
 * Starts a worker host: it runs the calls that pools with the backend `cluster()` put into a queue, until it is closed.
 *
 * Other hosts notice after about 6 s that a host was lost. `close()` lets its calls end; so does
 * `await using`. On a signal, close it yourself: `Deno.addSignalListener("SIGTERM", () => host.close())`.
 *
 * @throws {ClusterError} If Redis cannot be reached.
 * @throws {TypeError} If an option is wrong.
 *
 * @example Serve a queue with four threads
 * ```ts ignore
 * import { serveWorker } from "@isopool/isopool/cluster";
 *
 * const host = await serveWorker({ redis: "redis://localhost", queue: "numbers", concurrency: 4 });
 * Deno.addSignalListener("SIGTERM", () => host.close());
 * ```
 */
export function serveWorker(options: ServeOptions): Promise<WorkerHost> {
  return WorkerHost.start(options);
}
