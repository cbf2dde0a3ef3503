/**
 * An event in one word: `sets << 1 | set`, where `sets` counts how often the event was set.
 *
 * The count serves a waiter that wakes after the event was set *and cleared*: that `set` woke it, so it must pass. While
 * the event is clear only a `set` changes the word, so a waiter passes as soon as the word differs from the one it slept
 * on. (The count wraps: a waiter misses exactly 2^31 sets between two of its wake-ups.)
 *
 * @module
 */
import { ALL, end, type Frame, jump, type Outcome, Result, sleep, type Words } from "./step.ts";

/** The number of words of an event. */
export const EVENT_WORDS = 1;
const WORD = 0;
const SET = 1;

/** Whether the event is set. */
export const isSet = (words: Words): boolean => (words.load(WORD) & SET) !== 0;

/** Steps of {@linkcode wait}. */
export const Wait = { LOAD: 0, SLEEP: 1, RELOAD: 2 } as const;

/** Waits until the event is set: `OK` or `GAVE_UP`. */
export function wait(words: Words, frame: Frame): Outcome {
  switch (frame.pc) {
    case Wait.LOAD:
      frame.seen = words.load(WORD);
      return (frame.seen & SET) !== 0 ? end(frame, Result.OK) : jump(frame, Wait.SLEEP);
    case Wait.SLEEP:
      return sleep(words, frame, WORD, frame.seen, Wait.RELOAD);
    default:
      // `set` notifies all sleepers, so a waiter that gives up takes no notification away from another one.
      if (words.load(WORD) !== frame.seen) return end(frame, Result.OK);
      return frame.giveUp ? end(frame, Result.GAVE_UP) : jump(frame, Wait.SLEEP);
  }
}

/** Steps of {@linkcode set}. */
export const SetFlag = { LOAD: 0, SET: 1, WAKE: 2 } as const;

/** Sets the event and wakes all sleepers. */
export function set(words: Words, frame: Frame): Outcome {
  switch (frame.pc) {
    case SetFlag.LOAD:
      frame.seen = words.load(WORD);
      return (frame.seen & SET) !== 0 ? end(frame, Result.OK) : jump(frame, SetFlag.SET);
    case SetFlag.SET: {
      const found = words.compareExchange(WORD, frame.seen, (frame.seen + 2 | SET) | 0);
      return jump(frame, found === frame.seen ? SetFlag.WAKE : SetFlag.LOAD);
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
