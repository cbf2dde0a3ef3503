/**
 * Encodes what the host sends to a worker process as frames, and decodes the values in its messages. In both, references
 * stand for queues, connections and managers (lib/remote/exports.ts).
 *
 * @module
 */
import { lengthOf } from "../core/bytes.ts";
import { restoreErrors } from "../protocol/error_decoder.ts";
import { encodeThrown } from "../protocol/error_record.ts";
import { encodeFrame } from "../protocol/frames.ts";
import type { WorkerMessage } from "../protocol/messages.ts";
import type { Thrown } from "../protocol/thrown.ts";
import type { ItemMessage, ResultMessage, ThrownMessage } from "../protocol/value_messages.ts";
import type { Exports } from "../remote/exports.ts";
import { runFrame } from "./process_run.ts";
import { processInit } from "./make_worker_init.ts";
import type { Batch, Setup } from "./transport.ts";

/** A message as bytes. */
type Frame = Uint8Array<ArrayBuffer>[];

interface EncodedBatch {
  readonly run: Frame;
  /** The frames of shared values, which the worker must read before. */
  readonly before: Frame;
  /** Total size of all frames. */
  readonly bytes: number;
}

/**
 * Makes the frames of a batch, and of the shared values that the worker does not have.
 *
 * @param sent Ids of the shared values that the worker has. Those of the batch are added.
 * @throws If a value cannot be copied. Then nothing was added.
 */
export function encodeBatch(batch: Batch, sent: Set<number>, exports: Exports): EncodedBatch {
  const run = runFrame(batch, exports);
  if (!batch.shares) return { run, before: [], bytes: lengthOf(run) };
  const missing = [...batch.shares].filter(([id]) => !sent.has(id));
  const before = missing.flatMap(([id, { value, handles }]) =>
    encodeFrame({ kind: "share", id, value: exports.exportCopy(value, handles, true), handles })
  );
  for (const [id] of missing) sent.add(id);
  return { run, before, bytes: lengthOf(before) + lengthOf(run) };
}

/** Makes the frame with a worker's settings. */
export function initFrame(workerId: number, setup: Setup, mark: string, exports: Exports): Frame {
  return encodeFrame(processInit(workerId, setup, mark, (args, handles) => exports.exportCopy(args, handles)));
}

/**
 * Handles a message of a worker: serves a request; delivers any other one, with the shared objects in its value made. They
 * are made at once, although `deliver` may hold the message back until earlier prints are shown: meanwhile, the worker may
 * release an object that the message refers to.
 */
export function serveOrRevive(
  message: WorkerMessage,
  exports: Exports,
  deliver: (message: WorkerMessage) => void,
): void {
  switch (message.kind) {
    case "request":
    case "abort":
    case "release":
      return exports.receive(message);
    case "item":
    case "result":
      return deliver(revived(message, exports));
    case "error":
    case "failed":
      return deliver({ ...message, ...revivedThrown(message, exports) });
    default:
      return deliver(message);
  }
}

function revived(message: ItemMessage | ResultMessage, exports: Exports): WorkerMessage {
  const { kind, seq, errors } = message;
  try {
    if (errors !== undefined) restoreErrors(errors);
    const value = exports.revive(message.value, message.handles === true);
    return { kind, seq, value, handles: false };
  } catch (error) {
    return { kind: "error", seq, thrown: encodeThrown(error) };
  }
}

function revivedThrown({ thrown, handles }: ThrownMessage, exports: Exports): ThrownMessage {
  try {
    return { thrown: exports.revive(thrown, handles === true) as Thrown, handles: false };
  } catch (error) {
    return { thrown: encodeThrown(error) };
  }
}
