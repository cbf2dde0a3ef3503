/**
 * One line for a script that needs no pool of its own.
 *
 * @module
 */
import type { Input } from "../core/input.ts";
import type { Results } from "../future/results.ts";
import type { Task } from "../task/task.ts";
import { countWorkers } from "./core.ts";
import type { MapOptions } from "./map_options.ts";
import { Pool } from "./pool.ts";

let shared: Pool | undefined;

/**
 * Runs a task on every item, on a pool with a worker for each core that is shared by all such calls. It is made with the
 * first, and ends with the script. Else as `Pool.map`.
 *
 * @example No pool to care for
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
): Results<PromiseSettledResult<R>>;
/** Maps with the first failure, or all of them together, thrown. */
export function map<T, R>(task: Task<[T], R>, items: Input<T>, options?: MapOptions): Results<R>;
export function map<T, R>(task: Task<[T], R>, items: Input<T>, options?: MapOptions): Results<unknown> {
  if (shared?.state !== "open") shared = new Pool({ name: "default pool" });
  return shared.map(task, items, options);
}

/**
 * Returns how many workers of all pools of this isolate are alive, starting and ending ones too.
 *
 * @example None before there is work
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
