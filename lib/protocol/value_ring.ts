/**
 * A ring buffer of values in shared memory, from one writer to one reader, in order.
 *
 * ```
 * value   kind | length, then  a number: one unit    a text: UTF-8    bytes: as they are    others: no data
 * ```
 *
 * A number costs 10 ns on either side, a short text 50, a small object 1 us; structured clone and a port take 5 us and
 * more. The ring refuses a value that does not fit, or whose copy would differ from it: such values go by message.
 *
 * The reader copies data out of shared memory before it parses it, and never reads outside of the memory. The other
 * side may be hostile, or may have written a new record meanwhile.
 *
 * @module
 */
import { bytesOf, FORM_COUNT, restoreBytes } from "../core/bytes.ts";
import { Json, PlainWriter } from "../core/plain.ts";
import { SIZE, SpscRing } from "./spsc_ring.ts";

/** Maximum bytes of a value: a longer one would leave no room for others. */
const MAX_VALUE = 1 << 20;
/** Texts of up to this many bytes are copied into memory that is reused. */
const MAX_SCRATCH = 1 << 16;
/** Up to this many characters of one byte each, a loop is faster than an encoder. */
const SHORT_TEXT = 24;

const Kind = {
  UNDEFINED: 0,
  NULL: 1,
  TRUE: 2,
  FALSE: 3,
  NUMBER: 4,
  LATIN1: 5,
  TEXT: 6,
  BIGINT: 7,
  JSON: 8,
  /** JSON with notes of what JSON cannot express (core/plain.ts). */
  JSON_NOTED: 9,
  /** And above: the form of the bytes is added (core/bytes.ts). */
  BYTES: 10,
} as const;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
let scratch = new Uint8Array(512);

/** Returns what to put for a value: the text of plain data, else the value itself. */
export function encodeValue(value: unknown): unknown {
  return typeof value === "object" && value !== null ? new PlainWriter().write(value) ?? value : value;
}

/** A ring buffer of values, as either side sees it. */
export class ValueRing extends SpscRing {
  /**
   * Writer: puts a value that {@linkcode encodeValue} has prepared; `false` if there is no room or it must go by
   * message.
   */
  put(value: unknown): boolean {
    switch (typeof value) {
      case "number":
        return this.putInts(Kind.NUMBER, 0) && this.putNumber(value);
      case "string":
        return value.length <= SHORT_TEXT && this.#putLatin1(value) ||
          (value.isWellFormed() && this.#putText(Kind.TEXT, value));
      case "bigint":
        return this.#putText(Kind.BIGINT, `${value}`);
      case "boolean":
        return this.putInts(value ? Kind.TRUE : Kind.FALSE, 0);
      case "undefined":
        return this.putInts(Kind.UNDEFINED, 0);
      case "object":
        return value === null
          ? this.putInts(Kind.NULL, 0)
          : value instanceof Json
          ? this.#putText(value.hasNotes ? Kind.JSON_NOTED : Kind.JSON, value.text)
          : this.#putBytes(value);
      default:
        return false;
    }
  }

  /**
   * Reader: reads the next value.
   *
   * @throws {SyntaxError | TypeError} If the other side has written data that is no value.
   */
  get(): unknown {
    const kind = this.ints[this.cursor * 2];
    const { from, length } = this.#skip();
    switch (kind) {
      case Kind.NUMBER:
        return this.units[from / 8];
      case Kind.LATIN1: {
        let text = "";
        for (let i = from; i < from + length; i++) text += String.fromCharCode(this.bytes[i]);
        return text;
      }
      case Kind.TEXT:
        return this.#text(from, length);
      case Kind.BIGINT:
        return BigInt(this.#text(from, length));
      case Kind.JSON:
      case Kind.JSON_NOTED:
        return new Json(this.#text(from, length), kind === Kind.JSON_NOTED).parse();
      case Kind.TRUE:
      case Kind.FALSE:
        return kind === Kind.TRUE;
      case Kind.NULL:
        return null;
      default:
        return kind >= Kind.BYTES && kind < Kind.BYTES + FORM_COUNT
          ? restoreBytes(kind - Kind.BYTES, new Uint8Array(this.bytes.subarray(from, from + length)))
          : undefined;
    }
  }

  /** Reader: skips the next value. */
  skip(): void {
    this.#skip();
  }

  #skip(): { from: number; length: number } {
    const from = (this.cursor + 1) * 8;
    const isNumber = this.ints[this.cursor * 2] === Kind.NUMBER;
    const length = isNumber ? 8 : Math.min(Math.max(0, this.ints[this.cursor * 2 + 1]), MAX_VALUE, SIZE - from);
    this.cursor += 1 + Math.ceil(length / 8);
    return { from, length };
  }

  #text(from: number, length: number): string {
    // Copied first: shared memory may change while the decoder reads it.
    if (length > MAX_SCRATCH) return decoder.decode(new Uint8Array(this.bytes.subarray(from, from + length)));
    if (length > scratch.length) scratch = new Uint8Array(MAX_SCRATCH);
    scratch.set(this.bytes.subarray(from, from + length));
    return decoder.decode(scratch.subarray(0, length));
  }

  #putLatin1(text: string): boolean {
    const { length } = text;
    if (this.cursor + 1 + Math.ceil(length / 8) > this.limit) return false;
    const from = (this.cursor + 1) * 8;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 255) return false;
      this.bytes[from + i] = code;
    }
    return this.#putHeader(Kind.LATIN1, length);
  }

  #putText(kind: number, text: string): boolean {
    const { length } = text;
    if (length > MAX_VALUE || this.cursor >= this.limit) return false;
    const from = (this.cursor + 1) * 8;
    const { read, written } = encoder.encodeInto(
      text,
      this.bytes.subarray(from, Math.min(this.limit * 8, from + MAX_VALUE)),
    );
    return read === length && this.#putHeader(kind, written);
  }

  #putBytes(value: object): boolean {
    const own = bytesOf(value);
    if (!own) return false;
    const { form, bytes } = own;
    if (bytes.length > MAX_VALUE || this.cursor + 1 + Math.ceil(bytes.length / 8) > this.limit) return false;
    this.bytes.set(bytes, (this.cursor + 1) * 8);
    return this.#putHeader(Kind.BYTES + form, bytes.length);
  }

  // Writes the kind and the length in front of the bytes that were written.
  #putHeader(kind: number, length: number): boolean {
    this.putInts(kind, length);
    this.cursor += Math.ceil(length / 8);
    return true;
  }
}
