/**
 * Numbers in shared memory: one set of atomic operations for every element type. `Value` and `SharedArray` use it.
 *
 * ```
 * i8 .. u32, i64, u64, bool   Atomics on the typed array itself
 * f32, f64                    Atomics on an integer array over the same memory: the bit pattern is what is exchanged
 * ```
 *
 * No operation wraps around or truncates: a value or sum that does not fit the type is a `RangeError`.
 *
 * Memory ordering: every operation is sequentially consistent, as `Atomics` are.
 *
 * @module
 */
import { Atomics } from "../core/platform.ts";
import { badOption, refusal } from "../core/validate.ts";

/** Types of a shared number. */
export type ValueType = "i8" | "u8" | "i16" | "u16" | "i32" | "u32" | "i64" | "u64" | "f32" | "f64" | "bool";

/** The JavaScript type of a shared number: `bigint` for 64-bit integers, `boolean` for `bool`, else `number`. */
export type ElementOf<T extends ValueType> = T extends "i64" | "u64" ? bigint : T extends "bool" ? boolean : number;

/** The typed array over elements of a type; `bool` as bytes of 0 and 1. */
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
type AtomicArray = Int32Array | BigInt64Array;

interface Layout {
  /** The array of the elements. */
  readonly view: new (memory: SharedArrayBuffer, offset: number, length: number) => ArrayLike<Raw>;
  /** The array for `Atomics`, if `Atomics` cannot use `view`. */
  readonly atomics?: new (memory: SharedArrayBuffer, offset: number, length: number) => AtomicArray;
  readonly bytes: number;
  readonly min: Raw;
  readonly max: Raw;
}

const f32 = new Float32Array(1);
const f32Bits = new Int32Array(f32.buffer);
const f64 = new Float64Array(1);
const f64Bits = new BigInt64Array(f64.buffer);
const F32_NAN = 0x7fc00000;
const F64_NAN = 0x7ff8n << 48n;

const LAYOUTS: Record<ValueType, Layout> = {
  i8: { view: Int8Array, bytes: 1, min: -0x80, max: 0x7f },
  u8: { view: Uint8Array, bytes: 1, min: 0, max: 0xff },
  i16: { view: Int16Array, bytes: 2, min: -0x8000, max: 0x7fff },
  u16: { view: Uint16Array, bytes: 2, min: 0, max: 0xffff },
  i32: { view: Int32Array, bytes: 4, min: -0x80000000, max: 0x7fffffff },
  u32: { view: Uint32Array, bytes: 4, min: 0, max: 0xffffffff },
  i64: { view: BigInt64Array, bytes: 8, min: -(2n ** 63n), max: 2n ** 63n - 1n },
  u64: { view: BigUint64Array, bytes: 8, min: 0n, max: 2n ** 64n - 1n },
  f32: { view: Float32Array, atomics: Int32Array, bytes: 4, min: -Infinity, max: Infinity },
  f64: { view: Float64Array, atomics: BigInt64Array, bytes: 8, min: -Infinity, max: Infinity },
  bool: { view: Uint8Array, bytes: 1, min: 0, max: 1 },
};

/** All types, for messages and checks. */
export const VALUE_TYPES = Object.keys(LAYOUTS) as readonly ValueType[];

/** Returns the size of an element in bytes. */
export function bytesPerElement(type: ValueType): number {
  return LAYOUTS[type].bytes;
}

/** Elements of one type in shared memory, by index. The caller checks the indices. */
export class Elements<T extends ValueType> {
  readonly type: T;
  readonly view: ViewOf<T>;
  // An Int32Array for the compiler; at run time it is the integer array that the element type needs.
  readonly #atomics: Int32Array;
  readonly #layout: Layout;

  constructor(type: T, memory: SharedArrayBuffer, offset: number, length: number) {
    const layout = LAYOUTS[type];
    this.type = type;
    this.#layout = layout;
    const view = new layout.view(memory, offset, length);
    this.view = view as unknown as ViewOf<T>;
    this.#atomics = (layout.atomics === undefined ? view : new layout.atomics(memory, offset, length)) as Int32Array;
  }

  load(at: number): ElementOf<T> {
    return this.#fromBits(Atomics.load(this.#atomics, at));
  }

  store(call: string, at: number, value: ElementOf<T>): void {
    Atomics.store(this.#atomics, at, this.#toBits(this.check(call, "value", value)));
  }

  exchange(call: string, at: number, value: ElementOf<T>): ElementOf<T> {
    return this.#fromBits(Atomics.exchange(this.#atomics, at, this.#toBits(this.check(call, "value", value))));
  }

  compareExchange(call: string, at: number, expected: ElementOf<T>, value: ElementOf<T>): ElementOf<T> {
    const [from, to] = [this.check(call, "expected", expected), this.check(call, "value", value)];
    return this.#fromBits(Atomics.compareExchange(this.#atomics, at, this.#toBits(from), this.#toBits(to)));
  }

  /** Adds `sign` times `amount`; returns the element before. */
  add(call: string, at: number, amount: ElementOf<T>, sign: 1 | -1): ElementOf<T> {
    if (this.type === "bool") throw refusal(`Cannot ${call}: a bool has no sum: use exchange() or update()`);
    if (typeof amount !== typeof this.#layout.min) {
      throw badOption(call, "amount", amount, typeof this.#layout.min === "bigint" ? "a bigint" : "a number", false);
    }
    for (;;) {
      const bits = Atomics.load(this.#atomics, at);
      const before = this.#fromBits(bits);
      const sum = this.check(
        call,
        "the sum",
        (sign === 1 ? plus(before, amount) : minus(before, amount)) as ElementOf<T>,
      );
      if (Atomics.compareExchange(this.#atomics, at, bits, this.#toBits(sum)) === bits) return before;
    }
  }

  update(call: string, at: number, change: (value: ElementOf<T>) => ElementOf<T>): ElementOf<T> {
    if (typeof change !== "function") throw badOption(call, "change", change, "a function", false);
    for (;;) {
      const bits = Atomics.load(this.#atomics, at);
      const changed = this.#toBits(this.check(call, "the new value", change(this.#fromBits(bits))));
      if (Atomics.compareExchange(this.#atomics, at, bits, changed) === bits) return this.#fromBits(changed);
    }
  }

  /** Checks that a value is of this type and in its range. */
  check(call: string, option: string, value: ElementOf<T>): ElementOf<T> {
    const { min, max, atomics } = this.#layout;
    if (this.type === "bool") {
      if (typeof value !== "boolean") throw badOption(call, option, value, "true or false", false);
    } else if (typeof min === "bigint") {
      if (typeof value !== "bigint") throw badOption(call, option, value, `a bigint: the type is ${this.type}`, false);
      if (value < min || value > max) {
        throw badOption(call, option, value, `${min}n to ${max}n: the type is ${this.type}`, true);
      }
    } else if (typeof value !== "number") {
      throw badOption(call, option, value, `a number: the type is ${this.type}`, false);
    } else if (atomics === undefined && !(Number.isInteger(value) && value >= min && value <= max)) {
      throw badOption(call, option, value, `an integer from ${min} to ${max}: the type is ${this.type}`, true);
    }
    return value;
  }

  #toBits(value: ElementOf<T>): number {
    // One bit pattern for every NaN: the NaN of a sum may have other bits, and compareExchange would not find it.
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
    // An integer element has no -0, so `update` must not return one.
    return (value as unknown) === 0 ? 0 : value as number;
  }

  #fromBits(bits: number): ElementOf<T> {
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

// Two numbers or two bigints: the caller has checked that both have one type.
const plus = (a: unknown, b: unknown): Raw => (a as number) + (b as number);
const minus = (a: unknown, b: unknown): Raw => (a as number) - (b as number);
