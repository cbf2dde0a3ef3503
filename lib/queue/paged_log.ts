/**
 * Copies the records of a queue into shared memory and out of it. The records form an endless log on pages that are
 * reused. steps/paged_log.ts decides which page is next; this file allocates the memory and copies the bytes.
 *
 * The memory is a growable `SharedArrayBuffer`. It grows in place for every thread that has it, without a message to any
 * of them, so a message of 16 MB fits into a queue that was created for numbers. It never shrinks: a queue keeps the
 * memory of its fullest moment until it is garbage-collected.
 *
 * @module
 */
import { corruptMemory } from "../core/corrupt_memory.ts";
import type { SharedWords } from "../shared/memory.ts";
import { DONE, type Frame, type Outcome } from "../shared/steps/step.ts";
import { Control, MAX_PAGES } from "./control_layout.ts";
import { type LogWords, pageAt, read, write } from "./steps/paged_log.ts";

/** Bytes of a unit: positions in the log count units. */
const UNIT = 8;
/** Bytes of a page. */
const PAGE = 1 << 16;
/** Logarithm to base 2 of the number of units in a page. */
const UNITS_SHIFT = 13;

/** Maximum length of the memory, in bytes. */
export const MAX_BYTES: number = MAX_PAGES * PAGE;
/** Maximum length of a record, in bytes. */
export const MAX_RECORD: number = MAX_BYTES - 2 * PAGE;

/** The bytes of a record, and how to decode them. */
export interface LogRecord {
  readonly kind: number;
  readonly bytes: Uint8Array;
  /** Whether the bytes may change: after the call that puts them, or with the next record that this thread reads. */
  readonly mayChange?: boolean;
}

/** Maximum number of bytes that a loop copies faster than `set` with a view. */
const MAX_LOOP_COPY = 64;
// Scratch memory: a new buffer for each record costs 300 ns, a view of this one 30.
const scratch = new Uint8Array(1 << 12);

const unitsOf = (bytes: number): number => 1 + Math.ceil(bytes / UNIT);

/** Allocates the memory of a log, without any page yet. */
export function newPages(): SharedArrayBuffer {
  return new SharedArrayBuffer(0, { maxByteLength: MAX_BYTES });
}

/**
 * The log, as one thread sees it. `write` and `read` are the copy steps of the queue's ring, which is a state machine
 * (shared/steps/mpmc_ring.ts): the ring calls `write` under the lock of the producers, `read` under that of the consumers. A
 * `Frame` (shared/steps/step.ts) has the machine's registers: `d` is the position at which the record begins, `pc` the next
 * step. Both methods throw if the memory is corrupt; `call` is for the message.
 */
export class PagedLog {
  readonly #log: LogWords;
  readonly #memory: SharedArrayBuffer;
  // Views of a fixed length, replaced when the memory has grown: access to a length-tracking view takes two to three times
  // as long.
  #bytes: Uint8Array;
  #view: DataView;
  readonly #grow = (pages: number): void => {
    const needed = pages * PAGE;
    const current = this.#memory.byteLength;
    // Half as much again: growing takes a system call.
    if (current < needed) {
      this.#memory.grow(Math.min(MAX_BYTES, Math.max(needed, current + (current >>> 17 << 16))));
    }
  };

  constructor(words: SharedWords, memory: SharedArrayBuffer) {
    this.#log = { words, table: Control.PAGE_TABLE, pages: MAX_PAGES, shift: UNITS_SHIFT };
    this.#memory = memory;
    this.#bytes = new Uint8Array(memory, 0, memory.byteLength);
    this.#view = new DataView(memory, 0, memory.byteLength);
  }

  /**
   * Appends record `number`. `frame.result` becomes `FULL` if there is no room until more is read, `CORRUPT` if the counts of
   * pages contradict each other.
   */
  write(call: string, frame: Frame, number: number, { kind, bytes }: LogRecord): Outcome {
    const copy = () => {
      const at = this.#byteAt(call, frame.d);
      this.#view.setUint32(at, bytes.length);
      this.#view.setUint32(at + 4, kind);
      this.#copyIn(call, (frame.d + 1) | 0, bytes);
      return false;
    };
    const units = unitsOf(bytes.length);
    // All steps at once: this runs under a lock, so no other thread sees one of them.
    while (write(this.#log, frame, number, units, this.#grow, copy) !== DONE);
    return DONE;
  }

  /** Reads record `number`, the first one that was not read yet. The ring's machine continues at step `next`. */
  read(call: string, frame: Frame, number: number, next: number, useScratch: boolean): LogRecord {
    let record: LogRecord | undefined;
    const copy = () => {
      const at = this.#byteAt(call, frame.d);
      const length = this.#view.getUint32(at);
      if (length > this.#bytes.length && length > this.#memory.byteLength) throw corruptMemory(call);
      const kind = this.#view.getUint32(at + 4);
      const mayChange = useScratch && length <= scratch.length;
      const bytes = mayChange ? scratch.subarray(0, length) : new Uint8Array(length);
      this.#copyOut(call, (frame.d + 1) | 0, bytes);
      record = { kind, bytes, mayChange };
      frame.b = unitsOf(length);
      return false;
    };
    while (frame.pc !== next) read(this.#log, frame, number, copy, next);
    return record!;
  }

  #byteAt(call: string, position: number): number {
    const page = (pageAt(this.#log, position) >>> 0) * PAGE;
    if (page >= this.#bytes.length) this.#refreshViews(call, page);
    return page + (position & ((1 << UNITS_SHIFT) - 1)) * UNIT;
  }

  // Makes views of the whole memory: it has grown since the views were made.
  #refreshViews(call: string, page: number): void {
    const size = this.#memory.byteLength;
    if (page >= size) throw corruptMemory(call);
    this.#bytes = new Uint8Array(this.#memory, 0, size);
    this.#view = new DataView(this.#memory, 0, size);
  }

  #copyIn(call: string, start: number, source: Uint8Array): void {
    for (let done = 0, at = start; done < source.length;) {
      const to = this.#byteAt(call, at);
      const count = Math.min(source.length - done, PAGE - to % PAGE);
      if (count > MAX_LOOP_COPY) this.#bytes.set(source.subarray(done, done + count), to);
      else for (let i = 0; i < count; i++) this.#bytes[to + i] = source[done + i];
      done += count;
      at = (at + count / UNIT) | 0;
    }
  }

  #copyOut(call: string, start: number, target: Uint8Array): void {
    for (let done = 0, at = start; done < target.length;) {
      const from = this.#byteAt(call, at);
      const count = Math.min(target.length - done, PAGE - from % PAGE);
      if (count > MAX_LOOP_COPY) target.set(this.#bytes.subarray(from, from + count), done);
      else for (let i = 0; i < count; i++) target[done + i] = this.#bytes[from + i];
      done += count;
      at = (at + count / UNIT) | 0;
    }
  }
}
