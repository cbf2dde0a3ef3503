/**
 * An array of numbers that all threads see.
 *
 * @module
 */
import { bad, integer, oneOf } from "../core/validate.ts";
import { bytesOf, type ElementOf, Elements, VALUE_TYPES, type ValueType, type ViewOf } from "./element.ts";
import { Arrival, BRAND, type Handle, handleOfArrival, registerKind, Shared, VERSION } from "./handle.ts";

const KIND = "array";

/** Where the elements lie. */
interface Place {
  readonly type: ValueType;
  readonly memory: SharedArrayBuffer;
  /** In bytes. */
  readonly offset: number;
  readonly length: number;
}

/**
 * An array of numbers or booleans in shared memory. It can be an argument or result of a task, at any depth, and is
 * never copied: all threads see the same elements.
 *
 * `view` is a plain typed array over it, for speed: its reads and writes are not ordered among threads, so use it for
 * parts that one thread has to itself (between barriers, under a lock, before a task is submitted and after it is
 * done). The methods are atomic steps, sequentially consistent, with the ranges and results of {@linkcode Value}.
 *
 * @example Parts without copying
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { SharedArray } from "@isopool/isopool";
 *
 * const all = new SharedArray("i32", [1, 2, 3, 4]);
 * const tail = all.slice(2);
 * assertEquals(tail.add(0, 10), 3);
 * assertEquals([...all], [1, 2, 13, 4]);
 * ```
 */
export class SharedArray<T extends ValueType> extends Shared {
  /** The element type. */
  readonly type: T;
  /** How many elements there are. It never changes. */
  readonly length: number;
  readonly #memory: SharedArrayBuffer;
  readonly #offset: number;
  readonly #elements: Elements<T>;

  /**
   * Creates an array.
   *
   * @param type As for {@linkcode Value}.
   * @param from How many elements, all zero or `false`; or the elements.
   * @throws {TypeError} If the type is not one of these, or an element is not of it.
   * @throws {RangeError} If an element is out of its range, or the length is negative.
   */
  constructor(type: T, from: number | Iterable<ElementOf<T>>) {
    super();
    const call = "create SharedArray";
    const values = typeof from === "object" && from !== null && Symbol.iterator in from ? [...from] : undefined;
    const place = handleOfArrival(type) as Place | undefined ?? newPlace(call, type, values ?? from);
    this.type = place.type as T;
    this.length = place.length;
    this.#memory = place.memory;
    this.#offset = place.offset;
    this.#elements = new Elements(this.type, place.memory, place.offset, place.length);
    values?.forEach((value, at) => this.#elements.store(call, at, value));
  }

  /** The elements as a plain typed array over the same memory; `bool` as bytes of 0 and 1. Not atomic. */
  get view(): ViewOf<T> {
    return this.#elements.view;
  }

  /**
   * Reads an element.
   *
   * @throws {RangeError} If there is none at this index; so for every method that takes one.
   */
  get(index: number): ElementOf<T> {
    return this.#elements.load(this.#at(index));
  }

  /** Writes an element. */
  set(index: number, value: ElementOf<T>): void {
    this.#elements.store("set element", this.#at(index), value);
  }

  /** Adds to an element; gives what was there before. */
  add(index: number, amount: ElementOf<T>): ElementOf<T> {
    return this.#elements.add("add to element", this.#at(index), amount, 1);
  }

  /** Subtracts from an element; gives what was there before. */
  sub(index: number, amount: ElementOf<T>): ElementOf<T> {
    return this.#elements.add("subtract from element", this.#at(index), amount, -1);
  }

  /** Writes an element; gives what was there before. */
  exchange(index: number, value: ElementOf<T>): ElementOf<T> {
    return this.#elements.exchange("exchange element", this.#at(index), value);
  }

  /** Writes `value` if `expected` is there; gives what was there before. */
  compareExchange(index: number, expected: ElementOf<T>, value: ElementOf<T>): ElementOf<T> {
    return this.#elements.compareExchange("exchange element", this.#at(index), expected, value);
  }

  /** Replaces an element by what `change` makes of it; gives the new one. See {@linkcode Value.update}. */
  update(index: number, change: (value: ElementOf<T>) => ElementOf<T>): ElementOf<T> {
    return this.#elements.update("update element", this.#at(index), change);
  }

  /**
   * A part of this array as an array of its own, over the same memory: nothing is copied. Indices as for
   * `Array.prototype.slice`, negative ones from the end.
   */
  slice(start: number = 0, end: number = this.length): SharedArray<T> {
    const bound = (index: number) => index < 0 ? Math.max(0, this.length + index) : Math.min(index, this.length);
    const from = bound(Math.trunc(start));
    const length = Math.max(0, bound(Math.trunc(end)) - from);
    const offset = this.#offset + from * bytesOf(this.type);
    return new SharedArray<T>(new Arrival({ ...this[BRAND](), offset, length }) as never, 0);
  }

  /** The elements in order, each read when its turn comes. */
  *[Symbol.iterator](): Generator<ElementOf<T>> {
    for (let at = 0; at < this.length; at++) yield this.#elements.load(at);
  }

  /** Copies the elements for JSON; bigints as strings of digits. */
  override toJSON(): (number | boolean | string)[] {
    return Array.from(this, (value: unknown) => typeof value === "bigint" ? String(value) : value as number | boolean);
  }

  /** Shows type and length. */
  toString(): string {
    return `SharedArray(${this.type}, ${this.length})`;
  }

  /** @ignore */
  [BRAND](): Handle {
    const { type, length } = this;
    return { kind: KIND, version: VERSION, type, memory: this.#memory, offset: this.#offset, length };
  }

  #at(index: number): number {
    if (Number.isInteger(index) && index >= 0 && index < this.length) return index;
    throw bad("reach element", "index", index, `an integer from 0 to ${this.length - 1}`, typeof index === "number");
  }
}

function newPlace(call: string, type: ValueType, from: unknown): Place {
  oneOf(call, "type", type, VALUE_TYPES);
  if (!Array.isArray(from) && typeof from !== "number") throw bad(call, "from", from, "a length, or elements", false);
  const length = Array.isArray(from) ? from.length : integer(call, "length", from, 0);
  return { type, memory: new SharedArrayBuffer(length * bytesOf(type)), offset: 0, length };
}

registerKind(KIND, SharedArray);
