/**
 * Queues and pipes between threads, without the pool: `@isopool/isopool/queue`.
 *
 * @example Wait for the first of two queues
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Queue, select } from "@isopool/isopool/queue";
 *
 * const urgent = new Queue<string>(), normal = new Queue<string>();
 * await normal.put("tidy up");
 * const { index, result } = await select([urgent, normal]);
 * assertEquals([index, result], [1, { state: "ok", value: "tidy up" }]);
 * ```
 *
 * @module
 */
export { IsopoolError } from "./core/base_error.ts";
export { ItemLostError, QueueClosedError, TransferError, WaitTimeoutError } from "./core/errors.ts";
export { JoinableQueue } from "./queue/joinable_queue.ts";
export { Connection, Pipe, type PipeOptions } from "./queue/pipe.ts";
export { Queue, type QueueOptions, type TryGetResult } from "./queue/queue.ts";
export { SELECT, select, type Selectable, type Selected, type SelectedOf, type Selection } from "./queue/select.ts";
export type { Handle, Shared } from "./shared/handle.ts";
export type { BlockLimits, WaitLimits } from "./shared/waiting.ts";
