/**
 * `map()` without a pool: one default pool for each script. Also `activeWorkers()`.
 *
 * @module
 */
import type { Input } from "../core/input.ts";
import type { Settled } from "../future/on_error.ts";
import type { Results } from "../future/results.ts";
import type { Task } from "../task/task.ts";
import { countWorkers } from "./core.ts";
import type { MapOptions } from "./map_options.ts";
import { Pool } from "./pool.ts";

let shared: Pool | undefined;

/**
 * Runs a task on every item, on the script's default pool. Otherwise as `Pool.map`.
 *
 * The first call creates the default pool, with one worker for each core; it ends with the script.
 *
 * **Cost**: that of a `Pool` whose workers stay until the script ends. **When not to use it**: in a library or a long-lived
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
  options: MapOptions & { onError: "settle" },
): Results<Settled<R>>;
/** Maps, and throws the first failure, or with `onError: "aggregate"` all failures together. */
export function map<T, R>(task: Task<[T], R>, items: Input<T>, options?: MapOptions): Results<R>;
export function map<T, R>(task: Task<[T], R>, items: Input<T>, options?: MapOptions): Results<unknown> {
  if (shared?.state !== "open") shared = new Pool({ name: "default pool" });
  return shared.map(task, items, options);
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
