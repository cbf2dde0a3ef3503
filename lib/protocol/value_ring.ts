/**
 * A spool: values in shared memory, from one writer to one reader, in order.
 *
 * ```
 * value   kind | length, then: number, a unit.   text, UTF-8.   bytes as they are.   others: nothing
 * ```
 *
 * A number costs 10 ns on either side, a short text 50, a small object 1 us, where structured clone and a port take five
 * and more. What does not fit, or would not be read as it was, is refused: there are messages for it.
 *
 * A reader copies what it reads before it looks at it, and reads nothing outside of the memory, whatever stands there: the
 * other side may be hostile, or have gone on.
 *
 * @module
 */
import { FORMS, fromWhole, wholeBytes } from "../core/bytes.ts";
import { Json, PlainWriter } from "../core/plain.ts";
import { SIZE, SpscRing } from "./spsc_ring.ts";

/** Most bytes of a value: longer ones would leave no room for others. */
const MAX_VALUE = 1 << 20;
/** Texts of up to so many bytes are read through memory that is kept for it. */
const SCRATCH = 1 << 16;
/** Up to so many letters of one byte each, a loop is faster than an encoder. */
const SHORT_TEXT = 24;

const Kind = {
  UNDEFINED: 0,
  NULL: 1,
  TRUE: 2,
  FALSE: 3,
  NUMBER: 4,
  LATIN: 5,
  TEXT: 6,
  BIGINT: 7,
  JSON: 8,
  NOTED: 9,
  BYTES: 10,
} as const;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
let scratch = new Uint8Array(512);

/** What to put for a value: its text, if it is plain data, else itself. */
export function encodeValue(value: unknown): unknown {
  return typeof value === "object" && value !== null ? new PlainWriter().write(value) ?? value : value;
}

/** The values of one direction, seen from either end. */
export class ValueRing extends SpscRing {
  /** Writer: what {@linkcode encodeValue} has made of a value; `false` as well if a spool cannot carry it. */
  put(value: unknown): boolean {
    switch (typeof value) {
      case "number":
        return this.putInts(Kind.NUMBER, 0) && this.putNumber(value);
      case "string":
        return value.length <= SHORT_TEXT && this.#putLatin(value) ||
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
          ? this.#putText(value.hasNotes ? Kind.NOTED : Kind.JSON, value.text)
          : this.#putBytes(value);
      default:
        return false;
    }
  }

  /**
   * Reader: the next value.
   *
   * @throws {SyntaxError | TypeError} If there is nonsense in its place.
   */
  get(): unknown {
    const kind = this.ints[this.at * 2];
    const { from, length } = this.#skip();
    switch (kind) {
      case Kind.NUMBER:
        return this.units[from / 8];
      case Kind.LATIN: {
        let text = "";
        for (let i = from; i < from + length; i++) text += String.fromCharCode(this.bytes[i]);
        return text;
      }
      case Kind.TEXT:
        return this.#text(from, length);
      case Kind.BIGINT:
        return BigInt(this.#text(from, length));
      case Kind.JSON:
      case Kind.NOTED:
        return new Json(this.#text(from, length), kind === Kind.NOTED).parse();
      case Kind.TRUE:
      case Kind.FALSE:
        return kind === Kind.TRUE;
      case Kind.NULL:
        return null;
      default:
        return kind >= Kind.BYTES && kind < Kind.BYTES + FORMS
          ? fromWhole(kind - Kind.BYTES, new Uint8Array(this.bytes.subarray(from, from + length)))
          : undefined;
    }
  }

  /** Reader: passes over the next value. */
  skip(): void {
    this.#skip();
  }

  #skip(): { from: number; length: number } {
    const from = (this.at + 1) * 8;
    const isNumber = this.ints[this.at * 2] === Kind.NUMBER;
    const length = isNumber ? 8 : Math.min(Math.max(0, this.ints[this.at * 2 + 1]), MAX_VALUE, SIZE - from);
    this.at += 1 + Math.ceil(length / 8);
    return { from, length };
  }

  #text(from: number, length: number): string {
    // Copied first: shared memory may change while a decoder looks at it.
    if (length > SCRATCH) return decoder.decode(new Uint8Array(this.bytes.subarray(from, from + length)));
    if (length > scratch.length) scratch = new Uint8Array(SCRATCH);
    scratch.set(this.bytes.subarray(from, from + length));
    return decoder.decode(scratch.subarray(0, length));
  }

  #putLatin(text: string): boolean {
    const { length } = text;
    if (this.at + 1 + Math.ceil(length / 8) > this.limit) return false;
    const from = (this.at + 1) * 8;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 255) return false;
      this.bytes[from + i] = code;
    }
    return this.#close(Kind.LATIN, length);
  }

  #putText(kind: number, text: string): boolean {
    const { length } = text;
    if (length > MAX_VALUE || this.at >= this.limit) return false;
    const from = (this.at + 1) * 8;
    const { read, written } = encoder.encodeInto(
      text,
      this.bytes.subarray(from, Math.min(this.limit * 8, from + MAX_VALUE)),
    );
    return read === length && this.#close(kind, written);
  }

  #putBytes(value: object): boolean {
    const whole = wholeBytes(value);
    if (!whole) return false;
    const { form, bytes } = whole;
    if (bytes.length > MAX_VALUE || this.at + 1 + Math.ceil(bytes.length / 8) > this.limit) return false;
    this.bytes.set(bytes, (this.at + 1) * 8);
    return this.#close(Kind.BYTES + form, bytes.length);
  }

  // Says what the bytes are that were written behind the next unit.
  #close(kind: number, length: number): boolean {
    this.putInts(kind, length);
    this.at += Math.ceil(length / 8);
    return true;
  }
}
