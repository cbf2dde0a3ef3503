/**
 * One task on a worker of its own, started, joined and stopped like a process: `@isopool/isopool/process`.
 *
 * @example Start, wait, look
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { inline, Process } from "@isopool/isopool/process";
 *
 * const process = new Process(inline((n: number) => n * n), [4]).start();
 * await process.join();
 * assertEquals([await process.result(), process.exitCode], [16, 0]);
 * ```
 *
 * @module
 */
export { IsopoolError } from "./core/base_error.ts";
export { TaskTimeoutError, WaitTimeoutError, WorkerCrashedError } from "./core/errors.ts";
export { Process, type ProcessArguments, type ProcessOptions, type ProcessReason } from "./process/process.ts";
export { inline } from "./task/inline.ts";
export { type AnyFunction, type StreamTask, Task, task, type TaskOf, type TaskOptions, tasks } from "./task/task.ts";
export type { Tasks, TaskSource } from "./task/task.ts";
