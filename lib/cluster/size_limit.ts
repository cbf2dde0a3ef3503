/**
 * Packed calls and results, which take no more in Redis than the `sizeLimit` of their pool.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { JSON } from "../core/platform.ts";
import { UnreachableError } from "../protocol/reach.ts";
import { transferError } from "../protocol/transfer_error.ts";
import { pack } from "./pack.ts";
import type { JobCall, JobResult, JobTask } from "./wire.ts";

/** Bytes that a letter of a packed text takes in Redis, at most. */
const MAX_GROWTH = 3;

/**
 * Packs a task.
 *
 * @throws {RangeError} If it takes more than its `sizeLimit` in Redis.
 */
export function packTask(task: JobTask): string {
  return packWithin(task.sizeLimit, task, "task with the hooks of its pool");
}

/**
 * Packs a call.
 *
 * @throws {RangeError} If it takes more than `sizeLimit` bytes in Redis.
 * @throws {TypeError} If it has an object of this machine in it.
 */
export function packCall(call: JobCall, sizeLimit: number): string {
  try {
    return packWithin(sizeLimit, call, "call");
  } catch (cause) {
    if (!call.handles || cause instanceof RangeError || cause instanceof UnreachableError) throw cause;
    const instead = "open one by its name with `queue()`, `value()` or `lock()` of what `cluster()` returns";
    throw new TypeError(`queues, pipes and managers stay on their machine: ${instead}`, { cause });
  }
}

/**
 * Packs a result.
 *
 * @throws {TransferError} If it cannot be copied, or takes more than `sizeLimit` bytes in Redis.
 */
export function packResult(result: JobResult, sizeLimit: number): string {
  try {
    return packWithin(sizeLimit, result, "result");
  } catch (cause) {
    throw transferError(result.value, "result", "result", cause);
  }
}

function packWithin(sizeLimit: number, message: object, what: string): string {
  const text = pack(message);
  // Most are small. What they take is counted only where it matters: as BullMQ writes them, with escapes and in UTF-8.
  const bytes = text.length * MAX_GROWTH <= sizeLimit ? text.length : Buffer.byteLength(JSON.stringify(text));
  if (bytes <= sizeLimit) return text;
  throw new RangeError(
    `a ${what} of ${bytes} bytes is larger than the \`sizeLimit\` ${sizeLimit} of the cluster: let files or a database ` +
      "carry it, or raise the limit",
  );
}
