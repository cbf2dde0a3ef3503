/**
 * This module, as a contestant.
 *
 * @module
 */
import { move, Pool, type StreamTask, type Task, tasks } from "../../mod.ts";
import { serve } from "./driver.mjs";

const { bounce } = tasks<typeof import("../tasks/isopool_bounce.ts")>(
  import.meta.resolve("../tasks/isopool_bounce.ts"),
);
const TASKS = tasks<Record<string, (arg: unknown) => unknown>>(import.meta.resolve("../tasks/tasks.mjs"));

await serve((variant: string) => ({
  open(workers: number, name: string) {
    // A grace of 0: the user chooses how long a task may go on; the benchmark measures the time after that.
    const pool = new Pool({ backend: variant === "process" ? "process" : "worker", workers, killGrace: 0 });
    const task = TASKS[name] as Task<[unknown], unknown>;
    return {
      run: (arg: unknown) => pool.submit(task, arg),
      move: (bytes: Uint8Array) => pool.submit(task, move(bytes)),
      bounce: (bytes: Uint8Array) => pool.submit(bounce, move(bytes)),
      map: (items: unknown[], chunkSize?: number) => pool.map(task, items, { chunkSize: chunkSize ?? "auto" }),
      imap: (items: unknown[], buffer?: number) => pool.imap(task, items, buffer === undefined ? {} : { buffer }),
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
