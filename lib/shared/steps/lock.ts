/**
 * A mutex in one word: `owner << 1 | contended`, 0 when free. A "futex" lock (Drepper, "Futexes are tricky", mutex 3)
 * whose word names its holder, so that a dead one shows.
 *
 * ```
 *         0 --CAS--> me            nobody else wants it: one step to take it, one to give it back
 *  other --CAS--> other|1          a waiter marks it, then sleeps on exactly that word
 *         0 --CAS--> me|1          who has slept takes it marked: others may still sleep
 *   dead --CAS--> me|1             recovered
 * ```
 *
 * Invariant: while somebody sleeps here, the word is marked, or a notification is on its way to somebody who will mark
 * it or free it. So one that gives up passes on a notification, since one may have just come for it.
 *
 * Death: the word goes on naming the dead thread. Every waiter sees that when it looks again; nobody takes the lock
 * away unless it was asked to recover.
 *
 * @module
 */
import { ALL, end, type Frame, jump, type Outcome, OwnerStatus, Result, sleep, type Words } from "./step.ts";

/** How many words a lock takes. */
export const LOCK_WORDS = 1;
const WORD = 0;
const MARK = 1;

/** Places of {@linkcode acquire}. */
export const Acquire = { START: 0, JUDGE: 1, MARK: 2, SLEEP: 3, LOOK: 4, TAKE: 5, RECOVER: 6, CONFIRM: 7 } as const;

/** The first step of {@linkcode acquire}, for callers in a hurry: whether the lock was free, and is taken now. */
export function tryAcquire(words: Words, me: number): boolean {
  return words.compareExchange(WORD, 0, me << 1) === 0;
}

/** Takes the lock: `OK`, `RECOVERED`, `ABANDONED`, `LOST` or `GAVE_UP`. */
export function acquire(words: Words, frame: Frame): Outcome {
  switch (frame.pc) {
    case Acquire.START: {
      const found = words.compareExchange(WORD, 0, frame.me << 1);
      return found === 0 ? end(frame, Result.OK) : judge(frame, found);
    }
    case Acquire.LOOK:
      if (frame.quit) {
        words.notify(WORD, 1);
        return end(frame, Result.GAVE_UP);
      }
      return judge(frame, words.load(WORD));
    case Acquire.JUDGE: {
      const standing = words.ownerStatus(frame.seen >>> 1);
      if (standing === OwnerStatus.GONE && frame.recover) return jump(frame, Acquire.RECOVER);
      if (standing !== OwnerStatus.ALIVE) {
        frame.result = standing === OwnerStatus.GONE ? Result.ABANDONED : Result.LOST;
        return jump(frame, Acquire.CONFIRM);
      }
      return jump(frame, (frame.seen & MARK) === 0 ? Acquire.MARK : Acquire.SLEEP);
    }
    case Acquire.MARK: {
      const found = words.compareExchange(WORD, frame.seen, frame.seen | MARK);
      if (found !== frame.seen) return judge(frame, found);
      frame.seen |= MARK;
      return jump(frame, Acquire.SLEEP);
    }
    case Acquire.SLEEP:
      return sleep(words, frame, WORD, frame.seen, Acquire.LOOK);
    case Acquire.TAKE: {
      const found = words.compareExchange(WORD, 0, frame.me << 1 | MARK);
      return found === 0 ? end(frame, Result.OK) : judge(frame, found);
    }
    case Acquire.RECOVER: {
      const found = words.compareExchange(WORD, frame.seen, frame.me << 1 | MARK);
      return found === frame.seen ? end(frame, Result.RECOVERED) : judge(frame, found);
    }
    default: {
      // It may have released the lock after we read the word, and died after that.
      const found = words.load(WORD);
      return found >>> 1 === frame.seen >>> 1 ? end(frame, frame.result) : judge(frame, found);
    }
  }
}

function judge(frame: Frame, found: number): Outcome {
  frame.seen = found;
  return jump(frame, found === 0 ? Acquire.TAKE : Acquire.JUDGE);
}

/** Places of {@linkcode release}. */
export const Release = { START: 0, WAKE: 1 } as const;

/** Gives the lock back. `frame.seen` is the word that was there. */
export function release(words: Words, frame: Frame): Outcome {
  if (frame.pc === Release.START) {
    frame.seen = words.exchange(WORD, 0);
    return (frame.seen & MARK) === 0 ? end(frame, Result.OK) : jump(frame, Release.WAKE);
  }
  words.notify(WORD, 1);
  return end(frame, Result.OK);
}

/** Which thread holds the lock; 0 if none does. */
export function holder(words: Words): number {
  return words.load(WORD) >>> 1;
}

/** Gives a recovered lock back to the dead: `frame.a` is the word from which it was recovered. */
export function abandon(words: Words, frame: Frame): Outcome {
  if (frame.pc === 0) {
    words.store(WORD, frame.a | MARK);
    return jump(frame, 1);
  }
  words.notify(WORD, ALL);
  return end(frame, Result.OK);
}
