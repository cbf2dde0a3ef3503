/**
 * A number or boolean that all threads see.
 *
 * @module
 */
import { oneOf, refusal } from "../core/validate.ts";
import { bytesPerElement, type ElementOf, Elements, VALUE_TYPES, type ValueType } from "./element.ts";
import { BRAND, type Handle, handleOfArrival, registerKind, Shared, VERSION } from "./handle.ts";
import { receivedRegion } from "./region.ts";

const KIND = "value";
const NO_PROPERTY = "Cannot use property `value` of Value: use get() and set(), or add() for one atomic step";

/**
 * A number or boolean in shared memory (`multiprocessing.Value`). A task can take it as argument or return it, at any depth
 * of a value; all copies are the same value.
 *
 * No operation wraps around: a value or sum out of the type's range is a `RangeError`, and the value stays as it was. An
 * `f32` holds what `Math.fround` gives. 64-bit integers are bigints. As with `Atomics`, operations that change the value
 * return the value before; only `update` returns the new one.
 *
 * ## Cost
 * `get`, `set` and `exchange` are one atomic operation. `add`, `sub` and `update` are a load and a compare-and-exchange, and
 * repeat both if another thread changed the value between them.
 *
 * ## When not to use it
 * To count whole numbers, use {@linkcode Counter}, which is faster. For many numbers, use {@linkcode SharedArray}. To change
 * two values as one, use a {@linkcode Lock}.
 *
 * ## Memory ordering
 * Every operation is one atomic step, sequentially consistent: a thread that reads a change sees everything that the other
 * thread wrote before it made the change.
 *
 * @example Add fractions
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
   * @param initial The first value.
   * @default zero or `false`
   * @throws {TypeError} If `initial` is not of that type.
   * @throws {RangeError} If there is no such type, or `initial` is out of its range.
   */
  constructor(type: T, initial?: ElementOf<T>) {
    super();
    const handle = handleOfArrival(type);
    const region = handle ? receivedRegion(handle) : undefined;
    this.type = (region?.type ?? oneOf("create Value", "type", type, VALUE_TYPES)) as T;
    this.#memory = region?.memory ?? new SharedArrayBuffer(bytesPerElement(this.type));
    this.#elements = new Elements(this.type, this.#memory, 0, 1);
    if (initial !== undefined) this.#elements.store("create Value", 0, initial);
  }

  /** @ignore Python's `v.value += 1` would otherwise make a property that no other thread sees, of `NaN`. */
  get value(): never {
    throw refusal(NO_PROPERTY);
  }

  /** @ignore */
  set value(_: never) {
    throw refusal(NO_PROPERTY);
  }

  /**
   * Reads the value.
   *
   * @example Read a value
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Value } from "@isopool/isopool";
   *
   * assertEquals(new Value("f64", 0.5).get(), 0.5);
   * ```
   */
  get(): ElementOf<T> {
    return this.#elements.load(0);
  }

  /**
   * Writes the value.
   *
   * @example Set a flag
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Value } from "@isopool/isopool";
   *
   * const isReady = new Value("bool");
   * isReady.set(true);
   * assertEquals(isReady.get(), true);
   * ```
   *
   * @throws {RangeError} If it does not fit the type.
   */
  set(value: ElementOf<T>): void {
    this.#elements.store("set Value", 0, value);
  }

  /**
   * Adds to the value; returns the value before. No addition is lost, with floats either.
   *
   * @example Sum up fractions
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Value } from "@isopool/isopool";
   *
   * const total = new Value("f64", 1);
   * assertEquals([total.add(0.5), total.get()], [1, 1.5]);
   * ```
   *
   * @throws {RangeError} If the sum does not fit the type; the value stays.
   * @throws {TypeError} On a `bool`.
   */
  add(amount: ElementOf<T>): ElementOf<T> {
    return this.#elements.add("add to Value", 0, amount, 1);
  }

  /**
   * Subtracts from the value; returns the value before.
   *
   * @example Spend from a budget
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Value } from "@isopool/isopool";
   *
   * const budget = new Value("i64", 10n);
   * assertEquals([budget.sub(3n), budget.get()], [10n, 7n]);
   * ```
   *
   * @throws {RangeError} If the difference does not fit the type; the value stays.
   * @throws {TypeError} On a `bool`.
   */
  sub(amount: ElementOf<T>): ElementOf<T> {
    return this.#elements.add("subtract from Value", 0, amount, -1);
  }

  /**
   * Writes the value; returns the value before.
   *
   * @example Be the first to set a flag
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Value } from "@isopool/isopool";
   *
   * const isTaken = new Value("bool");
   * assertEquals([isTaken.exchange(true), isTaken.exchange(true)], [false, true]);
   * ```
   */
  exchange(value: ElementOf<T>): ElementOf<T> {
    return this.#elements.exchange("exchange Value", 0, value);
  }

  /**
   * Writes `value` if the value is `expected`; returns the value before, which is `expected` if the exchange happened. Floats
   * are compared by their bits: `NaN` equals itself, `0` and `-0` differ.
   *
   * @example Move from one state to the next
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Value } from "@isopool/isopool";
   *
   * const state = new Value("u8", 1);
   * assertEquals([state.compareExchange(1, 2), state.compareExchange(1, 3), state.get()], [1, 2, 2]);
   * ```
   */
  compareExchange(expected: ElementOf<T>, value: ElementOf<T>): ElementOf<T> {
    return this.#elements.compareExchange("exchange Value", 0, expected, value);
  }

  /**
   * Replaces the value by the result of `change`; returns the new value. If another thread changes the value meanwhile,
   * `change` runs again on the changed value, so it should have no side effects.
   *
   * @example Keep a maximum
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Value } from "@isopool/isopool";
   *
   * const peak = new Value("u32", 5);
   * assertEquals([peak.update((n) => Math.max(n, 9)), peak.update((n) => Math.max(n, 7))], [9, 9]);
   * ```
   */
  update(change: (value: ElementOf<T>) => ElementOf<T>): ElementOf<T> {
    return this.#elements.update("update Value", 0, change);
  }

  /**
   * Reads the value, for arithmetic and comparison. `value += 1` would replace the object: use `add`.
   *
   * @example Calculate with a value
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Value } from "@isopool/isopool";
   *
   * assertEquals(Number(new Value("i32", 41)) + 1, 42);
   * ```
   */
  override valueOf(): ElementOf<T> {
    return this.get();
  }

  /**
   * Reads the value for JSON; a bigint as a string of digits.
   *
   * @example Write a value as JSON
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Value } from "@isopool/isopool";
   *
   * assertEquals(JSON.stringify({ size: new Value("i64", 7n) }), `{"size":"7"}`);
   * ```
   */
  override toJSON(): number | boolean | string {
    const value: unknown = this.get();
    return typeof value === "bigint" ? String(value) : value as number | boolean;
  }

  /** Returns type and value, as `Value(i32, 41)`. */
  toString(): string {
    return `Value(${this.type}, ${this.get()})`;
  }

  /** @ignore */
  [BRAND](): Handle {
    return { kind: KIND, version: VERSION, type: this.type, memory: this.#memory };
  }
}

registerKind(KIND, Value);
