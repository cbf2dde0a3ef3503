/**
 * Values as records: the shortest way that gives the same value back.
 *
 * ```
 * number, boolean, null, undefined   kind and 8 bytes or none        20 ns there and back
 * string up to 64 KiB                UTF-8                           0.2 us
 * plain object or array              JSON                            0.9 us
 * bytes: all of a buffer             as they are                     no copy besides those into the log and out of it
 * anything else                      structured clone                2.8 us for a date in a Map
 * ```
 *
 * What is plain, and why JSON is exact for it: `core/plain.ts`.
 *
 * @module
 */
import { FORMS, fromWhole, wholeBytes } from "../core/bytes.ts";
import { Json, PlainWriter } from "../core/plain.ts";
import { decode, encode, type Envelope } from "../shared/revive.ts";
import { fromBytes, toBytes } from "./structured.ts";

/** What the bytes of a record are. */
export const Kind = {
  UNDEFINED: 0,
  NULL: 1,
  TRUE: 2,
  FALSE: 3,
  NUMBER: 4,
  STRING: 5,
  JSON: 6,
  RICH: 7,
  /** And the following: the forms of {@linkcode wholeBytes}. */
  BYTES: 8,
  /** Plain data with notes. */
  NOTED: 8 + FORMS,
} as const;

/** A value on its way. */
export interface Encoded {
  readonly kind: number;
  readonly bytes: Uint8Array;
  /** The bytes may change: they are the caller's, or in memory that is kept for this. */
  readonly borrowed?: boolean;
}

/** A longer text is faster the rich way. */
const LONG = 1 << 16;

const NOTHING = new Uint8Array(0);
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
// Memory of its own costs a text 300 ns, a view of kept memory 30.
const kept = new Uint8Array(1 << 13);
const number = new Float64Array(1);
const bytesOfNumber = new Uint8Array(number.buffer);
const constants: readonly unknown[] = [undefined, null, true, false];

/**
 * Makes a record of a value as it is now.
 *
 * @throws {DOMException} `DataCloneError`, if it cannot be cloned.
 */
export function encodeValue(value: unknown): Encoded {
  if (typeof value === "number") {
    number[0] = value;
    // Whoever must wait with it makes a copy.
    return { kind: Kind.NUMBER, bytes: bytesOfNumber, borrowed: true };
  }
  const constant = constants.indexOf(value);
  if (constant >= 0) return { kind: constant, bytes: NOTHING };
  if (typeof value === "string") {
    if (value.length <= LONG && value.isWellFormed()) return encodeText(Kind.STRING, value);
  } else if (typeof value === "object") {
    const whole = wholeBytes(value!);
    if (whole) return { kind: Kind.BYTES + whole.form, bytes: whole.bytes, borrowed: true };
    const json = new PlainWriter().write(value!);
    if (json) return encodeText(json.hasNotes ? Kind.NOTED : Kind.JSON, json.text);
  }
  return { kind: Kind.RICH, bytes: toBytes(encode(value)) };
}

function encodeText(kind: number, text: string): Encoded {
  // A letter takes up to three bytes.
  if (text.length * 3 > kept.length) return { kind, bytes: encoder.encode(text) };
  const { written } = encoder.encodeInto(text, kept);
  return { kind, bytes: kept.subarray(0, written), borrowed: true };
}

/** Makes the value of a record. Once for each record. */
export function decodeValue({ kind, bytes, borrowed }: Encoded): unknown {
  switch (kind) {
    case Kind.NUMBER:
      for (let i = 0; i < bytesOfNumber.length; i++) bytesOfNumber[i] = bytes[i];
      return number[0];
    case Kind.STRING:
      return decoder.decode(bytes);
    case Kind.JSON:
    case Kind.NOTED:
      return new Json(decoder.decode(bytes), kind === Kind.NOTED).parse();
  }
  if (kind < Kind.NUMBER) return constants[kind];
  // What is made of these may keep them. A buffer of its own, too: the serializer takes it from its beginning.
  const own = borrowed ? bytes.slice() : bytes;
  return kind === Kind.RICH
    ? decode(fromBytes(own) as Envelope)
    : fromWhole(kind - Kind.BYTES, own as Uint8Array<ArrayBuffer>);
}
