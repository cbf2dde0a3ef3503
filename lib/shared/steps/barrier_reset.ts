/**
 * The steps that break a barrier, and that make a broken one usable again. barrier_words.ts has the picture of the words.
 *
 * @module
 */
import { BROKEN, COUNT, LAST_BROKEN, STATE } from "./barrier_words.ts";
import { acquire, release, waitsForItself } from "./lock.ts";
import { ALL, CONTINUE, DONE, end, enter, type Frame, jump, type Outcome, Result, type Words } from "./step.ts";

/** Breaks the barrier. */
export function abort(words: Words, frame: Frame): Outcome {
  if (frame.pc === 0) {
    words.or(STATE, BROKEN);
    return jump(frame, 1);
  }
  words.notify(STATE, ALL);
  return end(frame, Result.OK);
}

const Stage = { LOCK: 0, RESET: 1, UNLOCK: 2, WAKE: 3 } as const;
const Reset = { LOAD_STATE: 0, CHECK_COUNT: 1, STORE_LAST_BROKEN: 2, CLEAR_COUNT: 3, NEXT_GENERATION: 4 } as const;

/** Begins a new generation, whole and empty. The waiters of the old generation find it broken. */
export function reset(words: Words, frame: Frame): Outcome {
  switch (frame.stage) {
    case Stage.LOCK: {
      frame.recover = true;
      const outcome = acquire(words, frame);
      if (waitsForItself(frame, outcome)) return end(frame, Result.CORRUPT);
      if (outcome !== DONE || frame.result > Result.RECOVERED) return outcome;
      // d: OK if COUNT can be trusted.
      frame.d = frame.result;
      return enter(frame, Stage.RESET);
    }
    case Stage.UNLOCK:
      return release(words, frame) === DONE ? enter(frame, Stage.WAKE) : CONTINUE;
    case Stage.WAKE:
      words.notify(STATE, ALL);
      return end(frame, Result.OK);
  }
  switch (frame.pc) {
    case Reset.LOAD_STATE:
      frame.c = words.load(STATE);
      return jump(frame, Reset.CHECK_COUNT);
    case Reset.CHECK_COUNT: {
      const clean = words.load(COUNT) === 0 && (frame.c & BROKEN) === 0 && frame.d === Result.OK;
      return clean ? enter(frame, Stage.UNLOCK) : jump(frame, Reset.STORE_LAST_BROKEN);
    }
    case Reset.STORE_LAST_BROKEN:
      words.store(LAST_BROKEN, frame.c & ~BROKEN);
      return jump(frame, Reset.CLEAR_COUNT);
    case Reset.CLEAR_COUNT:
      words.store(COUNT, 0);
      return jump(frame, Reset.NEXT_GENERATION);
    default: {
      const found = words.compareExchange(STATE, frame.c, ((frame.c & ~BROKEN) + 2) | 0);
      return found === frame.c ? enter(frame, Stage.UNLOCK) : jump(frame, Reset.LOAD_STATE);
    }
  }
}
