/**
 * The log of a queue, step by step: which page comes next, and where a record begins and ends.
 *
 * ```
 *   virtual pages   ... FIRST ......... head .... tail ... LAST ...        each names a page of memory, in TABLE
 *                       |-- read already --|-- records --|-- room --|
 *
 *   page read already:   TABLE[LAST] = TABLE[FIRST]    FIRST + 1    LAST + 1
 *   memory grows:        TABLE[LAST] = PAGES           PAGES + 1    LAST + 1
 * ```
 *
 * A thread that dies before the last step leaves LAST - FIRST one less than PAGES: one page is in neither, and TABLE at
 * LAST names it. The next one counts, and goes on with the last step.
 *
 * Both machines are cargoes of shared/steps/mpmc_ring.ts: they run under the lock of their end, and what they change counts
 * when the ring's position moves. A record's position is in one of two words; its number says which.
 *
 * @module
 */
import { CONTINUE, DONE, end, type Frame, jump, type Outcome, Result, type Words } from "../../shared/steps/step.ts";

/** Words of the control memory. HEAD is the ring's. */
export const Word = { HEAD: 0, PUT: 4, TAKE: 6, FIRST: 8, LAST: 9, PAGES: 10 } as const;
const CLOSED = 1;

/** A log's memory. Positions count units, and wrap around at 2^32. */
export interface LogWords {
  readonly words: Words;
  /** First word of the table of pages. */
  readonly table: number;
  /** Most pages, a power of two. */
  readonly pages: number;
  /** Units of a page, as a power of two. */
  readonly shift: number;
}

/** Places of {@linkcode write}. */
export const Write = {
  START: 0,
  ROOM: 1,
  FIRST: 2,
  COUNT: 3,
  HEAD: 4,
  TAKE: 5,
  CONFIRM: 6,
  OLD: 7,
  NAME: 8,
  DROP: 9,
  GROW: 10,
  NEW: 11,
  COUNTED: 12,
  LAST: 13,
  END: 14,
  COPY: 15,
} as const;

/** Places of {@linkcode read}. */
export const Read = { START: 0, END: 1, COPY: 2 } as const;

/** Copies a unit or all of a record; `true` while there is more. From `frame.d`; a consumer's sets `frame.b`. */
export type Copy = (frame: Frame, part: number) => boolean;

/** Has the memory of so many pages. */
export type Grow = (pages: number) => void;

/** The page of memory that holds a position. */
export function pageAt({ words, table, pages, shift }: LogWords, position: number): number {
  return words.load(table + ((position >>> shift) & (pages - 1)));
}

// d: where the record begins; e: LAST; seen: FIRST, a page.

/** Writes record `number`, of so many units, behind the last one. `FULL` if there is no room until more was read. */
export function write(log: LogWords, frame: Frame, number: number, units: number, grow: Grow, copy: Copy): Outcome {
  const { words, table, pages, shift } = log;
  // Virtual pages lie on a circle.
  const distance = (from: number, to: number) => (to - from) << shift >> shift;
  switch (frame.pc) {
    case Write.START:
      frame.d = words.load(Word.PUT + (number & 1));
      return jump(frame, Write.ROOM);
    case Write.ROOM:
      frame.e = words.load(Word.LAST);
      return jump(frame, distance(frame.e, (frame.d + units - 1) >>> shift) < 0 ? Write.COPY : Write.FIRST);
    case Write.FIRST:
      frame.seen = words.load(Word.FIRST);
      return jump(frame, Write.COUNT);
    case Write.COUNT:
      return jump(frame, distance(frame.seen, frame.e) === words.load(Word.PAGES) ? Write.HEAD : Write.LAST);
    case Write.HEAD:
      frame.c = words.load(Word.HEAD);
      return jump(frame, Write.TAKE);
    case Write.TAKE: {
      // The page that is being read must stay.
      const taking = words.load(Word.TAKE + ((frame.c >>> 1) & 1)) >>> shift;
      if (distance(frame.seen, taking) === 0) frame.seen = -1;
      return jump(frame, Write.CONFIRM);
    }
    case Write.CONFIRM:
      // Consumers have a lock of their own: what was read while they moved on is read again.
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

// Whoever was woken by closing, and sleeps after it, is not woken again: a closed log is for the ring to see.
function noRoom(frame: Frame): Outcome {
  return (frame.c & CLOSED) !== 0 ? DONE : end(frame, Result.FULL);
}

/** Reads record `number`, the first one that has not been read. Goes on at `next`. */
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
