/**
 * Values as records: the shortest way that gives the same value back.
 *
 * ```
 * number, boolean, null, undefined   kind and 8 bytes or none        0.1 us
 * string up to 64 KiB                UTF-8                           0.4 us
 * small plain object or array        JSON, if it would be exact      2.6 us, where structured clone takes 5.7
 * bytes: all of a buffer             as they are                     no copy besides those into the log and out of it
 * anything else                      structured clone                249 us for 1 MB of bytes
 * ```
 *
 * JSON is exact for plain objects and arrays of finite numbers, strings, booleans and null, each object once. Whether it
 * is one of those takes a walk, which gives up after a few objects: what is larger goes the other way in any case.
 *
 * @module
 */
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
  BUFFER: 8,
  /** And the following: which of `views`. */
  VIEW: 9,
} as const;

const views = [
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
];

/** A value on its way. */
export interface Encoded {
  readonly kind: number;
  readonly bytes: Uint8Array;
  /** The bytes are the caller's, who may change them when the call has returned. */
  readonly borrowed?: boolean;
}

/** A longer text is faster the rich way. */
const LONG = 1 << 16;
/** Most objects that the walk looks at. */
const FEW = 16;
const MANY_FIELDS = 32;

const NOTHING = new Uint8Array(0);
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const constants: readonly unknown[] = [undefined, null, true, false];

/**
 * Makes a record of a value as it is now.
 *
 * @throws {DOMException} `DataCloneError`, if it cannot be cloned.
 */
export function encodeValue(value: unknown): Encoded {
  const constant = constants.indexOf(value);
  if (constant >= 0) return { kind: constant, bytes: NOTHING };
  if (typeof value === "number") return { kind: Kind.NUMBER, bytes: new Uint8Array(new Float64Array([value]).buffer) };
  if (typeof value === "string") {
    if (value.length <= LONG && value.isWellFormed()) return { kind: Kind.STRING, bytes: encoder.encode(value) };
  } else if (typeof value === "object") {
    const bytes = borrowBytes(value!);
    if (bytes) return bytes;
    if (isExactInJson(value, [])) return { kind: Kind.JSON, bytes: encoder.encode(JSON.stringify(value)) };
  }
  return { kind: Kind.RICH, bytes: toBytes(encode(value)) };
}

/** Makes the value of a record. Once for each record. */
export function decodeValue({ kind, bytes }: Encoded): unknown {
  switch (kind) {
    case Kind.NUMBER:
      return new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0, true);
    case Kind.STRING:
      return decoder.decode(bytes);
    case Kind.JSON:
      return JSON.parse(decoder.decode(bytes));
    case Kind.RICH:
      return decode(fromBytes(bytes) as Envelope);
    case Kind.BUFFER:
      return bytes.buffer;
    case Kind.VIEW:
      return bytes;
    default:
      return kind < Kind.NUMBER ? constants[kind] : new views[kind - Kind.VIEW](bytes.buffer as ArrayBuffer);
  }
}

// A clone of a view has all of its buffer, and structured clone knows more kinds of buffers.
function borrowBytes(value: object): Encoded | undefined {
  const isView = ArrayBuffer.isView(value);
  const buffer = isView ? value.buffer : value;
  if (!(buffer instanceof ArrayBuffer) || buffer.resizable || buffer.detached) return undefined;
  if (!isView) return { kind: Kind.BUFFER, bytes: new Uint8Array(buffer), borrowed: true };
  const prototype = Object.getPrototypeOf(value);
  const index = views.findIndex((view) => view.prototype === prototype);
  if (index < 0 || value.byteLength !== buffer.byteLength) return undefined;
  return { kind: Kind.VIEW + index, bytes: new Uint8Array(buffer), borrowed: true };
}

function isExactInJson(value: unknown, seen: unknown[]): boolean {
  switch (typeof value) {
    case "string":
      return value.length <= LONG;
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0);
    case "object":
      if (value === null) return true;
      // Cycles, and objects that are there twice: a copy must have them twice as well.
      if (seen.length >= FEW || seen.includes(value)) return false;
      seen.push(value);
      return hasExactParts(value, seen);
    default:
      return false;
  }
}

function hasExactParts(whole: object, seen: unknown[]): boolean {
  const prototype = Object.getPrototypeOf(whole);
  if (prototype !== Object.prototype && prototype !== Array.prototype) return false;
  const keys = Reflect.ownKeys(whole);
  if (keys.length > MANY_FIELDS || "toJSON" in whole) return false;
  const isArray = Array.isArray(whole);
  if (isArray !== (prototype === Array.prototype)) return false;
  // Holes and further properties: an array has its elements and its length.
  if (isArray && keys.length !== whole.length + 1) return false;
  for (const key of keys) {
    if (isArray && key === "length") continue;
    // Getters are for the serializer: shared objects have one. JSON has no names that are symbols.
    const property = Reflect.getOwnPropertyDescriptor(whole, key)!;
    if (typeof key === "symbol" || !("value" in property) || !property.enumerable) return false;
    if (isArray && String(Number(key)) !== key) return false;
    if (!isExactInJson(property.value, seen)) return false;
  }
  return true;
}
