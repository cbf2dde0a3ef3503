/**
 * Requests and replies as records of a queue: two numbers that can be read whatever the rest is, then a value.
 *
 * ```
 * request   client | call    ["call", object, method, args, chain]      see requests.ts
 * reply     call   | status  what came of it
 * ```
 *
 * The numbers stand in front, so that a value that cannot be decoded fails one call and not the thread that reads it.
 *
 * @module
 */
import { decodeValue, encodeValue } from "../queue/codec.ts";
import type { LogRecord } from "../queue/log.ts";

const HEADER = 8;

/**
 * Makes a record of a value as it is now.
 *
 * @throws {DOMException} `DataCloneError`, if it cannot be cloned.
 */
export function frame(first: number, second: number, value: unknown): LogRecord {
  const { kind, bytes } = encodeValue(value);
  const framed = new Uint8Array(HEADER + bytes.length);
  const view = new DataView(framed.buffer);
  view.setUint32(0, first);
  view.setUint32(4, second);
  framed.set(bytes, HEADER);
  return { kind, bytes: framed };
}

/** Reads the two numbers; `undefined` if it is no such record. */
export function header({ bytes }: LogRecord): [first: number, second: number] | undefined {
  if (bytes.length < HEADER) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return [view.getUint32(0), view.getUint32(4)];
}

/** Makes the value. Once for each record. */
export function body({ kind, bytes }: LogRecord): unknown {
  // A copy: the serializer takes a buffer from its beginning.
  return decodeValue({ kind, bytes: bytes.slice(HEADER) });
}
