/**
 * Messages as text, because the fields of BullMQ are text. Plain data is packed as JSON (core/plain.ts), everything else as
 * the frames of protocol/frames.ts in base64, which keep maps, typed arrays and errors.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { Json, PlainWriter } from "../core/plain.ts";
import { cloneInput } from "../protocol/clone_input.ts";
import { recordsOf } from "../protocol/error_record.ts";
import { encodeFrame, FrameReader } from "../protocol/frames.ts";
import type { ErrorRecord, Thrown } from "../protocol/thrown.ts";
import { frameOfThrown } from "../protocol/thrown_frame.ts";

/** A value with the records of the errors in it. */
export interface PackedValue {
  readonly value: unknown;
  readonly errors: ErrorRecord[] | undefined;
}

// What a packed text begins with, if it is JSON. Base64 does not begin so.
const PLAIN = "=";
const PLAIN_WITH_NOTES = "~";

/**
 * Packs a message as text.
 *
 * @throws If something in it cannot be copied or cannot reach another process.
 */
export function pack(message: object): string {
  const json = new PlainWriter().write(defined(message));
  if (json) return (json.hasNotes ? PLAIN_WITH_NOTES : PLAIN) + json.text;
  return textOf(encodeFrame(message));
}

/** Leaves out the fields that are `undefined`, for which a text would need notes. A reader finds none, which is the same. */
export function defined<T extends object>(message: T): T {
  const fields: Partial<T> = {};
  for (const key in message) if (message[key] !== undefined) fields[key] = message[key];
  return fields as T;
}

/** Packs a message with something thrown in it. What of that cannot reach another process is left out. */
export function packThrown(thrown: Thrown, wrap: (thrown: Thrown) => object): string {
  return textOf(frameOfThrown(thrown, wrap));
}

function textOf(frame: readonly Uint8Array[]): string {
  return frame.map((part) => Buffer.from(part).toString("base64")).join(" ");
}

/** Reads a packed message. */
export function unpack<T>(text: string): T {
  const hasNotes = text.startsWith(PLAIN_WITH_NOTES);
  if (hasNotes || text.startsWith(PLAIN)) return new Json(text.slice(1), hasNotes).parse() as T;
  let found: unknown;
  const reader = new FrameReader((message) => found = message);
  for (const part of text.split(" ")) reader.push(Buffer.from(part, "base64"));
  if (found === undefined) throw new TypeError("Cannot read message of the cluster: it is incomplete");
  return found as T;
}

/** Returns a value as a message carries it: with the records of the errors in it, which a copy would lose. */
export function plainValue(value: unknown): PackedValue {
  const input = cloneInput(value, undefined);
  return { value: input.value, errors: input.errors && recordsOf(input.errors) };
}
