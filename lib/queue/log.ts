/**
 * Where the records of a queue are: a log without an end, whose pages are used again.
 *
 * ```
 *   virtual pages   ... FIRST ......... head .... tail ... LAST ...        each names a page of memory, in TABLE
 *                       |-- read already --|-- records --|-- room --|
 *
 *   room for the next record:   the page of FIRST becomes the page of LAST, if it has been read; else memory grows
 * ```
 *
 * The memory is a growable `SharedArrayBuffer`: it grows in place for every thread that has it, so nobody must be told,
 * and a message of 16 MB fits into a queue that was made for numbers. It never shrinks: a queue keeps the memory of its
 * fullest moment until it is collected.
 *
 * Positions are in units of 8 bytes and wrap around. There are two words for each end: a record's number says which of
 * them counts, so that the one step that moves the ring's position (shared/steps/ring.ts) moves this one as well.
 *
 * All of it runs under the lock of its end. A thread that dies in between leaves at most a page that is neither between
 * FIRST and LAST nor forgotten: TABLE at LAST names it, and the next one finds that out by counting.
 *
 * @module
 */

/** Words of the control memory that the log uses. */
const Word = { PUT: 4, TAKE: 6, FIRST: 8, LAST: 9, PAGES: 10 } as const;
/** First word of the table of pages. */
export const TABLE = 32;

const HEAD = 0;
const UNIT = 8;
const PAGE = 1 << 16;
const UNITS_SHIFT = 13;
/** Most pages: 1 GiB of unread messages. */
export const PAGES: number = 1 << 14;
const MASK = PAGES - 1;
// Virtual pages count to 2^32 units.
const VIRTUAL = (1 << 19) - 1;
const HEADER = 8;

/** Longest record, in bytes. */
export const MAX_RECORD: number = (PAGES - 2) * PAGE;

/** Bytes of a record, and what they are. */
export interface LogRecord {
  readonly kind: number;
  readonly bytes: Uint8Array;
}

const unitsOf = (bytes: number): number => 1 + Math.ceil(bytes / UNIT);
const pageOf = (position: number): number => position >>> UNITS_SHIFT;

/** Memory for the pages of a log: none yet. */
export function newPages(): SharedArrayBuffer {
  return new SharedArrayBuffer(0, { maxByteLength: PAGES * PAGE });
}

/** The log, as one thread sees it. */
export class Log {
  readonly #words: Int32Array;
  readonly #memory: SharedArrayBuffer;
  // Grows with the memory.
  readonly #bytes: Uint8Array;

  constructor(words: Int32Array, memory: SharedArrayBuffer) {
    this.#words = words;
    this.#memory = memory;
    this.#bytes = new Uint8Array(memory);
  }

  /** Writes record `number` behind the last one. `false` if there is no room until more has been read. */
  write(number: number, { kind, bytes }: LogRecord): boolean {
    const words = this.#words;
    const start = words[Word.PUT + (number & 1)];
    const end = (start + unitsOf(bytes.length)) | 0;
    if (!this.#makeRoom(pageOf((end - 1) >>> 0))) return false;
    const header = new Uint8Array(HEADER);
    const view = new DataView(header.buffer);
    view.setUint32(0, bytes.length);
    view.setUint32(4, kind);
    this.#copyIn(start, header);
    this.#copyIn((start + 1) | 0, bytes);
    words[Word.PUT + (number + 1 & 1)] = end;
    return true;
  }

  /** Reads record `number`, the first one that has not been read. */
  read(number: number): LogRecord {
    const words = this.#words;
    const start = words[Word.TAKE + (number & 1)];
    const view = new DataView(this.#copyOut(start, HEADER).buffer);
    const bytes = this.#copyOut((start + 1) | 0, view.getUint32(0));
    words[Word.TAKE + (number + 1 & 1)] = (start + unitsOf(bytes.length)) | 0;
    return { kind: view.getUint32(4), bytes };
  }

  // Has pages up to this one.
  #makeRoom(page: number): boolean {
    const words = this.#words;
    for (;;) {
      const last = words[Word.LAST];
      // Signed distance on the circle of virtual pages.
      if ((page - last) << 13 < 0) return true;
      const first = words[Word.FIRST];
      if (((last - first) & VIRTUAL) === words[Word.PAGES]) {
        if (first !== this.#headPage()) {
          words[TABLE + (last & MASK)] = words[TABLE + (first & MASK)];
          // The next three are stores of their own, in this order: see above.
          Atomics.store(words, Word.FIRST, (first + 1) & VIRTUAL);
        } else if (!this.#addPage(last)) return false;
      }
      Atomics.store(words, Word.LAST, (last + 1) & VIRTUAL);
    }
  }

  #addPage(last: number): boolean {
    const words = this.#words;
    const count = words[Word.PAGES];
    if (count === PAGES) return false;
    const needed = (count + 1) * PAGE;
    const has = this.#memory.byteLength;
    // A half more than there is: growing takes a call of the system.
    if (has < needed) this.#memory.grow(Math.min(PAGES * PAGE, Math.max(needed, has + (has >>> 17 << 16))));
    words[TABLE + (last & MASK)] = count;
    Atomics.store(words, Word.PAGES, count + 1);
    return true;
  }

  // The page that is being read. Consumers are under another lock: what was read while they moved on is read again.
  #headPage(): number {
    const words = this.#words;
    for (;;) {
      const head = Atomics.load(words, HEAD);
      const position = Atomics.load(words, Word.TAKE + (head >>> 1 & 1));
      if (Atomics.load(words, HEAD) === head) return pageOf(position);
    }
  }

  #copyIn(start: number, source: Uint8Array): void {
    for (let done = 0, at = start; done < source.length;) {
      const offset = (at & ((1 << UNITS_SHIFT) - 1)) * UNIT;
      const length = Math.min(source.length - done, PAGE - offset);
      const page = this.#words[TABLE + (pageOf(at) & MASK)];
      this.#bytes.set(source.subarray(done, done + length), page * PAGE + offset);
      done += length;
      at = (at + length / UNIT) | 0;
    }
  }

  #copyOut(start: number, length: number): Uint8Array {
    const target = new Uint8Array(length);
    for (let done = 0, at = start; done < length;) {
      const offset = (at & ((1 << UNITS_SHIFT) - 1)) * UNIT;
      const count = Math.min(length - done, PAGE - offset);
      const from = this.#words[TABLE + (pageOf(at) & MASK)] * PAGE + offset;
      target.set(this.#bytes.subarray(from, from + count), done);
      done += count;
      at = (at + count / UNIT) | 0;
    }
    return target;
  }
}
