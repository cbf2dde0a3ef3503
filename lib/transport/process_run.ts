/**
 * Makes the frame of a batch of calls for a worker process.
 *
 * @module
 */
import { Json, MAX_STRING } from "../core/plain.ts";
import { JSON } from "../core/platform.ts";
import { isA, isArray } from "../core/validate.ts";
import { encodeFrame, frameOfText } from "../protocol/frames.ts";
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
  const { timed, traceparent } = batch;
  const cpuTime = limits?.cpuTime;
  // What is not set is left out: as `undefined`, it would not be plain JSON (core/plain.ts).
  const header = {
    kind: "run",
    task,
    first,
    spread,
    hasLimit,
    attempt,
    stream,
    shared: shares !== undefined,
    handles,
    timed,
    ...timeout !== undefined && { timeout },
    ...cpuTime !== undefined && { cpuTime },
    ...traceparent !== undefined && { traceparent },
  } as const;
  // A program may have given all objects a toJSON.
  const isText = !handles && !("toJSON" in Object.prototype);
  const text = isText ? textOfList(items, spread ? textOfArguments : textOf) : undefined;
  if (text !== undefined) return [frameOfText(`${JSON.stringify(header).slice(0, -1)},"items":${text}}`)];
  const message: HostMessage = { ...header, items: exports.exportCopy(decodeItems(items, spread), handles) };
  return encodeFrame(message);
}

// The copies that were made at submit are text already, or have a text that is as quick to write.
function textOf(value: unknown): string | undefined {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0) ? `${value}` : undefined;
    case "string":
      return value.length <= MAX_STRING ? JSON.stringify(value) : undefined;
    case "boolean":
      return `${value}`;
    default:
      return value === null ? "null" : isA(value, Json) && !value.hasNotes ? value.text : undefined;
  }
}

function textOfArguments(args: unknown): string | undefined {
  return isArray(args) ? textOfList(args, textOf) : undefined;
}

function textOfList(list: readonly unknown[], textOfPart: (part: unknown) => string | undefined): string | undefined {
  let text = "";
  for (const part of list) {
    const partText = textOfPart(part);
    if (partText === undefined) return undefined;
    text += text === "" ? partText : `,${partText}`;
  }
  return `[${text}]`;
}
