/**
 * What the caller wants run, made into something the scheduler knows.
 *
 * @module
 */
import { bad, show } from "../core/validate.ts";
import type { TaskTable } from "../scheduler/task_table.ts";
import type { TaskEntry } from "../scheduler/job.ts";
import { Task, type TaskOptions } from "../task/task.ts";
import type { BackendName } from "./backends.ts";

/** A task that a pool can run. */
export interface Resolved {
  entry: TaskEntry;
  options: TaskOptions;
  /** Settles once its code is known to be able to run elsewhere. */
  verified: Promise<void> | undefined;
}

/**
 * Resolves a task, or where the backend is not isolated a closure.
 *
 * @throws {TypeError} If it is neither, or a closure on an isolated backend.
 */
export function resolveTask(
  call: string,
  task: unknown,
  table: TaskTable,
  backend: BackendName,
  isolated: boolean,
): Resolved {
  if (task instanceof Task) {
    const { source, options, verified } = task;
    // Where this isolate has the function itself, it need not load the module again.
    return { entry: table.named(source, isolated ? undefined : task.local), options, verified };
  }
  if (typeof task !== "function") {
    throw bad(call, "task", task, "a task: tasks(url).name, task(import.meta, fn) or inline(fn)", false);
  }
  if (!isolated) return { entry: table.closure(task as () => unknown), options: {}, verified: undefined };
  const name = task.name === "" ? "fn" : task.name;
  throw new TypeError(
    `Cannot ${call}: a closure cannot run on backend ${show(backend)}, whose workers share no memory with it. ` +
      `Three ways out:\n` +
      `  1. export it from a module:  const m = tasks<typeof import("./m.ts")>(import.meta.resolve("./m.ts")); m.${name}\n` +
      `  2. export it from this file: task(import.meta, ${name})\n` +
      `  3. if it uses nothing from outside itself: inline(${name})`,
  );
}
