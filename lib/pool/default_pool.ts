/**
 * `map()` without a pool: one default pool for each script, and its end. Also `activeWorkers()`.
 *
 * @module
 */
import { calledBy, type PublicFunction } from "../core/at_caller.ts";
import type { Input } from "../core/input.ts";
import type { Settled, StopAfter } from "../future/on_error.ts";
import type { Results } from "../future/results.ts";
import type { Task } from "../task/task.ts";
import { countWorkers } from "./core.ts";
import type { ShutdownOptions } from "./shutdown_options.ts";
import type { MapOptions } from "./map_options.ts";
import { Pool } from "./pool.ts";

let shared: Pool | undefined;

/**
 * Runs a task on every item, on the script's default pool. Otherwise as `Pool.map`.
 *
 * The first call creates the default pool, with one worker for each core; it ends with the script, or by
 * {@linkcode shutdownDefaultPool}.
 *
 * **Cost**: that of a `Pool` whose workers stay until its end. **When not to use it**: in a library or a long-lived
 * server, create a `Pool`, whose options and end are yours.
 *
 * @example Map without a pool
 * ```ts ignore
 * import { assertEquals } from "@std/assert";
 * import { inline, map } from "@isopool/isopool";
 *
 * assertEquals(await map(inline((n: number) => n * n), [1, 2, 3]), [1, 4, 9]);
 * ```
 */
export function map<T, R>(
  task: Task<[T], R>,
  items: Input<T>,
  options: MapOptions<T> & { onError: "settle" | StopAfter },
): Results<Settled<R>>;
/** Maps, and throws the first failure, or with `onError: "aggregate"` all failures together. */
export function map<T, R>(task: Task<[T], R>, items: Input<T>, options?: MapOptions<T>): Results<R>;
export function map<T, R>(task: Task<[T], R>, items: Input<T>, options?: MapOptions<T>): Results<unknown> {
  if (shared?.state !== "open") shared = new Pool({ name: "default pool" });
  const pool = shared;
  return calledBy(MAP, () => pool.map(task, items, options));
}

const MAP: PublicFunction = { action: "map", method: map };

/**
 * Ends the default pool of {@linkcode map}, as `Pool.shutdown` does: waits for its maps, and ends its workers. Does nothing
 * if there is no default pool. A later {@linkcode map} starts another one.
 *
 * Call it at the end of a test: the test runner counts what the pool's workers hold as leaks.
 *
 * @example Leave nothing behind
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { activeWorkers, inline, map, shutdownDefaultPool } from "@isopool/isopool";
 *
 * assertEquals(await map(inline((n: number) => n * n), [1, 2, 3]), [1, 4, 9]);
 * await shutdownDefaultPool();
 * assertEquals(activeWorkers(), 0);
 * ```
 */
export async function shutdownDefaultPool(options?: ShutdownOptions): Promise<void> {
  await shared?.shutdown(options);
}

/**
 * Counts the living workers of all pools of this isolate, including those that are starting or ending.
 *
 * @example Check that no worker is left
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { activeWorkers, Pool } from "@isopool/isopool";
 *
 * const pool = new Pool(2);
 * assertEquals(activeWorkers(), 0);
 * await pool.ready();
 * assertEquals(activeWorkers(), 2);
 * await pool.terminate();
 * assertEquals(activeWorkers(), 0);
 * ```
 */
export function activeWorkers(): number {
  return countWorkers();
}
