/**
 * A barrier that can be used again and again. Arriving is a few steps under a lock of its own (word 0); waiting and
 * breaking are not.
 *
 * ```
 * LOCK | STATE | COUNT | LAST_BROKEN | arrived 0 | arrived 1 | ...      STATE = generation << 1 | broken
 *
 *   generation g --the last one arrives--> g + 1      all of g pass
 *        \--timeout, abort, death--> g, broken --reset--> g + 1, LAST_BROKEN = g
 * ```
 *
 * What decides is one CAS on STATE: it passes the generation or breaks it, never both. A waiter that looks late, when
 * the generation has moved on, learns from LAST_BROKEN how its own ended.
 *
 * Death: whoever waits looks, when it is woken or 50 ms have passed, at those who have arrived and at who holds the
 * lock; so does the last one before it passes them all. If one of them is not alive, it breaks the barrier. A thread that
 * dies before it arrives is not known here.
 *
 * @module
 */
import { acquire, release } from "./lock.ts";
import {
  ALL,
  CONTINUE,
  DONE,
  end,
  enter,
  type Frame,
  jump,
  type Outcome,
  OwnerStatus,
  Result,
  sleep,
  type Words,
} from "./step.ts";

const LOCK = 0;
const STATE = 1;
const COUNT = 2;
const LAST_BROKEN = 3;
const ARRIVED = 4;
const BROKEN = 1;
// No state of a whole generation.
const NEVER = 1;
// For so many generations after one was broken a waiter of it can still learn that.
const MEMORY = 64;

/** How many words a barrier takes. */
export const barrierWords = (parties: number): number => ARRIVED + parties;

/** Prepares fresh, zeroed memory. */
export const initBarrier = (words: Words): void => words.store(LAST_BROKEN, NEVER);

/** Whether it is broken. */
export const isBroken = (words: Words): boolean => (words.load(STATE) & BROKEN) !== 0;

/** How many have arrived and wait. */
export const waiting = (words: Words): number => words.load(COUNT);

/** Stages of {@linkcode meet}. */
export const Stage = { LOCK: 0, ARRIVE: 1, UNLOCK: 2, SLEEP: 3, BREAK: 4, RECOVER: 5, WAKE: 6, FAIL: 7 } as const;

/**
 * Waits for all `frame.b` parties: `OK`, and `frame.a` is how many came before; `BROKEN`; `GAVE_UP`, and it is broken
 * now; `LOST`: a thread that was given up is in the middle of arriving.
 */
export function meet(words: Words, frame: Frame): Outcome {
  switch (frame.stage) {
    case Stage.LOCK: {
      frame.recover = true;
      const outcome = acquire(words, frame);
      if (outcome !== DONE || frame.result > Result.RECOVERED) return outcome;
      return enter(frame, frame.result === Result.RECOVERED ? Stage.RECOVER : Stage.ARRIVE);
    }
    case Stage.ARRIVE:
      return arrive(words, frame);
    case Stage.UNLOCK:
      // e: the stage after this.
      return release(words, frame) === DONE ? enter(frame, frame.e) : CONTINUE;
    case Stage.SLEEP:
      return doze(words, frame);
    case Stage.BREAK:
      return break_(words, frame);
    case Stage.RECOVER:
      return recover(words, frame);
    case Stage.WAKE:
      words.notify(STATE, ALL);
      return end(frame, Result.OK);
    default:
      return end(frame, Result.BROKEN);
  }
}

function unlock(frame: Frame, then: number): Outcome {
  frame.e = then;
  return enter(frame, Stage.UNLOCK);
}

/** Places of the stage ARRIVE. */
export const Arrive = {
  STATE: 0,
  COUNT: 1,
  SIGN: 2,
  ADD: 3,
  OLD: 4,
  FORGET: 5,
  PASS: 6,
  CLEAR: 7,
  WHO: 8,
  JUDGE: 9,
} as const;

// a: how many came before; c: the state of this generation. d: the last one looks at all who came before, since those who
// died here alone had nobody to see it.
function arrive(words: Words, frame: Frame): Outcome {
  switch (frame.pc) {
    case Arrive.STATE:
      frame.c = words.load(STATE);
      return (frame.c & BROKEN) !== 0 ? unlock(frame, Stage.FAIL) : jump(frame, Arrive.COUNT);
    case Arrive.COUNT:
      frame.a = words.load(COUNT);
      return jump(frame, Arrive.SIGN);
    case Arrive.SIGN:
      words.store(ARRIVED + frame.a, frame.me);
      return jump(frame, Arrive.ADD);
    case Arrive.ADD:
      words.store(COUNT, frame.a + 1);
      frame.d = 0;
      return frame.a + 1 < frame.b ? unlock(frame, Stage.SLEEP) : jump(frame, Arrive.WHO);
    case Arrive.WHO:
      if (frame.d === frame.a) return jump(frame, Arrive.OLD);
      frame.seen = words.load(ARRIVED + frame.d++);
      return jump(frame, Arrive.JUDGE);
    case Arrive.JUDGE:
      return words.ownerStatus(frame.seen) === OwnerStatus.ALIVE
        ? jump(frame, Arrive.WHO)
        : enter(frame, Stage.RECOVER);
    case Arrive.OLD:
      // Generations wrap around: what was broken long ago must not be taken for a coming one.
      frame.seen = words.load(LAST_BROKEN);
      return jump(frame, frame.seen === NEVER || endedBroken(frame.seen, frame.c) ? Arrive.PASS : Arrive.FORGET);
    case Arrive.FORGET:
      if (((frame.c - frame.seen) >>> 1) > MEMORY) words.store(LAST_BROKEN, NEVER);
      return jump(frame, Arrive.PASS);
    case Arrive.PASS:
      if (words.compareExchange(STATE, frame.c, (frame.c + 2) | 0) !== frame.c) return unlock(frame, Stage.FAIL);
      return jump(frame, Arrive.CLEAR);
    default:
      words.store(COUNT, 0);
      return unlock(frame, Stage.WAKE);
  }
}

// Whether a generation that is over ended broken: itself was the last one broken, or one soon after it.
function endedBroken(last: number, state: number): boolean {
  return last !== NEVER && ((last - state) >>> 1) < MEMORY;
}

/** Places of the stage SLEEP. */
export const Doze = { SLEEP: 0, LOOK: 1, COUNT: 2, WHO: 3, JUDGE: 4, LOCK: 5, JUDGE_LOCK: 6, HOW: 7 } as const;

// d scans to seen; the owner in question is in e.
function doze(words: Words, frame: Frame): Outcome {
  switch (frame.pc) {
    case Doze.SLEEP:
      return sleep(words, frame, STATE, frame.c, Doze.LOOK);
    case Doze.LOOK: {
      const state = words.load(STATE);
      if (state === (frame.c | BROKEN)) return end(frame, Result.BROKEN);
      if (state !== frame.c) return jump(frame, Doze.HOW);
      return frame.quit ? enter(frame, Stage.BREAK) : jump(frame, Doze.COUNT);
    }
    case Doze.COUNT:
      frame.seen = words.load(COUNT);
      frame.d = 0;
      return jump(frame, Doze.WHO);
    case Doze.WHO:
      if (frame.d >= frame.seen) return jump(frame, Doze.LOCK);
      frame.e = words.load(ARRIVED + frame.d++);
      return jump(frame, Doze.JUDGE);
    case Doze.JUDGE:
      return words.ownerStatus(frame.e) === OwnerStatus.ALIVE ? jump(frame, Doze.WHO) : enter(frame, Stage.BREAK);
    case Doze.LOCK:
      frame.e = words.load(LOCK) >>> 1;
      return jump(frame, frame.e === 0 ? Doze.SLEEP : Doze.JUDGE_LOCK);
    case Doze.JUDGE_LOCK:
      return words.ownerStatus(frame.e) === OwnerStatus.ALIVE ? jump(frame, Doze.SLEEP) : enter(frame, Stage.BREAK);
    default:
      return end(frame, endedBroken(words.load(LAST_BROKEN), frame.c) ? Result.BROKEN : Result.OK);
  }
}

// By a waiter, without the lock. If the generation was passed meanwhile, it was.
function break_(words: Words, frame: Frame): Outcome {
  if (frame.pc === 0) {
    if (words.compareExchange(STATE, frame.c, frame.c | BROKEN) === frame.c) return jump(frame, 1);
    return enter(frame, Stage.SLEEP, Doze.LOOK);
  }
  words.notify(STATE, ALL);
  return end(frame, frame.quit ? Result.GAVE_UP : Result.BROKEN);
}

// Under the lock: somebody died here, or while arriving, and may have left COUNT wrong. The generation is broken.
function recover(words: Words, frame: Frame): Outcome {
  if (frame.pc === 0) {
    words.or(STATE, BROKEN);
    return jump(frame, 1);
  }
  words.notify(STATE, ALL);
  return unlock(frame, Stage.FAIL);
}

/** Breaks the barrier. */
export function abort(words: Words, frame: Frame): Outcome {
  if (frame.pc === 0) {
    words.or(STATE, BROKEN);
    return jump(frame, 1);
  }
  words.notify(STATE, ALL);
  return end(frame, Result.OK);
}

/** Begins a new generation, whole and empty; who waits is told that the old one is broken. */
export function reset(words: Words, frame: Frame): Outcome {
  switch (frame.stage) {
    case Stage.LOCK: {
      frame.recover = true;
      const outcome = acquire(words, frame);
      if (outcome !== DONE || frame.result > Result.RECOVERED) return outcome;
      // d: whether COUNT can be trusted.
      frame.d = frame.result;
      return enter(frame, Stage.ARRIVE);
    }
    case Stage.UNLOCK:
      return release(words, frame) === DONE ? enter(frame, frame.e) : CONTINUE;
    case Stage.WAKE:
      words.notify(STATE, ALL);
      return end(frame, Result.OK);
  }
  switch (frame.pc) {
    case 0:
      frame.c = words.load(STATE);
      return jump(frame, 1);
    case 1: {
      const clean = words.load(COUNT) === 0 && (frame.c & BROKEN) === 0 && frame.d === Result.OK;
      return clean ? unlock(frame, Stage.WAKE) : jump(frame, 2);
    }
    case 2:
      words.store(LAST_BROKEN, frame.c & ~BROKEN);
      return jump(frame, 3);
    case 3:
      words.store(COUNT, 0);
      return jump(frame, 4);
    default: {
      const found = words.compareExchange(STATE, frame.c, ((frame.c & ~BROKEN) + 2) | 0);
      return found === frame.c ? unlock(frame, Stage.WAKE) : jump(frame, 0);
    }
  }
}
