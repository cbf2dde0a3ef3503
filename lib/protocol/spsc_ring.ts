/**
 * Memory for records, from one writer to one reader, that is used round and round.
 *
 * ```
 * units of 8 bytes   0: FREED   1 ...                      a record lies in one piece
 *                               [ record ] [ record ] free
 * ```
 *
 * It grows to its size at the first record and costs what has been touched of it: as soon as nothing is in use, the next
 * record lies at the beginning again. Where there is room is decided by `shared/steps/spsc_ring.ts`, which the explorer runs.
 *
 * Memory ordering: plain accesses, ordered by the word of the board that announces a record: written before that, read
 * after it. FREED is sequentially consistent.
 *
 * @module
 */
import { AtomicWords } from "../shared/memory.ts";
import { begin, FIRST, FREED, wrap } from "../shared/steps/spsc_ring.ts";
import { DONE, Frame, Result } from "../shared/steps/step.ts";

/** Bytes of the memory. */
export const SIZE: number = 1 << 22;
const UNITS = SIZE / 8;

/** One direction between a host and its worker, seen from either end. */
export abstract class SpscRing {
  /** The memory to hand to the other side. */
  readonly memory: SharedArrayBuffer;
  #words: AtomicWords | undefined;
  protected ints: Int32Array = new Int32Array(0);
  protected units: Float64Array = new Float64Array(0);
  protected bytes: Uint8Array = new Uint8Array(0);
  readonly #frame = new Frame();
  // Writer: behind the last record.
  #end = 0;
  /** The unit of the next value; behind the record that was just written. */
  at = 0;
  /** Writer: the unit behind the room for it. */
  protected limit = 0;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(0, { maxByteLength: SIZE })) {
    this.memory = memory;
  }

  /**
   * Writer: a record, behind the last one or, if it does not fit there, at the beginning of the memory. Gives its unit,
   * or `-1`.
   *
   * @param put Puts its values, one after another, and says whether all could be put. May be called twice.
   */
  write(put: () => boolean): number {
    this.#begin();
    let unit = this.at;
    if (!put()) {
      if (!this.#wrap()) return -1;
      unit = this.at;
      if (!put()) return -1;
    }
    this.#end = this.at;
    return unit;
  }

  /** Everything before a unit can be used again. */
  free(unit: number): void {
    this.#words?.store(FREED, unit);
  }

  /** Writer: two integers of 32 bits; `false` if there is no room, as of all that write. */
  putInts(first: number, second: number): boolean {
    if (this.at >= this.limit) return false;
    this.ints[this.at * 2] = first;
    this.ints[this.at++ * 2 + 1] = second;
    return true;
  }

  /** Writer: a number. */
  putNumber(value: number): boolean {
    if (this.at >= this.limit) return false;
    this.units[this.at++] = value;
    return true;
  }

  /** Writer: numbers, a unit each. */
  putNumbers(values: readonly number[]): boolean {
    if (values.length > this.limit - this.at) return false;
    // Not by set(), which asks a list of mixed kinds for each item.
    for (let i = 0; i < values.length; i++) this.units[this.at++] = values[i];
    return true;
  }

  /** Reader: goes to a unit. */
  seek(unit: number): void {
    this.#view();
    this.at = unit >= FIRST && unit < this.units.length ? unit : FIRST;
  }

  /** Reader: the next of two integers. */
  getInts(): [first: number, second: number] {
    return [this.ints[this.at * 2], this.ints[this.at++ * 2 + 1]];
  }

  /** Reader: the next number. */
  getNumber(): number {
    return this.units[this.at++];
  }

  /** Reader: the number in a unit. */
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
    this.at = frame.b;
    this.limit = frame.c;
  }

  #wrap(): boolean {
    const frame = this.#frame;
    wrap(this.#words!, frame);
    if (frame.result !== Result.OK) return false;
    this.at = frame.b;
    this.limit = frame.c;
    return true;
  }

  // Of the size that it has in the end, so that views need not follow it.
  #view(): AtomicWords | undefined {
    if (this.#words || this.memory.byteLength < SIZE) return this.#words;
    this.ints = new Int32Array(this.memory, 0, UNITS * 2);
    this.units = new Float64Array(this.memory, 0, UNITS);
    this.bytes = new Uint8Array(this.memory, 0, SIZE);
    return this.#words = new AtomicWords(this.memory, 0, FIRST);
  }
}
