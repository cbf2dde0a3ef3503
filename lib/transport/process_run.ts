/**
 * Makes the frame of a batch of calls for a worker process.
 *
 * @module
 */
import { encodeFrame } from "../protocol/frames.ts";
import type { HostMessage } from "../protocol/messages.ts";
import { decodeItems } from "../protocol/snapshot.ts";
import type { Exports } from "../remote/exports.ts";
import type { Batch } from "./transport.ts";

/**
 * Returns the frame of a `run` message.
 *
 * @param exports Puts references in place of queues, connections and managers.
 * @throws If a value in it cannot be copied, or cannot reach another process.
 */
export function runFrame(batch: Batch, exports: Exports): Uint8Array<ArrayBuffer>[] {
  const { first, taskId: task, items, spread, timeout, limits, hasLimit, attempt, stream, shares, handles } = batch;
  const header = { task, spread, timeout, hasLimit, attempt, first, stream, shared: shares !== undefined, handles };
  const { timed, traceparent } = batch;
  const cpuTime = limits?.cpuTime;
  return encodeFrame(
    {
      kind: "run",
      ...header,
      ...cpuTime !== undefined && { cpuTime },
      items: exports.exportCopy(decodeItems(items, spread), handles),
      timed,
      traceparent,
    } satisfies HostMessage,
  );
}
