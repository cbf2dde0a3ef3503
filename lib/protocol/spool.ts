/**
 * A spool: shared memory that carries values from one writer to one reader, in order, and is used round and round.
 *
 * ```
 * units of 8 bytes   0: FREED   1 ...                      a record lies in one piece
 *                               [ record ] [ record ] free
 *
 * value   kind | length, then: number, a unit.   text, UTF-8.   bytes as they are.   others: nothing
 * ```
 *
 * A number costs 10 ns on either side, a short text 50, a small object 1 us, where structured clone and a port take five
 * and more. What does not fit, or would not be read as it was, is refused: there are messages for it.
 *
 * The memory grows to its size at the first record and costs what has been touched of it: as soon as nothing is in use,
 * the next record lies at the beginning again.
 *
 * A reader copies what it reads before it looks at it, and reads nothing outside of the memory, whatever stands there: the
 * other side may be hostile, or have gone on.
 *
 * Memory ordering: plain accesses, ordered by the word of the board that announces a record: written before that, read
 * after it. FREED is sequentially consistent.
 *
 * @module
 */
import { FORMS, fromWhole, wholeBytes } from "../core/bytes.ts";
import { Json, PlainWriter } from "../core/plain.ts";
import { Cells } from "../shared/memory.ts";
import { begin, FIRST, FREED, wrap } from "../shared/steps/spool.ts";
import { DONE, Frame, Result } from "../shared/steps/step.ts";

const SIZE = 1 << 22;
const UNITS = SIZE / 8;

/** Most bytes of a value: longer ones would leave no room for others. */
const LONG = 1 << 20;
/** Texts of up to so many bytes are read through memory that is kept for it. */
const KEPT = 1 << 16;
/** Up to so many letters of one byte each, a loop is faster than an encoder. */
const SHORT = 24;

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
let kept = new Uint8Array(512);

/** What a spool may be able to carry of a value: itself, its text, or nothing. */
export function fold(value: unknown): unknown {
  if (typeof value !== "object" || value === null || wholeBytes(value)) return value;
  return new PlainWriter().write(value);
}

/** One direction between a host and its worker, seen from either end. */
export class Spool {
  /** The memory to hand to the other side. */
  readonly memory: SharedArrayBuffer;
  #words: Cells | undefined;
  #ints: Int32Array = new Int32Array(0);
  #units: Float64Array = new Float64Array(0);
  #bytes: Uint8Array = new Uint8Array(0);
  readonly #frame = new Frame();
  // Writer: behind the last record.
  #end = 0;
  // The next value, and where the room for it ends.
  #at = 0;
  #limit = 0;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(0, { maxByteLength: SIZE })) {
    this.memory = memory;
  }

  /** Writer: starts a record behind the last one. It counts when it is committed. */
  begin(): void {
    if (this.memory.byteLength === 0) this.memory.grow(SIZE);
    const words = this.#view();
    const frame = this.#frame;
    frame.a = this.#end;
    frame.d = UNITS;
    while (begin(words!, frame) !== DONE);
    this.#end = frame.a;
    this.#at = frame.b;
    this.#limit = frame.c;
  }

  /** Writer: the record did not fit. Starts it at the beginning of the memory; `false` if there is no room either. */
  wrap(): boolean {
    const frame = this.#frame;
    wrap(this.#words!, frame);
    if (frame.result !== Result.OK) return false;
    this.#at = frame.b;
    this.#limit = frame.c;
    return true;
  }

  /** Writer: the record is whole. */
  commit(): void {
    this.#end = this.#at;
  }

  /** Everything before a unit can be used again. */
  free(unit: number): void {
    this.#words?.store(FREED, unit);
  }

  /** The unit of the next value. */
  get at(): number {
    return this.#at;
  }

  /** Writer: two integers of 32 bits; `false` if there is no room, as of all that write. */
  putInts(first: number, second: number): boolean {
    if (this.#at >= this.#limit) return false;
    this.#ints[this.#at * 2] = first;
    this.#ints[this.#at++ * 2 + 1] = second;
    return true;
  }

  /** Writer: a number. */
  putNumber(value: number): boolean {
    if (this.#at >= this.#limit) return false;
    this.#units[this.#at++] = value;
    return true;
  }

  /** Writer: numbers, a unit each. */
  putNumbers(values: readonly number[]): boolean {
    if (values.length > this.#limit - this.#at) return false;
    this.#units.set(values, this.#at);
    this.#at += values.length;
    return true;
  }

  /** Writer: a value that {@linkcode fold} has let through. */
  put(value: unknown): boolean {
    switch (typeof value) {
      case "number":
        return this.putInts(Kind.NUMBER, 0) && this.putNumber(value);
      case "string":
        return value.length <= SHORT && this.#putLatin(value) ||
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
          ? this.#putText(value.noted ? Kind.NOTED : Kind.JSON, value.text)
          : this.#putBytes(value);
      default:
        return false;
    }
  }

  /** Reader: goes to a unit. */
  seek(unit: number): void {
    this.#view();
    this.#at = unit >= FIRST && unit < this.#units.length ? unit : FIRST;
  }

  /** Reader: the next of two integers. */
  getInts(): [first: number, second: number] {
    return [this.#ints[this.#at * 2], this.#ints[this.#at++ * 2 + 1]];
  }

  /** Reader: the next number. */
  getNumber(): number {
    return this.#units[this.#at++];
  }

  /** Reader: of the next `count` numbers those from `first` on, in memory of their own. */
  getNumbers(first: number, count: number): Float64Array {
    return new Float64Array(this.#units.subarray(this.#at + first, this.#at + count));
  }

  /**
   * Reader: the next value.
   *
   * @throws {SyntaxError | TypeError} If there is nonsense in its place.
   */
  get(): unknown {
    const kind = this.#ints[this.#at * 2];
    const { from, length } = this.#skip();
    switch (kind) {
      case Kind.NUMBER:
        return this.#units[from / 8];
      case Kind.LATIN: {
        let text = "";
        for (let i = from; i < from + length; i++) text += String.fromCharCode(this.#bytes[i]);
        return text;
      }
      case Kind.TEXT:
        return this.#text(from, length);
      case Kind.BIGINT:
        return BigInt(this.#text(from, length));
      case Kind.JSON:
      case Kind.NOTED:
        return new Json(this.#text(from, length), kind === Kind.NOTED).open();
      case Kind.TRUE:
      case Kind.FALSE:
        return kind === Kind.TRUE;
      case Kind.NULL:
        return null;
      default:
        return kind >= Kind.BYTES && kind < Kind.BYTES + FORMS
          ? fromWhole(kind - Kind.BYTES, new Uint8Array(this.#bytes.subarray(from, from + length)))
          : undefined;
    }
  }

  /** Reader: passes over the next value. */
  skip(): void {
    this.#skip();
  }

  #skip(): { from: number; length: number } {
    const from = (this.#at + 1) * 8;
    const isNumber = this.#ints[this.#at * 2] === Kind.NUMBER;
    const length = isNumber ? 8 : Math.min(Math.max(0, this.#ints[this.#at * 2 + 1]), LONG, SIZE - from);
    this.#at += 1 + Math.ceil(length / 8);
    return { from, length };
  }

  #text(from: number, length: number): string {
    // Copied first: shared memory may change while a decoder looks at it.
    if (length > KEPT) return decoder.decode(new Uint8Array(this.#bytes.subarray(from, from + length)));
    if (length > kept.length) kept = new Uint8Array(KEPT);
    kept.set(this.#bytes.subarray(from, from + length));
    return decoder.decode(kept.subarray(0, length));
  }

  #putLatin(text: string): boolean {
    const { length } = text;
    if (this.#at + 1 + Math.ceil(length / 8) > this.#limit) return false;
    const from = (this.#at + 1) * 8;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 255) return false;
      this.#bytes[from + i] = code;
    }
    return this.#close(Kind.LATIN, length);
  }

  #putText(kind: number, text: string): boolean {
    const { length } = text;
    if (length > LONG || this.#at >= this.#limit) return false;
    const from = (this.#at + 1) * 8;
    const { read, written } = encoder.encodeInto(
      text,
      this.#bytes.subarray(from, Math.min(this.#limit * 8, from + LONG)),
    );
    return read === length && this.#close(kind, written);
  }

  #putBytes(value: object): boolean {
    const whole = wholeBytes(value);
    if (!whole) return false;
    const { form, bytes } = whole;
    if (bytes.length > LONG || this.#at + 1 + Math.ceil(bytes.length / 8) > this.#limit) return false;
    this.#bytes.set(bytes, (this.#at + 1) * 8);
    return this.#close(Kind.BYTES + form, bytes.length);
  }

  // Says what the bytes are that were written behind the next unit.
  #close(kind: number, length: number): boolean {
    this.putInts(kind, length);
    this.#at += Math.ceil(length / 8);
    return true;
  }

  // Of the size that it has in the end, so that views need not follow it.
  #view(): Cells | undefined {
    if (this.#words || this.memory.byteLength < SIZE) return this.#words;
    this.#ints = new Int32Array(this.memory, 0, UNITS * 2);
    this.#units = new Float64Array(this.memory, 0, UNITS);
    this.#bytes = new Uint8Array(this.memory, 0, SIZE);
    return this.#words = new Cells(this.memory, 0, FIRST);
  }
}
