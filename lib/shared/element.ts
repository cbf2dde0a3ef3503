/**
 * Numbers in shared memory: one set of atomic operations for every element type, used by `Value` and `SharedArray`.
 *
 * ```
 * i8 .. u32, i64, u64, bool   Atomics on the typed array itself
 * f32, f64                    Atomics on an integer array over the same memory: the bit pattern is what is exchanged
 * ```
 *
 * Nothing wraps and nothing is cut: a value that does not fit is refused, and so is a sum.
 *
 * Memory ordering: every operation is sequentially consistent, as `Atomics` are.
 *
 * @module
 */
import { bad } from "../core/validate.ts";

/** Types of a shared number. */
export type ValueType = "i8" | "u8" | "i16" | "u16" | "i32" | "u32" | "i64" | "u64" | "f32" | "f64" | "bool";

/** What a type is in JavaScript: `bigint` for 64-bit integers, `boolean` for `bool`, else `number`. */
export type ElementOf<T extends ValueType> = T extends "i64" | "u64" ? bigint : T extends "bool" ? boolean : number;

/** The typed array that shows elements of a type; `bool` as bytes of 0 and 1. */
export type ViewOf<T extends ValueType> = {
  i8: Int8Array<SharedArrayBuffer>;
  u8: Uint8Array<SharedArrayBuffer>;
  i16: Int16Array<SharedArrayBuffer>;
  u16: Uint16Array<SharedArrayBuffer>;
  i32: Int32Array<SharedArrayBuffer>;
  u32: Uint32Array<SharedArrayBuffer>;
  i64: BigInt64Array<SharedArrayBuffer>;
  u64: BigUint64Array<SharedArrayBuffer>;
  f32: Float32Array<SharedArrayBuffer>;
  f64: Float64Array<SharedArrayBuffer>;
  bool: Uint8Array<SharedArrayBuffer>;
}[T];

type Raw = number | bigint;
type Cells = Int32Array | BigInt64Array;

interface Layout {
  /** Shows the elements. */
  readonly view: new (memory: SharedArrayBuffer, offset: number, length: number) => ArrayLike<Raw>;
  /** What `Atomics` work on, where that is another array. */
  readonly cells?: new (memory: SharedArrayBuffer, offset: number, length: number) => Cells;
  readonly bytes: number;
  readonly least: Raw;
  readonly most: Raw;
}

const f32 = new Float32Array(1);
const f32Bits = new Int32Array(f32.buffer);
const f64 = new Float64Array(1);
const f64Bits = new BigInt64Array(f64.buffer);
const F32_NAN = 0x7fc00000;
const F64_NAN = 0x7ff8n << 48n;

const LAYOUTS: Record<ValueType, Layout> = {
  i8: { view: Int8Array, bytes: 1, least: -0x80, most: 0x7f },
  u8: { view: Uint8Array, bytes: 1, least: 0, most: 0xff },
  i16: { view: Int16Array, bytes: 2, least: -0x8000, most: 0x7fff },
  u16: { view: Uint16Array, bytes: 2, least: 0, most: 0xffff },
  i32: { view: Int32Array, bytes: 4, least: -0x80000000, most: 0x7fffffff },
  u32: { view: Uint32Array, bytes: 4, least: 0, most: 0xffffffff },
  i64: { view: BigInt64Array, bytes: 8, least: -(2n ** 63n), most: 2n ** 63n - 1n },
  u64: { view: BigUint64Array, bytes: 8, least: 0n, most: 2n ** 64n - 1n },
  f32: { view: Float32Array, cells: Int32Array, bytes: 4, least: -Infinity, most: Infinity },
  f64: { view: Float64Array, cells: BigInt64Array, bytes: 8, least: -Infinity, most: Infinity },
  bool: { view: Uint8Array, bytes: 1, least: 0, most: 1 },
};

/** The types, for messages and checks. */
export const VALUE_TYPES = Object.keys(LAYOUTS) as readonly ValueType[];

/** How many bytes an element takes. */
export function bytesOf(type: ValueType): number {
  return LAYOUTS[type].bytes;
}

/** Elements of one type in shared memory, by index. Indices are checked by the caller. */
export class Elements<T extends ValueType> {
  readonly type: T;
  readonly view: ViewOf<T>;
  // Typed for one of its two sorts; at run time it is whichever the type needs.
  readonly #cells: Int32Array;
  readonly #layout: Layout;

  constructor(type: T, memory: SharedArrayBuffer, offset: number, length: number) {
    const layout = LAYOUTS[type];
    this.type = type;
    this.#layout = layout;
    const view = new layout.view(memory, offset, length);
    this.view = view as unknown as ViewOf<T>;
    this.#cells = (layout.cells === undefined ? view : new layout.cells(memory, offset, length)) as Int32Array;
  }

  load(at: number): ElementOf<T> {
    return this.#show(Atomics.load(this.#cells, at));
  }

  store(call: string, at: number, value: ElementOf<T>): void {
    Atomics.store(this.#cells, at, this.#bits(this.check(call, "value", value)));
  }

  exchange(call: string, at: number, value: ElementOf<T>): ElementOf<T> {
    return this.#show(Atomics.exchange(this.#cells, at, this.#bits(this.check(call, "value", value))));
  }

  compareExchange(call: string, at: number, expected: ElementOf<T>, value: ElementOf<T>): ElementOf<T> {
    const [from, to] = [this.check(call, "expected", expected), this.check(call, "value", value)];
    return this.#show(Atomics.compareExchange(this.#cells, at, this.#bits(from), this.#bits(to)));
  }

  /** Adds `sign` times `amount`; gives what was there before. */
  add(call: string, at: number, amount: ElementOf<T>, sign: 1 | -1): ElementOf<T> {
    if (this.type === "bool") throw new TypeError(`Cannot ${call}: a bool has no sum: use exchange() or update()`);
    if (typeof amount !== typeof this.#layout.least) {
      throw bad(call, "amount", amount, typeof this.#layout.least === "bigint" ? "a bigint" : "a number", false);
    }
    for (;;) {
      const bits = Atomics.load(this.#cells, at);
      const before = this.#show(bits);
      const sum = this.check(
        call,
        "the sum",
        (sign === 1 ? plus(before, amount) : minus(before, amount)) as ElementOf<T>,
      );
      if (Atomics.compareExchange(this.#cells, at, bits, this.#bits(sum)) === bits) return before;
    }
  }

  update(call: string, at: number, change: (value: ElementOf<T>) => ElementOf<T>): ElementOf<T> {
    for (;;) {
      const bits = Atomics.load(this.#cells, at);
      const changed = this.#bits(this.check(call, "the new value", change(this.#show(bits))));
      if (Atomics.compareExchange(this.#cells, at, bits, changed) === bits) return this.#show(changed);
    }
  }

  /** Checks that a value is of this type, and in its range. */
  check(call: string, option: string, value: ElementOf<T>): ElementOf<T> {
    const { least, most, cells } = this.#layout;
    if (this.type === "bool") {
      if (typeof value !== "boolean") throw bad(call, option, value, "true or false", false);
    } else if (typeof least === "bigint") {
      if (typeof value !== "bigint") throw bad(call, option, value, `a bigint: this is ${this.type}`, false);
      if (value < least || value > most) {
        throw bad(call, option, value, `${least}n to ${most}n: this is ${this.type}`, true);
      }
    } else if (typeof value !== "number") {
      throw bad(call, option, value, `a number: this is ${this.type}`, false);
    } else if (cells === undefined && !(Number.isInteger(value) && value >= least && value <= most)) {
      throw bad(call, option, value, `an integer from ${least} to ${most}: this is ${this.type}`, true);
    }
    return value;
  }

  #bits(value: ElementOf<T>): number {
    // One NaN for all: what a sum gives may have other bits, and would not be found by compareExchange.
    if (this.type === "f64") {
      if (value !== value) return F64_NAN as unknown as number;
      f64[0] = value as number;
      return f64Bits[0] as unknown as number;
    }
    if (this.type === "f32") {
      if (value !== value) return F32_NAN;
      f32[0] = value as number;
      return f32Bits[0];
    }
    if (this.type === "bool") return value === true ? 1 : 0;
    // An integer has no -0, which `update` would tell.
    return (value as unknown) === 0 ? 0 : value as number;
  }

  #show(bits: number): ElementOf<T> {
    if (this.type === "f64") {
      f64Bits[0] = bits as unknown as bigint;
      return f64[0] as ElementOf<T>;
    }
    if (this.type === "f32") {
      f32Bits[0] = bits;
      return f32[0] as ElementOf<T>;
    }
    return (this.type === "bool" ? bits === 1 : bits) as ElementOf<T>;
  }
}

// Two numbers or two bigints: the caller has checked that they are of one sort.
const plus = (a: unknown, b: unknown): Raw => (a as number) + (b as number);
const minus = (a: unknown, b: unknown): Raw => (a as number) - (b as number);
