/**
 * Where the next record of a spool may lie: memory that is used round and round, by one writer and one reader.
 *
 * ```
 *        FREED        end                        FREED <= end: behind `end`; or else (wrap) before FREED
 *   free [  in use   ] free                      FREED >  end: between the two
 *   ]in use ]  free  [ in use                    FREED =  end: nothing is in use, begin anew
 * ```
 *
 * FREED moves when a record has been read, or when nobody will read it. A record never ends at FREED, so that the two are
 * equal only if nothing is in use; and then nobody but the writer moves FREED.
 *
 * @module
 */
import { end, type Frame, jump, type Outcome, type PlainWords, Result } from "./step.ts";

/** Word of the unit behind what is not in use any more. Zero at first. */
export const FREED = 0;
/** The first unit of records. */
export const FIRST = 1;

/** Places of {@linkcode begin}. */
export const Begin = { START: 0, RESTART: 1 } as const;

/**
 * Writer: `frame.a` is the unit behind its last record, and moves if nothing is in use; `frame.d` is the unit behind the
 * memory. Gives the room for the next record: from `frame.b` up to `frame.c`.
 */
export function begin(words: PlainWords, frame: Frame): Outcome {
  if (frame.pc === Begin.START) {
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

/** Writer: there was no room behind the last record. Gives the room at the beginning of the memory, or is `FULL`. */
export function wrap(words: PlainWords, frame: Frame): Outcome {
  const freed = words.load(FREED);
  if (freed >= frame.a) return end(frame, Result.FULL);
  frame.b = FIRST;
  frame.c = freed - 1;
  return end(frame, Result.OK);
}
