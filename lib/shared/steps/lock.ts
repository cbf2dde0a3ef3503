/**
 * A mutex in one word. The word is `owner << 1 | contended`, and 0 when the lock is free.
 *
 * ```
 *         0 --CAS--> me            uncontended: one step to acquire, one to release
 *  other --CAS--> other|1          a waiter sets the contended bit, then sleeps on exactly that word
 *         0 --CAS--> me|1          a thread that has slept takes the lock as contended: others may still sleep
 *   dead --CAS--> me|1             a waiter recovers the lock of a dead thread
 * ```
 *
 * This is a "futex" lock (Drepper, "Futexes are tricky", mutex 3) whose word holds the id of its holder, so that waiters
 * can see that the holder is dead.
 *
 * Invariant: while a thread sleeps here, the contended bit is set, or a notification is on its way to a thread that will
 * set the bit or free the lock. Therefore a waiter that gives up sends a notification on: it may just have received one,
 * and the next waiter would sleep on a free lock.
 *
 * Death: the word keeps the id of the dead thread. Every waiter sees that at its next wake-up. The lock changes hands only
 * if a waiter was asked to recover it.
 *
 * @module
 */
import { ALL, end, type Frame, jump, type Outcome, OwnerStatus, Result, sleep, WAIT, type Words } from "./step.ts";

/** The number of words of a lock. */
export const LOCK_WORDS = 1;
const WORD = 0;
const CONTENDED = 1;

/** Steps of {@linkcode acquire}. */
export const Acquire = {
  TRY: 0,
  CHECK_HOLDER: 1,
  SET_CONTENDED: 2,
  SLEEP: 3,
  RELOAD: 4,
  TAKE_CONTENDED: 5,
  RECOVER: 6,
  CONFIRM: 7,
} as const;

/** Takes a free lock: the first step of {@linkcode acquire} as a plain function, for the uncontended path. */
export function tryAcquire(words: Words, me: number): boolean {
  return words.compareExchange(WORD, 0, me << 1) === 0;
}

/** Takes the lock: `OK`, `RECOVERED`, `ABANDONED`, `LOST` or `GAVE_UP`. */
export function acquire(words: Words, frame: Frame): Outcome {
  switch (frame.pc) {
    case Acquire.TRY: {
      const found = words.compareExchange(WORD, 0, frame.me << 1);
      return found === 0 ? end(frame, Result.OK) : takeOrCheck(frame, found);
    }
    case Acquire.RELOAD:
      if (frame.giveUp) {
        words.notify(WORD, 1);
        return end(frame, Result.GAVE_UP);
      }
      return takeOrCheck(frame, words.load(WORD));
    case Acquire.CHECK_HOLDER: {
      const status = words.ownerStatus(frame.seen >>> 1);
      if (status === OwnerStatus.GONE && frame.recover) return jump(frame, Acquire.RECOVER);
      if (status !== OwnerStatus.ALIVE) {
        frame.result = status === OwnerStatus.GONE ? Result.ABANDONED : Result.LOST;
        return jump(frame, Acquire.CONFIRM);
      }
      return jump(frame, (frame.seen & CONTENDED) === 0 ? Acquire.SET_CONTENDED : Acquire.SLEEP);
    }
    case Acquire.SET_CONTENDED: {
      const found = words.compareExchange(WORD, frame.seen, frame.seen | CONTENDED);
      if (found !== frame.seen) return takeOrCheck(frame, found);
      frame.seen |= CONTENDED;
      return jump(frame, Acquire.SLEEP);
    }
    case Acquire.SLEEP:
      return sleep(words, frame, WORD, frame.seen, Acquire.RELOAD);
    case Acquire.TAKE_CONTENDED: {
      const found = words.compareExchange(WORD, 0, frame.me << 1 | CONTENDED);
      return found === 0 ? end(frame, Result.OK) : takeOrCheck(frame, found);
    }
    case Acquire.RECOVER: {
      const found = words.compareExchange(WORD, frame.seen, frame.me << 1 | CONTENDED);
      return found === frame.seen ? end(frame, Result.RECOVERED) : takeOrCheck(frame, found);
    }
    default: {
      // CONFIRM: the holder may have released the lock after this thread read the word, and died after that.
      const found = words.load(WORD);
      return found >>> 1 === frame.seen >>> 1 ? end(frame, frame.result) : takeOrCheck(frame, found);
    }
  }
}

// Continues with the word just found: takes a free lock, checks the holder of any other.
function takeOrCheck(frame: Frame, found: number): Outcome {
  frame.seen = found;
  return jump(frame, found === 0 ? Acquire.TAKE_CONTENDED : Acquire.CHECK_HOLDER);
}

/**
 * Whether an acquire is about to wait for its own thread. For a lock that its machine releases before it sleeps, a word
 * that says so is corrupt.
 */
export function waitsForItself(frame: Frame, outcome: Outcome): boolean {
  return outcome === WAIT && frame.expected >>> 1 === frame.me;
}

/** Sends a notification on that an acquire may have received, in a machine that stops waiting for the lock. */
export function passNotificationOn(words: Words): void {
  words.notify(WORD, 1);
}

/** Steps of {@linkcode release}. */
export const Release = { CLEAR: 0, WAKE: 1 } as const;

/** Releases the lock. `frame.seen` is the word before. */
export function release(words: Words, frame: Frame): Outcome {
  if (frame.pc === Release.CLEAR) {
    frame.seen = words.exchange(WORD, 0);
    return (frame.seen & CONTENDED) === 0 ? end(frame, Result.OK) : jump(frame, Release.WAKE);
  }
  words.notify(WORD, 1);
  return end(frame, Result.OK);
}

/** Releases the lock: the steps of {@linkcode release} as a plain function, since none of them sleeps. Returns the word before. */
export function releaseNow(words: Words): number {
  const seen = words.exchange(WORD, 0);
  if ((seen & CONTENDED) !== 0) words.notify(WORD, 1);
  return seen;
}

/** Returns the id of the thread that holds the lock, or 0. */
export function holder(words: Words): number {
  return words.load(WORD) >>> 1;
}

/** Gives a recovered lock back to its dead holder. `frame.a` is the word from which it was recovered. */
export function abandon(words: Words, frame: Frame): Outcome {
  if (frame.pc === 0) {
    words.store(WORD, frame.a | CONTENDED);
    return jump(frame, 1);
  }
  words.notify(WORD, ALL);
  return end(frame, Result.OK);
}
