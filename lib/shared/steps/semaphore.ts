/**
 * A counting semaphore in one word: the number of permits. Nobody owns a permit: who releases need not be who acquired,
 * so those of a dead thread cannot be told from others and are lost, as in POSIX and Python. (Permits that belong to
 * their holder: permits.ts.)
 *
 * Invariant: while somebody sleeps here, the word is 0, or a notification is on its way to somebody who will take what
 * is there or pass the notification on.
 *
 * @module
 */
import { end, type Frame, jump, type Outcome, Result, sleep, type Words } from "./step.ts";

/** How many words a semaphore takes. */
export const SEMAPHORE_WORDS = 1;
const PERMITS = 0;
/** Most permits there can be. */
export const MAX_PERMITS = 0x7fffffff;

/** Places of {@linkcode take}. */
export const Take = { START: 0, TAKE: 1, SLEEP: 2, LOOK: 3 } as const;

/** Takes a permit: `OK` or `GAVE_UP`. */
export function take(words: Words, frame: Frame): Outcome {
  switch (frame.pc) {
    case Take.START:
      return weigh(frame, words.load(PERMITS));
    case Take.TAKE: {
      const found = words.compareExchange(PERMITS, frame.seen, frame.seen - 1);
      return found === frame.seen ? end(frame, Result.OK) : weigh(frame, found);
    }
    case Take.SLEEP:
      return sleep(words, frame, PERMITS, 0, Take.LOOK);
    default:
      if (!frame.quit) return weigh(frame, words.load(PERMITS));
      words.notify(PERMITS, 1);
      return end(frame, Result.GAVE_UP);
  }
}

function weigh(frame: Frame, permits: number): Outcome {
  frame.seen = permits;
  return jump(frame, permits > 0 ? Take.TAKE : Take.SLEEP);
}

/** Places of {@linkcode give}. */
export const Give = { START: 0, GIVE: 1, WAKE: 2 } as const;

/** Gives back `frame.a` permits: `OK`, or `FULL` if there would be more than {@linkcode MAX_PERMITS}. */
export function give(words: Words, frame: Frame): Outcome {
  switch (frame.pc) {
    case Give.START:
      frame.seen = words.load(PERMITS);
      return frame.seen > MAX_PERMITS - frame.a ? end(frame, Result.FULL) : jump(frame, Give.GIVE);
    case Give.GIVE: {
      const found = words.compareExchange(PERMITS, frame.seen, frame.seen + frame.a);
      return jump(frame, found === frame.seen ? Give.WAKE : Give.START);
    }
    default:
      words.notify(PERMITS, frame.a);
      return end(frame, Result.OK);
  }
}

/** How many permits there are. */
export const permits = (words: Words): number => words.load(PERMITS);

/** The first steps of {@linkcode take}, for callers in a hurry: whether a permit was there, and is taken now. */
export function tryTake(words: Words): boolean {
  for (let seen = words.load(PERMITS); seen > 0;) {
    const found = words.compareExchange(PERMITS, seen, seen - 1);
    if (found === seen) return true;
    seen = found;
  }
  return false;
}
