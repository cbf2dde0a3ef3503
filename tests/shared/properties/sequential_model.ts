/**
 * The sequential model that random operations on shared numbers are compared with.
 *
 * @module
 */
import type { ValueType } from "@isopool/isopool";
import { CHANGES, type Op, type Scalar } from "./programs.ts";

/** The ranges of the integer types. */
export const RANGES: Partial<Record<ValueType, [min: bigint, max: bigint]>> = {
  i8: [-0x80n, 0x7fn],
  u8: [0n, 0xffn],
  i16: [-0x8000n, 0x7fffn],
  u16: [0n, 0xffffn],
  i32: [-0x80000000n, 0x7fffffffn],
  u32: [0n, 0xffffffffn],
  i64: [-(2n ** 63n), 2n ** 63n - 1n],
  u64: [0n, 2n ** 64n - 1n],
};
/** The types of numbers under test. */
export const TYPES = [...Object.keys(RANGES), "f32", "f64", "bool", "counter", "element"] as const;
/** One of them. */
export type Kind = typeof TYPES[number];

/** Whether a kind holds bigints. */
export const isBig = (kind: Kind) => kind === "i64" || kind === "u64";

/** A number as the documentation describes it, in the memory of one thread. */
export class Model {
  #value: Scalar;
  readonly #kind: Kind;

  constructor(kind: Kind) {
    this.#kind = kind;
    this.#value = kind === "bool" ? false : isBig(kind) || kind === "counter" ? 0n : 0;
  }

  perform(op: Op): unknown {
    try {
      return this.#kind === "counter" ? this.#count(op) : this.#perform(op);
    } catch (error) {
      return (error as Error).name;
    }
  }

  #perform(op: Op): unknown {
    const before = this.#value;
    switch (op.op) {
      case "get":
        return before;
      case "update":
        return this.#value = this.#fit(CHANGES[op.by](before));
      case "compareExchange": {
        const [expected, value] = [this.#fit(op.expected), this.#fit(op.value)];
        if (Object.is(before, expected)) this.#value = value;
        return before;
      }
      case "add":
      case "sub": {
        if (this.#kind === "bool" || typeof op.value !== typeof before) throw new TypeError();
        const amount = op.value as number;
        this.#value = this.#fit(op.op === "add" ? (before as number) + amount : (before as number) - amount);
        return before;
      }
      default:
        this.#value = this.#fit(op.value);
        return op.op === "set" ? undefined : before;
    }
  }

  #fit(value: Scalar): Scalar {
    const kind = this.#kind === "element" ? "i32" : this.#kind;
    const sample: Scalar = kind === "bool" ? false : isBig(kind) ? 0n : 0;
    if (typeof value !== typeof sample) throw new TypeError();
    if (kind === "f32") return Math.fround(value as number);
    if (kind === "f64" || kind === "bool") return value;
    if (typeof value === "number" && !Number.isInteger(value)) throw new RangeError();
    const [least, most] = RANGES[kind as ValueType]!;
    if (BigInt(value) < least || BigInt(value) > most) throw new RangeError();
    // An integer has no sign of zero.
    return typeof value === "number" ? value + 0 : value;
  }

  // A counter wraps around at 64 bits. An operation whose result is no safe integer throws, and still happens.
  #count(op: Op): unknown {
    const before = this.#value as bigint;
    if (op.op === "get") return safe(before);
    if (op.op === "update" || op.op === "compareExchange") return "TypeError";
    if (typeof op.value !== "number") throw new TypeError();
    if (!Number.isSafeInteger(op.value)) throw new RangeError();
    const amount = BigInt(op.value);
    const after = { add: before + amount, sub: before - amount, set: amount, exchange: amount }[op.op];
    this.#value = BigInt.asIntN(64, after);
    return op.op === "set" ? undefined : safe(before);
  }
}

function safe(value: bigint): number {
  if (!Number.isSafeInteger(Number(value))) throw new RangeError();
  return Number(value);
}
