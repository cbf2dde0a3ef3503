/**
 * Where the records of a queue are: a log without an end, whose pages are used again. The pages change hands by
 * steps/log.ts; here are the memory and the bytes.
 *
 * The memory is a growable `SharedArrayBuffer`: it grows in place for every thread that has it, so nobody must be told,
 * and a message of 16 MB fits into a queue that was made for numbers. It never shrinks: a queue keeps the memory of its
 * fullest moment until it is collected. A unit is 8 bytes.
 *
 * @module
 */
import type { SharedWords } from "../shared/memory.ts";
import { DONE, type Frame, type Outcome } from "../shared/steps/step.ts";
import { type LogWords, pageAt, read, write } from "./steps/paged_log.ts";

/** First word of the table of pages. */
export const TABLE = 32;

const UNIT = 8;
const PAGE = 1 << 16;
const UNITS_SHIFT = 13;
/** Most pages: 1 GiB of unread messages. */
export const PAGES: number = 1 << 14;

/** Longest record, in bytes. */
export const MAX_RECORD: number = (PAGES - 2) * PAGE;

/** Bytes of a record, and what they are. */
export interface LogRecord {
  readonly kind: number;
  readonly bytes: Uint8Array;
  /** The bytes may change: when the call that puts them has returned, or with the next record that this thread reads. */
  readonly borrowed?: boolean;
}

/** Up to so many bytes, a loop is faster than a view of them. */
const SHORT = 64;
// Memory of its own costs a record 300 ns, a view of kept memory 30.
const kept = new Uint8Array(1 << 12);

const unitsOf = (bytes: number): number => 1 + Math.ceil(bytes / UNIT);

/** Memory for the pages of a log: none yet. */
export function newPages(): SharedArrayBuffer {
  return new SharedArrayBuffer(0, { maxByteLength: PAGES * PAGE });
}

/** The log, as one thread sees it. Its calls are cargoes of the ring, and run under the lock of their end. */
export class PagedLog {
  readonly #log: LogWords;
  readonly #memory: SharedArrayBuffer;
  // Of the size that the memory has had when they were made: views that grow with it take two to three times as long.
  #bytes: Uint8Array;
  #view: DataView;
  readonly #grow = (pages: number): void => {
    const needed = pages * PAGE;
    const has = this.#memory.byteLength;
    // A half more than there is: growing takes a call of the system.
    if (has < needed) this.#memory.grow(Math.min(PAGES * PAGE, Math.max(needed, has + (has >>> 17 << 16))));
  };

  constructor(words: SharedWords, memory: SharedArrayBuffer) {
    this.#log = { words, table: TABLE, pages: PAGES, shift: UNITS_SHIFT };
    this.#memory = memory;
    this.#bytes = new Uint8Array(memory, 0, memory.byteLength);
    this.#view = new DataView(memory, 0, memory.byteLength);
  }

  /** Writes record `number` behind the last one: `FULL` if there is no room until more has been read. */
  write(frame: Frame, number: number, { kind, bytes }: LogRecord): Outcome {
    const copy = () => {
      const at = this.#byteAt(frame.d);
      this.#view.setUint32(at, bytes.length);
      this.#view.setUint32(at + 4, kind);
      this.#copyIn((frame.d + 1) | 0, bytes);
      return false;
    };
    const units = unitsOf(bytes.length);
    // At once: it is under a lock, so nobody sees the steps.
    while (write(this.#log, frame, number, units, this.#grow, copy) !== DONE);
    return DONE;
  }

  /** Reads record `number`, the first one that has not been read; `frame` goes on at `next`. A short one may be borrowed. */
  read(frame: Frame, number: number, next: number, mayBorrow: boolean): LogRecord {
    let record: LogRecord | undefined;
    const copy = () => {
      const at = this.#byteAt(frame.d);
      const length = this.#view.getUint32(at);
      const kind = this.#view.getUint32(at + 4);
      const borrowed = mayBorrow && length <= kept.length;
      const bytes = borrowed ? kept.subarray(0, length) : new Uint8Array(length);
      this.#copyOut((frame.d + 1) | 0, bytes);
      record = { kind, bytes, borrowed };
      frame.b = unitsOf(length);
      return false;
    };
    while (frame.pc !== next) read(this.#log, frame, number, copy, next);
    return record!;
  }

  #byteAt(position: number): number {
    const page = pageAt(this.#log, position) * PAGE;
    if (page >= this.#bytes.length) {
      const size = this.#memory.byteLength;
      this.#bytes = new Uint8Array(this.#memory, 0, size);
      this.#view = new DataView(this.#memory, 0, size);
    }
    return page + (position & ((1 << UNITS_SHIFT) - 1)) * UNIT;
  }

  #copyIn(start: number, source: Uint8Array): void {
    for (let done = 0, at = start; done < source.length;) {
      const to = this.#byteAt(at);
      const count = Math.min(source.length - done, PAGE - to % PAGE);
      if (count > SHORT) this.#bytes.set(source.subarray(done, done + count), to);
      else for (let i = 0; i < count; i++) this.#bytes[to + i] = source[done + i];
      done += count;
      at = (at + count / UNIT) | 0;
    }
  }

  #copyOut(start: number, target: Uint8Array): void {
    for (let done = 0, at = start; done < target.length;) {
      const from = this.#byteAt(at);
      const count = Math.min(target.length - done, PAGE - from % PAGE);
      if (count > SHORT) target.set(this.#bytes.subarray(from, from + count), done);
      else for (let i = 0; i < count; i++) target[done + i] = this.#bytes[from + i];
      done += count;
      at = (at + count / UNIT) | 0;
    }
  }
}
