/**
 * A ring buffer in shared memory for records of one writer and one reader.
 *
 * ```
 * units of 8 bytes   0: FREED   1 ...                      a record is never split
 *                               [ record ] [ record ] free
 * ```
 *
 * The memory grows to its full size at the first record, and the process pays only for pages that were touched:
 * whenever no record is in use, the next one lies at the beginning again. `shared/steps/spsc_ring.ts` finds the room
 * for a record; the explorer runs it in tests/model.
 *
 * Memory ordering: plain accesses. The writer writes a record before the state in the call table that publishes it, and
 * the reader reads the record after that state. FREED is sequentially consistent.
 *
 * @module
 */
import { AtomicWords } from "../shared/memory.ts";
import { begin, FIRST, FREED, wrap } from "../shared/steps/spsc_ring.ts";
import { DONE, Frame, Result } from "../shared/steps/step.ts";

/** Size of the memory in bytes. */
export const SIZE: number = 1 << 22;
const UNITS = SIZE / 8;

/** A ring buffer of one direction between a host and its worker, as either side sees it. */
export abstract class SpscRing {
  /** The memory to hand to the other side. */
  readonly memory: SharedArrayBuffer;
  #words: AtomicWords | undefined;
  protected ints: Int32Array = new Int32Array(0);
  protected units: Float64Array = new Float64Array(0);
  protected bytes: Uint8Array = new Uint8Array(0);
  readonly #frame = new Frame();
  // Writer: the unit after the last record.
  #end = 0;
  /** The unit of the next value to read or write. */
  cursor = 0;
  /** Writer: the unit after the room for the record. */
  protected limit = 0;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(0, { maxByteLength: SIZE })) {
    this.memory = memory;
  }

  /**
   * Writer: writes a record behind the last one or, if it does not fit there, at the beginning of the memory. Returns
   * its unit, or `-1` if there is no room.
   *
   * @param put Puts the values of the record, one after another; `false` if one could not be put. May be called twice.
   */
  write(put: () => boolean): number {
    this.#begin();
    let unit = this.cursor;
    if (!put()) {
      if (!this.#wrap()) return -1;
      unit = this.cursor;
      if (!put()) return -1;
    }
    this.#end = this.cursor;
    return unit;
  }

  /** Frees everything before a unit. */
  free(unit: number): void {
    this.#words?.store(FREED, unit);
  }

  /** Writer: puts two integers of 32 bits; `false` if there is no room. */
  putInts(first: number, second: number): boolean {
    if (this.cursor >= this.limit) return false;
    this.ints[this.cursor * 2] = first;
    this.ints[this.cursor++ * 2 + 1] = second;
    return true;
  }

  /** Writer: puts a number; `false` if there is no room. */
  putNumber(value: number): boolean {
    if (this.cursor >= this.limit) return false;
    this.units[this.cursor++] = value;
    return true;
  }

  /** Writer: puts numbers, one unit each; `false` if there is no room. */
  putNumbers(values: readonly number[]): boolean {
    if (values.length > this.limit - this.cursor) return false;
    // Not by set(), which is slower for a list that the engine holds as tagged values.
    for (let i = 0; i < values.length; i++) this.units[this.cursor++] = values[i];
    return true;
  }

  /** Reader: moves the cursor to a unit. */
  seek(unit: number): void {
    this.#view();
    this.cursor = unit >= FIRST && unit < this.units.length ? unit : FIRST;
  }

  /** Reader: reads the next two integers. */
  getInts(): [first: number, second: number] {
    return [this.ints[this.cursor * 2], this.ints[this.cursor++ * 2 + 1]];
  }

  /** Reader: reads the next number. */
  getNumber(): number {
    return this.units[this.cursor++];
  }

  /** Reader: reads the number in a unit. */
  numberAt(unit: number): number {
    return this.units[unit];
  }

  #begin(): void {
    if (this.memory.byteLength === 0) this.memory.grow(SIZE);
    const words = this.#view();
    const frame = this.#frame;
    frame.a = this.#end;
    frame.d = UNITS;
    while (begin(words!, frame) !== DONE);
    this.#end = frame.a;
    this.cursor = frame.b;
    this.limit = frame.c;
  }

  #wrap(): boolean {
    const frame = this.#frame;
    wrap(this.#words!, frame);
    if (frame.result !== Result.OK) return false;
    this.cursor = frame.b;
    this.limit = frame.c;
    return true;
  }

  // Makes the views once the memory has its full size: a view of a fixed length is faster than one that follows its
  // buffer.
  #view(): AtomicWords | undefined {
    if (this.#words || this.memory.byteLength < SIZE) return this.#words;
    this.ints = new Int32Array(this.memory, 0, UNITS * 2);
    this.units = new Float64Array(this.memory, 0, UNITS);
    this.bytes = new Uint8Array(this.memory, 0, SIZE);
    return this.#words = new AtomicWords(this.memory, 0, FIRST);
  }
}
