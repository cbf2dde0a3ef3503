/**
 * The steps that find the room for the next record in a ring buffer with one writer and one reader. Memory is counted in
 * units of 8 bytes. A record takes some neighbouring units: it is never split at the end of the memory.
 *
 * ```
 *        FREED        end                        FREED <= end: free behind `end`; else (wrap) before FREED
 *   free [  in use   ] free                      FREED >  end: free between the two
 *   ]in use ]  free  [ in use                    FREED =  end: nothing is in use, the writer restarts at FIRST
 * ```
 *
 * The reader moves FREED behind a record that it has read; the writer does so for a record that nobody will read, because
 * its call was withdrawn. A record never ends at FREED, so that the
 * two are equal only if nothing is in use; and then only the writer moves FREED.
 *
 * @module
 */
import { end, type Frame, jump, type Outcome, type PlainWords, Result } from "./step.ts";

/** Word that holds the first unit after the records that are no longer in use. Zero at first. */
export const FREED = 0;
/** The first unit of records. */
export const FIRST = 1;

/** Steps of {@linkcode begin}. */
export const Begin = { LOAD_FREED: 0, RESTART: 1 } as const;

/**
 * Writer: finds the room after its last record, from `frame.b` up to `frame.c`. `frame.a` is the unit after that record,
 * and moves to FIRST if nothing is in use; `frame.d` is the number of units of the memory.
 */
export function begin(words: PlainWords, frame: Frame): Outcome {
  if (frame.pc === Begin.LOAD_FREED) {
    const freed = words.load(FREED);
    if (freed === frame.a) return jump(frame, Begin.RESTART);
    frame.b = frame.a;
    frame.c = Math.min(freed > frame.a ? freed - 1 : frame.d, frame.d);
    return end(frame, Result.OK);
  }
  words.store(FREED, FIRST);
  frame.a = frame.b = FIRST;
  frame.c = frame.d;
  return end(frame, Result.OK);
}

/** Writer: finds the room at the start of the memory, after the room behind the last record was too small; or `FULL`. */
export function wrap(words: PlainWords, frame: Frame): Outcome {
  const freed = words.load(FREED);
  if (freed >= frame.a) return end(frame, Result.FULL);
  frame.b = FIRST;
  frame.c = freed - 1;
  return end(frame, Result.OK);
}
