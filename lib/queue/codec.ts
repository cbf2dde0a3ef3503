/**
 * Encodes values as records, each kind of value in the cheapest form that gives an equal value back.
 *
 * ```
 * number, boolean, null, undefined   kind and 8 bytes or none        20 ns to encode and decode
 * string up to 64 KiB                UTF-8                           0.2 us
 * plain object or array              JSON                            0.9 us
 * a whole buffer or view of it       its bytes                       no copy besides those into the log and out of it
 * anything else                      structured clone                2.8 us for a date in a Map
 * ```
 *
 * `core/plain.ts` says which objects are plain, and why JSON is exact for them.
 *
 * @module
 */
import { bytesOf, FORM_COUNT, restoreBytes } from "../core/bytes.ts";
import { corruptMemory } from "../core/corrupt_memory.ts";
import { IsopoolError } from "../core/errors.ts";
import { Json, PlainWriter } from "../core/plain.ts";
import { cloneInputWithErrors } from "../protocol/error_handle.ts";
import { transferError } from "../protocol/transfer_error.ts";
import { decode, encode, type Envelope } from "../shared/revive.ts";
import { fromBytes, toBytes } from "./structured.ts";

/** Kinds of records: how the bytes are decoded. */
export const Kind = {
  UNDEFINED: 0,
  NULL: 1,
  TRUE: 2,
  FALSE: 3,
  NUMBER: 4,
  STRING: 5,
  JSON: 6,
  /** Structured clone. */
  CLONE: 7,
  /** The bytes of a buffer. Added to it: the form of {@linkcode bytesOf}. */
  BYTES: 8,
  /** JSON with notes for what JSON has no form for: dates, `undefined` and the like. */
  JSON_WITH_NOTES: 8 + FORM_COUNT,
} as const;

/** An encoded value. */
export interface Encoded {
  readonly kind: number;
  readonly bytes: Uint8Array;
  /** Whether the bytes may change: they belong to the caller, or lie in the scratch memory of this module. */
  readonly mayChange?: boolean;
}

/** Maximum length of a string that is sent as UTF-8: structured clone is faster for longer ones. */
const MAX_UTF8 = 1 << 16;

const NO_BYTES = new Uint8Array(0);
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
// Scratch memory: a new buffer for each text costs 300 ns, a view of this one 30.
const scratch = new Uint8Array(1 << 13);
const number = new Float64Array(1);
const bytesOfNumber = new Uint8Array(number.buffer);
const constants: readonly unknown[] = [undefined, null, true, false];

/**
 * Encodes a value as it is now; `root` is its name in the path of a part that cannot be copied.
 *
 * @throws {TransferError} If the value cannot be copied, or would arrive without its content.
 */
export function encodeOrRefuse(value: unknown, root: string): Encoded {
  try {
    return encodeValue(value);
  } catch (cause) {
    throw cause instanceof IsopoolError ? cause : transferError(value, root, "argument", cause);
  }
}

/**
 * Encodes a value as it is now.
 *
 * @throws {DOMException | EmptyCopyError} If the value cannot be copied, or would arrive without its content.
 */
export function encodeValue(value: unknown): Encoded {
  if (typeof value === "number") {
    number[0] = value;
    // A put that must wait copies the bytes.
    return { kind: Kind.NUMBER, bytes: bytesOfNumber, mayChange: true };
  }
  const constant = constants.indexOf(value);
  if (constant >= 0) return { kind: constant, bytes: NO_BYTES };
  if (typeof value === "string") {
    if (value.length <= MAX_UTF8 && value.isWellFormed()) return encodeText(Kind.STRING, value);
  } else if (typeof value === "object") {
    const own = bytesOf(value!);
    if (own) return { kind: Kind.BYTES + own.form, bytes: own.bytes, mayChange: true };
    const json = new PlainWriter().write(value!);
    if (json) return encodeText(json.hasNotes ? Kind.JSON_WITH_NOTES : Kind.JSON, json.text);
  }
  return { kind: Kind.CLONE, bytes: toBytes(encode(cloneInputWithErrors(value))) };
}

function encodeText(kind: number, text: string): Encoded {
  // A UTF-16 code unit takes up to three bytes.
  if (text.length * 3 > scratch.length) return { kind, bytes: encoder.encode(text) };
  const { written } = encoder.encodeInto(text, scratch);
  return { kind, bytes: scratch.subarray(0, written), mayChange: true };
}

/**
 * Decodes a record. A record can be decoded only once: in place of shared memory it contains a key, with which the runtime
 * gives the memory out once (structured.ts).
 *
 * @throws {IsopoolError} If no `encodeValue` has written the record, or a shared object in it cannot be received.
 */
export function decodeValue(record: Encoded): unknown {
  try {
    return decodeRecord(record);
  } catch (cause) {
    throw cause instanceof IsopoolError ? cause : corruptMemory("decode item", { cause });
  }
}

function decodeRecord({ kind, bytes, mayChange }: Encoded): unknown {
  switch (kind) {
    case Kind.NUMBER:
      for (let i = 0; i < bytesOfNumber.length; i++) bytesOfNumber[i] = bytes[i];
      return number[0];
    case Kind.STRING:
      return decoder.decode(bytes);
    case Kind.JSON:
    case Kind.JSON_WITH_NOTES:
      return new Json(decoder.decode(bytes), kind === Kind.JSON_WITH_NOTES).parse();
  }
  if (kind < Kind.NUMBER) return constants[kind];
  // The value may keep these bytes. They must be a buffer of their own: the deserializer reads from its beginning.
  const own = mayChange ? bytes.slice() : bytes;
  return kind === Kind.CLONE
    ? decode(fromBytes(own) as Envelope)
    : restoreBytes(kind - Kind.BYTES, own as Uint8Array<ArrayBuffer>);
}
