/**
 * The paged log of a queue, step by step: an endless sequence of pages that hold the records, on memory that is reused.
 *
 * ```
 *   virtual pages   ... FIRST ......... head .... tail ... LAST ...        TABLE gives each the page of memory it uses
 *                       |-- read already --|-- records --|-- room --|
 *
 *   a page that was read is reused:   TABLE[LAST] = TABLE[FIRST]    FIRST + 1    LAST + 1
 *   memory grows by a page:           TABLE[LAST] = PAGES           PAGES + 1    LAST + 1
 * ```
 *
 * A thread that dies before the last step leaves LAST - FIRST one less than PAGES: one page of memory is in neither part,
 * and TABLE at LAST names it. The next producer sees that in the two counts, and continues with the last step.
 *
 * Both machines are copy steps of shared/steps/mpmc_ring.ts: they run under the lock of their end, and their effect counts
 * when the ring's position moves. A position in the log has two words, for even and odd record numbers. The machine writes
 * the word of the next record, so a thread that dies before the ring's position moves leaves the current word untouched.
 *
 * @module
 */
import { CONTINUE, DONE, end, type Frame, jump, type Outcome, Result, type Words } from "../../shared/steps/step.ts";

/** Words of the control memory. HEAD belongs to the ring. */
export const Word = { HEAD: 0, PUT: 4, TAKE: 6, FIRST: 8, LAST: 9, PAGES: 10 } as const;
const CLOSED = 1;

/** The memory of a log. Positions count units, and wrap around at 2^32. */
export interface LogWords {
  readonly words: Words;
  /** First word of the table of pages. */
  readonly table: number;
  /** Maximum number of pages, a power of two. */
  readonly pages: number;
  /** Logarithm to base 2 of the number of units in a page. */
  readonly shift: number;
}

/** Values of `frame.pc` in {@linkcode write}. */
export const Write = {
  START: 0,
  ROOM: 1,
  FIRST: 2,
  COUNT: 3,
  HEAD: 4,
  TAKE: 5,
  CONFIRM: 6,
  // Reuse the first page.
  OLD: 7,
  NAME: 8,
  DROP: 9,
  // Or take a new one.
  GROW: 10,
  NEW: 11,
  COUNTED: 12,
  // After both: the log is one page longer.
  LAST: 13,
  END: 14,
  COPY: 15,
} as const;

/** Values of `frame.pc` in {@linkcode read}. */
export const Read = { START: 0, END: 1, COPY: 2 } as const;

/** Copies a unit or all of the record at `frame.d`; `true` while there is more. A consumer sets `frame.b` to its units. */
export type Copy = (frame: Frame, part: number) => boolean;

/** Grows the memory to this number of pages, if it is smaller. */
export type Grow = (pages: number) => void;

/** Returns the page of memory that holds a position. */
export function pageAt({ words, table, pages, shift }: LogWords, position: number): number {
  return words.load(table + ((position >>> shift) & (pages - 1)));
}

/**
 * Writes record `number`, which takes `units`, behind the last one. Ends as `FULL` if there is no room until more is
 * read, as `CORRUPT` if the counts of pages contradict each other.
 *
 * Registers: `c` is HEAD with its closed bit, `d` is where the record begins, `e` is LAST, `seen` is FIRST or a page of memory.
 */
export function write(log: LogWords, frame: Frame, number: number, units: number, grow: Grow, copy: Copy): Outcome {
  const { words, table, pages, shift } = log;
  // Numbers of virtual pages wrap around.
  const distance = (from: number, to: number) => (to - from) << shift >> shift;
  switch (frame.pc) {
    case Write.START:
      frame.d = words.load(Word.PUT + (number & 1));
      return jump(frame, Write.ROOM);
    case Write.ROOM:
      frame.e = words.load(Word.LAST);
      if (distance(frame.e, (frame.d + units - 1) >>> shift) < 0) return jump(frame, Write.COPY);
      // A record begins on a page that the table names, or on the next one.
      return distance(frame.e, frame.d >>> shift) <= 0 ? jump(frame, Write.FIRST) : end(frame, Result.CORRUPT);
    case Write.FIRST:
      frame.seen = words.load(Word.FIRST);
      return jump(frame, Write.COUNT);
    case Write.COUNT:
      return checkCount(frame, distance(frame.seen, frame.e), words.load(Word.PAGES), pages);
    case Write.HEAD:
      frame.c = words.load(Word.HEAD);
      return jump(frame, Write.TAKE);
    case Write.TAKE: {
      // A consumer may be reading this page: then it cannot be reused.
      const taking = words.load(Word.TAKE + ((frame.c >>> 1) & 1)) >>> shift;
      if (distance(frame.seen, taking) === 0) frame.seen = -1;
      return jump(frame, Write.CONFIRM);
    }
    case Write.CONFIRM:
      // Consumers have a lock of their own. If HEAD moved since, FIRST and TAKE are read again.
      if (words.load(Word.HEAD) !== frame.c) return jump(frame, Write.FIRST);
      return jump(frame, frame.seen === -1 ? Write.GROW : Write.OLD);
    case Write.OLD:
      frame.seen = words.load(table + (frame.seen & (pages - 1)));
      return jump(frame, Write.NAME);
    case Write.NAME:
      words.store(table + (frame.e & (pages - 1)), frame.seen);
      return jump(frame, Write.DROP);
    case Write.DROP:
      words.add(Word.FIRST, 1);
      return jump(frame, Write.LAST);
    case Write.GROW:
      frame.seen = words.load(Word.PAGES);
      if (frame.seen === pages) return noRoom(frame);
      grow(frame.seen + 1);
      return jump(frame, Write.NEW);
    case Write.NEW:
      words.store(table + (frame.e & (pages - 1)), frame.seen);
      return jump(frame, Write.COUNTED);
    case Write.COUNTED:
      words.store(Word.PAGES, frame.seen + 1);
      return jump(frame, Write.LAST);
    case Write.LAST:
      words.add(Word.LAST, 1);
      return jump(frame, Write.ROOM);
    case Write.END:
      words.store(Word.PUT + (number + 1 & 1), (frame.d + units) | 0);
      return DONE;
    default:
      return jump(frame, copy(frame, frame.pc - Write.COPY) ? frame.pc + 1 : Write.END);
  }
}

// One page fewer in use than there are: a thread died before the last step.
function checkCount(frame: Frame, used: number, all: number, max: number): Outcome {
  if (all >= 0 && all <= max) {
    if (used === all) return jump(frame, Write.HEAD);
    if (used === all - 1) return jump(frame, Write.LAST);
  }
  return end(frame, Result.CORRUPT);
}

// `close` wakes each producer once. One that slept again after that would never wake, so the put continues without a
// record, and the ring finds that the queue is closed.
function noRoom(frame: Frame): Outcome {
  return (frame.c & CLOSED) !== 0 ? DONE : end(frame, Result.FULL);
}

/** Reads record `number`, the first one that has not been read. Continues at `next`. */
export function read({ words }: LogWords, frame: Frame, number: number, copy: Copy, next: number): Outcome {
  switch (frame.pc) {
    case Read.START:
      frame.d = words.load(Word.TAKE + (number & 1));
      return jump(frame, Read.COPY);
    case Read.END:
      words.store(Word.TAKE + (number + 1 & 1), (frame.d + frame.b) | 0);
      frame.b = 1;
      return jump(frame, next);
    default:
      if (copy(frame, frame.pc - Read.COPY)) return jump(frame, frame.pc + 1);
      frame.pc = Read.END;
      return CONTINUE;
  }
}
