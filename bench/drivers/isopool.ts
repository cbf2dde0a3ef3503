/**
 * This module, as a contestant.
 *
 * @module
 */
import { move, Pool, type StreamTask, type Task, tasks } from "../../mod.ts";
import { serve } from "./driver.mjs";

const TASKS = tasks<Record<string, (arg: unknown) => unknown>>(import.meta.resolve("../tasks/tasks.mjs"));

await serve(() => ({
  open(workers: number, name: string) {
    // A grace of 0: how long a task may go on is the user's choice; what is measured is the time after it.
    const pool = new Pool({ workers, killGrace: 0 });
    const task = TASKS[name] as Task<[unknown], unknown>;
    return {
      run: (arg: unknown) => pool.submit(task, arg),
      move: (bytes: Uint8Array) => pool.submit(task, move(bytes)),
      map: (items: unknown[], chunkSize?: number) => pool.map(task, items, { chunkSize: chunkSize ?? "auto" }),
      imap: (items: unknown[]) => pool.imap(task, items),
      stream: (arg: unknown) => pool.stream(task as unknown as StreamTask<[unknown], unknown>, arg),
      stoppable(arg: unknown) {
        const future = pool.submit(task, arg);
        const settled = future.then(() => {}, () => {});
        return { stop: () => (future.cancel(), settled) };
      },
      close: () => pool[Symbol.asyncDispose](),
    };
  },
}));
