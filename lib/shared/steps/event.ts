/**
 * An event in one word: `times << 1 | set`, where `times` counts how often it was set.
 *
 * The count is for a waiter that looks again after the event was set *and cleared*: it was woken by that `set` and must
 * pass. While the event is clear the word changes only by a `set`, so any other word than the one it slept on lets it
 * through. (The count wraps: a waiter would miss exactly 2^31 sets that happen between two of its looks.)
 *
 * @module
 */
import { ALL, end, type Frame, jump, type Outcome, Result, sleep, type Words } from "./step.ts";

/** How many words an event takes. */
export const EVENT_WORDS = 1;
const WORD = 0;
const SET = 1;

/** Whether the event is set. */
export const isSet = (words: Words): boolean => (words.load(WORD) & SET) !== 0;

/** Places of {@linkcode pass}. */
export const Pass = { START: 0, SLEEP: 1, LOOK: 2 } as const;

/** Waits until the event is set: `OK` or `GAVE_UP`. */
export function pass(words: Words, frame: Frame): Outcome {
  switch (frame.pc) {
    case Pass.START:
      frame.seen = words.load(WORD);
      return (frame.seen & SET) !== 0 ? end(frame, Result.OK) : jump(frame, Pass.SLEEP);
    case Pass.SLEEP:
      return sleep(words, frame, WORD, frame.seen, Pass.LOOK);
    default:
      // All are notified, so nothing is passed on by one that gives up; and one that was notified has not.
      if (words.load(WORD) !== frame.seen) return end(frame, Result.OK);
      return frame.quit ? end(frame, Result.GAVE_UP) : jump(frame, Pass.SLEEP);
  }
}

/** Places of {@linkcode set}. */
export const Set = { START: 0, PUT: 1, WAKE: 2 } as const;

/** Sets the event and wakes everybody. */
export function set(words: Words, frame: Frame): Outcome {
  switch (frame.pc) {
    case Set.START:
      frame.seen = words.load(WORD);
      return (frame.seen & SET) !== 0 ? end(frame, Result.OK) : jump(frame, Set.PUT);
    case Set.PUT: {
      const found = words.compareExchange(WORD, frame.seen, (frame.seen + 2 | SET) | 0);
      return jump(frame, found === frame.seen ? Set.WAKE : Set.START);
    }
    default:
      words.notify(WORD, ALL);
      return end(frame, Result.OK);
  }
}

/** Clears the event. */
export function clear(words: Words, frame: Frame): Outcome {
  if (frame.pc === 0) {
    frame.seen = words.load(WORD);
    return (frame.seen & SET) === 0 ? end(frame, Result.OK) : jump(frame, 1);
  }
  const found = words.compareExchange(WORD, frame.seen, frame.seen & ~SET);
  return found === frame.seen ? end(frame, Result.OK) : jump(frame, 0);
}
