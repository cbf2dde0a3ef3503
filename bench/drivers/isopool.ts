/**
 * This module, as a contestant.
 *
 * @module
 */
import { Pool, pooled, type Task, tasks } from "../../mod.ts";
import { serve } from "./driver.mjs";

const TASKS = tasks<Record<string, (arg: unknown) => unknown>>(import.meta.resolve("../tasks/tasks.mjs"));

await serve(() => ({
  open(workers: number, name: string) {
    // A grace of 0: how long a task may go on is the user's choice; what is measured is the time after it.
    const pool = new Pool({ workers, killGrace: 0 });
    const task = TASKS[name] as Task<[unknown], unknown>;
    return {
      run: (arg: unknown) => pool.submit(task, arg),
      map: (items: unknown[]) => pool.map(task, items),
      stoppable(arg: unknown) {
        const future = pool.submit(task, arg);
        const settled = future.then(() => {}, () => {});
        return { stop: () => (future.cancel(), settled) };
      },
      close: () => pool[Symbol.asyncDispose](),
    };
  },
  limit: (items: number[], fn: (item: number) => Promise<number>, concurrency: number) =>
    pooled(items, fn, { concurrency }),
}));
