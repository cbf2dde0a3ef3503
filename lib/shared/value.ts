/**
 * One number or boolean that all threads see.
 *
 * @module
 */
import { oneOf } from "../core/validate.ts";
import { bytesOf, type ElementOf, Elements, VALUE_TYPES, type ValueType } from "./element.ts";
import { BRAND, type Handle, handleOfArrival, registerKind, Shared, VERSION } from "./handle.ts";

const KIND = "value";

/**
 * One number or boolean in shared memory. It can be an argument or result of a task, at any depth; all copies are the
 * same value.
 *
 * Nothing wraps around: a value out of the type's range is a RangeError, and so is a sum, and the value stays as it was.
 * An `f32` holds what `Math.fround` gives. 64-bit integers are bigints. Every operation is one atomic step, sequentially
 * consistent with all others: what a thread wrote anywhere before it changed a value is seen by the one that read the
 * change. As with `Atomics`, operations that change give what was there before; only `update` gives the new value.
 *
 * @example No update is lost
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Value } from "@isopool/isopool";
 *
 * const total = new Value("f64", 1.5);
 * assertEquals(total.add(2), 1.5);
 * assertEquals(total.update((n) => n * 2), 7);
 * assertEquals(total.get(), 7);
 * ```
 */
export class Value<T extends ValueType> extends Shared {
  /** The element type. */
  readonly type: T;
  readonly #memory: SharedArrayBuffer;
  readonly #elements: Elements<T>;

  /**
   * Creates a value.
   *
   * @param type `i8` to `u32`, `i64`, `u64` (bigints), `f32`, `f64` or `bool`.
   * @param initial Zero or `false` if left out.
   * @throws {TypeError} If the type is not one of these, or `initial` is not of it.
   * @throws {RangeError} If `initial` is out of its range.
   */
  constructor(type: T, initial?: ElementOf<T>) {
    super();
    const handle = handleOfArrival(type);
    this.type = (handle ? handle.type : oneOf("create Value", "type", type, VALUE_TYPES)) as T;
    this.#memory = handle ? handle.memory as SharedArrayBuffer : new SharedArrayBuffer(bytesOf(this.type));
    this.#elements = new Elements(this.type, this.#memory, 0, 1);
    if (initial !== undefined) this.#elements.store("create Value", 0, initial);
  }

  /** Reads the value. */
  get(): ElementOf<T> {
    return this.#elements.load(0);
  }

  /**
   * Writes the value.
   *
   * @throws {RangeError} If it does not fit the type.
   */
  set(value: ElementOf<T>): void {
    this.#elements.store("set Value", 0, value);
  }

  /**
   * Adds; gives what was there before. Floats too lose no update.
   *
   * @throws {RangeError} If the sum does not fit the type; the value stays.
   * @throws {TypeError} On a `bool`.
   */
  add(amount: ElementOf<T>): ElementOf<T> {
    return this.#elements.add("add to Value", 0, amount, 1);
  }

  /**
   * Subtracts; gives what was there before.
   *
   * @throws {RangeError} If the difference does not fit the type; the value stays.
   * @throws {TypeError} On a `bool`.
   */
  sub(amount: ElementOf<T>): ElementOf<T> {
    return this.#elements.add("subtract from Value", 0, amount, -1);
  }

  /** Writes the value; gives what was there before. */
  exchange(value: ElementOf<T>): ElementOf<T> {
    return this.#elements.exchange("exchange Value", 0, value);
  }

  /**
   * Writes `value` if `expected` is there; gives what was there before: the exchange happened if that is `expected`.
   * Floats are compared by their bits: `NaN` equals itself, `0` and `-0` differ.
   */
  compareExchange(expected: ElementOf<T>, value: ElementOf<T>): ElementOf<T> {
    return this.#elements.compareExchange("exchange Value", 0, expected, value);
  }

  /**
   * Replaces the value by what `change` makes of it; gives the new one. If another thread was faster, `change` runs
   * again on what that one left, so it should only compute.
   */
  update(change: (value: ElementOf<T>) => ElementOf<T>): ElementOf<T> {
    return this.#elements.update("update Value", 0, change);
  }

  /** Reads the value, for arithmetic and comparison. Note that `value += 1` would replace the object: use `add`. */
  override valueOf(): ElementOf<T> {
    return this.get();
  }

  /** Reads the value for JSON; a bigint as a string of digits. */
  override toJSON(): number | boolean | string {
    const value: unknown = this.get();
    return typeof value === "bigint" ? String(value) : value as number | boolean;
  }

  /** Shows type and value. */
  toString(): string {
    return `Value(${this.type}, ${this.get()})`;
  }

  /** @ignore */
  [BRAND](): Handle {
    return { kind: KIND, version: VERSION, type: this.type, memory: this.#memory };
  }
}

registerKind(KIND, Value);
