/**
 * A counting semaphore in one word: the number of free permits.
 *
 * A permit has no owner: the thread that releases need not be the one that acquired. So the permits of a dead thread
 * cannot be told from others, and are lost, as in POSIX and Python. (Permits with an owner: permits.ts.)
 *
 * Invariant: while a thread sleeps here, the word is 0, or a notification is on its way to a thread that will take a
 * permit or send the notification on. Therefore a waiter that gives up sends one on.
 *
 * @module
 */
import { end, type Frame, jump, type Outcome, Result, sleep, type Words } from "./step.ts";

/** The number of words of a semaphore. */
export const SEMAPHORE_WORDS = 1;
const PERMITS = 0;
/** The highest number of permits. */
export const MAX_PERMITS = 0x7fffffff;

/** Steps of {@linkcode take}. */
export const Take = { LOAD: 0, TAKE: 1, SLEEP: 2, RELOAD: 3 } as const;

/** Takes a permit: `OK`, `GAVE_UP`, or `CORRUPT` if the count is negative. */
export function take(words: Words, frame: Frame): Outcome {
  switch (frame.pc) {
    case Take.LOAD:
      return takeOrSleep(frame, words.load(PERMITS));
    case Take.TAKE: {
      const found = words.compareExchange(PERMITS, frame.seen, frame.seen - 1);
      return found === frame.seen ? end(frame, Result.OK) : takeOrSleep(frame, found);
    }
    case Take.SLEEP:
      return sleep(words, frame, PERMITS, 0, Take.RELOAD);
    default:
      if (!frame.giveUp) return takeOrSleep(frame, words.load(PERMITS));
      words.notify(PERMITS, 1);
      return end(frame, Result.GAVE_UP);
  }
}

function takeOrSleep(frame: Frame, permits: number): Outcome {
  if (permits < 0) return end(frame, Result.CORRUPT);
  frame.seen = permits;
  return jump(frame, permits > 0 ? Take.TAKE : Take.SLEEP);
}

/** Steps of {@linkcode give}. */
export const Give = { LOAD: 0, ADD: 1, WAKE: 2 } as const;

/** Adds `frame.a` permits: `OK`, `FULL` if there would be more than {@linkcode MAX_PERMITS}, or `CORRUPT`. */
export function give(words: Words, frame: Frame): Outcome {
  switch (frame.pc) {
    case Give.LOAD:
      frame.seen = words.load(PERMITS);
      if (frame.seen < 0) return end(frame, Result.CORRUPT);
      return frame.seen > MAX_PERMITS - frame.a ? end(frame, Result.FULL) : jump(frame, Give.ADD);
    case Give.ADD: {
      const found = words.compareExchange(PERMITS, frame.seen, frame.seen + frame.a);
      return jump(frame, found === frame.seen ? Give.WAKE : Give.LOAD);
    }
    default:
      words.notify(PERMITS, frame.a);
      return end(frame, Result.OK);
  }
}

/** Returns the number of free permits. */
export const permits = (words: Words): number => words.load(PERMITS);

/** Takes a free permit: the first steps of {@linkcode take} as a plain function, for the uncontended path. */
export function tryTake(words: Words): boolean {
  for (let seen = words.load(PERMITS); seen > 0;) {
    const found = words.compareExchange(PERMITS, seen, seen - 1);
    if (found === seen) return true;
    seen = found;
  }
  return false;
}
