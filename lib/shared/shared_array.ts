/**
 * An array of numbers that all threads see.
 *
 * @module
 */
import { isIterable } from "../core/input.ts";
import { badOption } from "../core/validate.ts";
import { type ElementOf, Elements, type ValueType, type ViewOf } from "./element.ts";
import { Arrival, BRAND, type Handle, handleOfArrival, registerKind, Shared, VERSION } from "./handle.ts";
import { newRegion, receivedRegion, type Region, sliceOf } from "./region.ts";

const KIND = "array";

/**
 * An array of numbers or booleans in shared memory (`multiprocessing.Array`). A task can take it as argument or return it,
 * at any depth of a value. It is never copied: all threads see the same elements.
 *
 * The methods have the ranges and results of {@linkcode Value}. `view` is a plain typed array over the same memory.
 *
 * ## Cost
 * A method costs what the same method of `Value` costs, and a check of the index. An element read through `view` costs what
 * it costs in any typed array.
 *
 * ## When not to use it
 * For bytes that one thread has at a time, transfer an `ArrayBuffer`. For a few numbers that a task returns, return them.
 *
 * ## Memory ordering
 * The methods are atomic steps, sequentially consistent. Accesses through `view` are not ordered among threads: use it for
 * parts that one thread has to itself (between barriers, under a lock, before a submit and after the task has settled).
 */
export class SharedArray<T extends ValueType> extends Shared {
  /** The element type. */
  readonly type: T;
  /** The number of elements, which never changes. */
  readonly length: number;
  readonly #region: Region;
  readonly #elements: Elements<T>;

  /**
   * Creates an array.
   *
   * @param type As for {@linkcode Value}.
   * @param from The number of elements, all zero or `false`; or the elements.
   * @throws {TypeError} If an element is not of that type.
   * @throws {RangeError} If there is no such type, an element is out of its range, or the length is negative.
   */
  constructor(type: T, from: number | Iterable<ElementOf<T>>) {
    super();
    const call = "create SharedArray";
    const values = isIterable(from) ? [...from] : undefined;
    const handle = handleOfArrival(type);
    const region = handle ? receivedRegion(handle) : newRegion(call, type, values ?? from);
    this.type = region.type as T;
    this.length = region.length;
    this.#region = region;
    this.#elements = new Elements(this.type, region.memory, region.offset, region.length);
    values?.forEach((value, at) => this.#elements.store(call, at, value));
  }

  /** The elements as a plain typed array over the same memory; `bool` as bytes of 0 and 1. Not atomic. */
  get view(): ViewOf<T> {
    return this.#elements.view;
  }

  /**
   * Reads an element.
   *
   * @example Read an element
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { SharedArray } from "@isopool/isopool";
   *
   * assertEquals(new SharedArray("i32", [4, 5]).get(1), 5);
   * ```
   *
   * @throws {RangeError} If there is no element at `index`, as for every method that takes one.
   */
  get(index: number): ElementOf<T> {
    return this.#elements.load(this.#at(index));
  }

  /**
   * Writes an element.
   *
   * @example Write an element
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { SharedArray } from "@isopool/isopool";
   *
   * const array = new SharedArray("f64", 2);
   * array.set(1, 0.5);
   * assertEquals([...array], [0, 0.5]);
   * ```
   */
  set(index: number, value: ElementOf<T>): void {
    this.#elements.store("set element", this.#at(index), value);
  }

  /**
   * Adds to an element; returns the element before.
   *
   * @example Count in a histogram
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { SharedArray } from "@isopool/isopool";
   *
   * const histogram = new SharedArray("u32", 3);
   * for (const n of [0, 2, 2]) histogram.add(n, 1);
   * assertEquals([...histogram], [1, 0, 2]);
   * ```
   */
  add(index: number, amount: ElementOf<T>): ElementOf<T> {
    return this.#elements.add("add to element", this.#at(index), amount, 1);
  }

  /**
   * Subtracts from an element; returns the element before.
   *
   * @example Take from a stock
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { SharedArray } from "@isopool/isopool";
   *
   * const stock = new SharedArray("i32", [7]);
   * assertEquals([stock.sub(0, 2), stock.get(0)], [7, 5]);
   * ```
   */
  sub(index: number, amount: ElementOf<T>): ElementOf<T> {
    return this.#elements.add("subtract from element", this.#at(index), amount, -1);
  }

  /**
   * Writes an element; returns the element before.
   *
   * @example Claim a slot
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { SharedArray } from "@isopool/isopool";
   *
   * const taken = new SharedArray("bool", 2);
   * assertEquals([taken.exchange(0, true), taken.exchange(0, true)], [false, true]);
   * ```
   */
  exchange(index: number, value: ElementOf<T>): ElementOf<T> {
    return this.#elements.exchange("exchange element", this.#at(index), value);
  }

  /**
   * Writes `value` if the element is `expected`; returns the element before. See {@linkcode Value.compareExchange}.
   *
   * @example Set an element once
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { SharedArray } from "@isopool/isopool";
   *
   * const owners = new SharedArray("i32", 2);
   * assertEquals([owners.compareExchange(1, 0, 7), owners.compareExchange(1, 0, 8)], [0, 7]);
   * ```
   */
  compareExchange(index: number, expected: ElementOf<T>, value: ElementOf<T>): ElementOf<T> {
    return this.#elements.compareExchange("exchange element", this.#at(index), expected, value);
  }

  /**
   * Replaces an element by the result of `change`; returns the new element. See {@linkcode Value.update}.
   *
   * @example Keep a maximum
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { SharedArray } from "@isopool/isopool";
   *
   * const peaks = new SharedArray("f64", [1, 2]);
   * assertEquals(peaks.update(0, (peak) => Math.max(peak, 1.5)), 1.5);
   * ```
   */
  update(index: number, change: (value: ElementOf<T>) => ElementOf<T>): ElementOf<T> {
    return this.#elements.update("update element", this.#at(index), change);
  }

  /**
   * Makes an array over a part of this one: both have the same memory. Indices are those of `Array.prototype.slice`, also
   * negative ones.
   *
   * @example Give each worker its part
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { SharedArray } from "@isopool/isopool";
   *
   * const all = new SharedArray("i32", [1, 2, 3, 4]);
   * all.slice(2).set(0, 30);
   * assertEquals([...all], [1, 2, 30, 4]);
   * ```
   */
  slice(start: number = 0, end: number = this.length): SharedArray<T> {
    return new SharedArray<T>(
      new Arrival({ kind: KIND, version: VERSION, ...sliceOf(this.#region, start, end) }) as never,
      0,
    );
  }

  /**
   * Iterates over the elements in order, and reads each at its turn.
   *
   * @example Sum up an array
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { SharedArray } from "@isopool/isopool";
   *
   * let sum = 0;
   * for (const n of new SharedArray("i32", [1, 2, 3])) sum += n;
   * assertEquals(sum, 6);
   * ```
   */
  *[Symbol.iterator](): Generator<ElementOf<T>> {
    for (let at = 0; at < this.length; at++) yield this.#elements.load(at);
  }

  /**
   * Copies the elements for JSON; bigints as strings of digits.
   *
   * @example Write an array as JSON
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { SharedArray } from "@isopool/isopool";
   *
   * assertEquals(JSON.stringify(new SharedArray("i32", [1, 2])), "[1,2]");
   * ```
   */
  override toJSON(): (number | boolean | string)[] {
    return Array.from(this, (value: unknown) => typeof value === "bigint" ? String(value) : value as number | boolean);
  }

  /** Returns type and length, as `SharedArray(i32, 3)`. */
  toString(): string {
    return `SharedArray(${this.type}, ${this.length})`;
  }

  /** @ignore */
  [BRAND](): Handle {
    return { kind: KIND, version: VERSION, ...this.#region };
  }

  #at(index: number): number {
    if (Number.isInteger(index) && index >= 0 && index < this.length) return index;
    const takes = `an integer from 0 to ${this.length - 1}`;
    throw badOption("reach element", "index", index, takes, typeof index === "number");
  }
}

registerKind(KIND, SharedArray);
