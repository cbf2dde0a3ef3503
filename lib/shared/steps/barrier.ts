/**
 * The steps of a party that waits at a reusable barrier. barrier_words.ts has the picture of the words.
 *
 * A party arrives in a few steps under the barrier's own lock; it waits and breaks the barrier without that lock. One CAS
 * on STATE either passes a generation or breaks it, so a generation never does both. A waiter that wakes when the
 * generation has already moved on reads in LAST_BROKEN how its own generation ended.
 *
 * Death: at each wake-up, every 50 ms at the latest, a waiter checks the threads that have arrived and the holder of the
 * lock; the last party checks them before it lets all pass. If one of these threads is not alive, the barrier breaks. The
 * barrier cannot see a thread that dies before it arrives.
 *
 * Giving up: a party that gives up breaks the barrier, also if it has not arrived yet because another thread had the lock.
 *
 * @module
 */
import { ARRIVED, BROKEN, COUNT, endedBroken, LAST_BROKEN, LOCK, NEVER, REMEMBERED, STATE } from "./barrier_words.ts";
import { acquire, release, waitsForItself } from "./lock.ts";
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

/** Stages of {@linkcode wait}. */
export const Stage = {
  LOCK: 0,
  ARRIVE: 1,
  UNLOCK: 2,
  SLEEP: 3,
  BREAK: 4,
  RECOVER: 5,
  WAKE: 6,
  FAIL: 7,
  CORRUPT: 8,
  GIVE_UP: 9,
} as const;

/**
 * Waits for all `frame.b` parties. `OK`: `frame.a` parties came before this one; `BROKEN`; `GAVE_UP`: this party has broken
 * the barrier; `LOST`: a lost thread is in the middle of arriving; `CORRUPT`: no barrier has such words.
 */
export function wait(words: Words, frame: Frame): Outcome {
  switch (frame.stage) {
    case Stage.LOCK: {
      frame.recover = true;
      const outcome = acquire(words, frame);
      if (waitsForItself(frame, outcome)) return end(frame, Result.CORRUPT);
      if (outcome === DONE && frame.result === Result.GAVE_UP) return enter(frame, Stage.GIVE_UP);
      if (outcome !== DONE || frame.result > Result.RECOVERED) return outcome;
      return enter(frame, frame.result === Result.RECOVERED ? Stage.RECOVER : Stage.ARRIVE);
    }
    case Stage.GIVE_UP:
      return breakNow(words, frame, () => end(frame, Result.GAVE_UP));
    case Stage.ARRIVE:
      return arrive(words, frame);
    case Stage.UNLOCK:
      // e: the stage after this.
      return release(words, frame) === DONE ? enter(frame, frame.e) : CONTINUE;
    case Stage.SLEEP:
      return sleepUntilPassed(words, frame);
    case Stage.BREAK:
      return breakBarrier(words, frame);
    case Stage.RECOVER:
      return breakNow(words, frame, () => unlock(frame, Stage.FAIL));
    case Stage.WAKE:
      words.notify(STATE, ALL);
      return end(frame, Result.OK);
    case Stage.CORRUPT:
      return end(frame, Result.CORRUPT);
    default:
      return end(frame, Result.BROKEN);
  }
}

function unlock(frame: Frame, next: number): Outcome {
  frame.e = next;
  return enter(frame, Stage.UNLOCK);
}

/** Steps of the stage ARRIVE. */
export const Arrive = {
  LOAD_STATE: 0,
  LOAD_COUNT: 1,
  STORE_ID: 2,
  STORE_COUNT: 3,
  CHECK_LAST_BROKEN: 4,
  CLEAR_LAST_BROKEN: 5,
  PASS: 6,
  CLEAR_COUNT: 7,
  LOAD_PARTY: 8,
  CHECK_PARTY: 9,
} as const;

// a: the number of parties that came before; c: STATE of this generation; d: the party under examination. The last party
// checks all others: if they died while they waited without it, no living thread has seen that.
function arrive(words: Words, frame: Frame): Outcome {
  switch (frame.pc) {
    case Arrive.LOAD_STATE:
      frame.c = words.load(STATE);
      return (frame.c & BROKEN) !== 0 ? unlock(frame, Stage.FAIL) : jump(frame, Arrive.LOAD_COUNT);
    case Arrive.LOAD_COUNT:
      frame.a = words.load(COUNT);
      return frame.a >= 0 && frame.a < frame.b ? jump(frame, Arrive.STORE_ID) : unlock(frame, Stage.CORRUPT);
    case Arrive.STORE_ID:
      words.store(ARRIVED + frame.a, frame.me);
      return jump(frame, Arrive.STORE_COUNT);
    case Arrive.STORE_COUNT:
      words.store(COUNT, frame.a + 1);
      frame.d = 0;
      return frame.a + 1 < frame.b ? unlock(frame, Stage.SLEEP) : jump(frame, Arrive.LOAD_PARTY);
    case Arrive.LOAD_PARTY:
      if (frame.d === frame.a) return jump(frame, Arrive.CHECK_LAST_BROKEN);
      frame.seen = words.load(ARRIVED + frame.d++);
      return jump(frame, Arrive.CHECK_PARTY);
    case Arrive.CHECK_PARTY:
      return words.ownerStatus(frame.seen) === OwnerStatus.ALIVE
        ? jump(frame, Arrive.LOAD_PARTY)
        : enter(frame, Stage.RECOVER);
    case Arrive.CHECK_LAST_BROKEN:
      // Generations wrap around: a later generation must not be taken for one that was broken long ago.
      frame.seen = words.load(LAST_BROKEN);
      return jump(
        frame,
        frame.seen === NEVER || endedBroken(frame.seen, frame.c) ? Arrive.PASS : Arrive.CLEAR_LAST_BROKEN,
      );
    case Arrive.CLEAR_LAST_BROKEN:
      if (((frame.c - frame.seen) >>> 1) > REMEMBERED) words.store(LAST_BROKEN, NEVER);
      return jump(frame, Arrive.PASS);
    case Arrive.PASS:
      if (words.compareExchange(STATE, frame.c, (frame.c + 2) | 0) !== frame.c) return unlock(frame, Stage.FAIL);
      return jump(frame, Arrive.CLEAR_COUNT);
    default:
      words.store(COUNT, 0);
      return unlock(frame, Stage.WAKE);
  }
}

/** Steps of the stage SLEEP. */
export const Sleep = {
  SLEEP: 0,
  RELOAD: 1,
  LOAD_COUNT: 2,
  LOAD_PARTY: 3,
  CHECK_PARTY: 4,
  LOAD_HOLDER: 5,
  CHECK_HOLDER: 6,
  LOAD_LAST_BROKEN: 7,
} as const;

// d: the party under examination, of `seen` parties; e: the thread under examination.
function sleepUntilPassed(words: Words, frame: Frame): Outcome {
  switch (frame.pc) {
    case Sleep.SLEEP:
      return sleep(words, frame, STATE, frame.c, Sleep.RELOAD);
    case Sleep.RELOAD: {
      const state = words.load(STATE);
      if (state === (frame.c | BROKEN)) return end(frame, Result.BROKEN);
      if (state !== frame.c) return jump(frame, Sleep.LOAD_LAST_BROKEN);
      return frame.giveUp ? enter(frame, Stage.BREAK) : jump(frame, Sleep.LOAD_COUNT);
    }
    case Sleep.LOAD_COUNT:
      frame.seen = words.load(COUNT);
      if (frame.seen < 0 || frame.seen > frame.b) return end(frame, Result.CORRUPT);
      frame.d = 0;
      return jump(frame, Sleep.LOAD_PARTY);
    case Sleep.LOAD_PARTY:
      if (frame.d >= frame.seen) return jump(frame, Sleep.LOAD_HOLDER);
      frame.e = words.load(ARRIVED + frame.d++);
      return jump(frame, Sleep.CHECK_PARTY);
    case Sleep.CHECK_PARTY:
      return words.ownerStatus(frame.e) === OwnerStatus.ALIVE
        ? jump(frame, Sleep.LOAD_PARTY)
        : enter(frame, Stage.BREAK);
    case Sleep.LOAD_HOLDER:
      frame.e = words.load(LOCK) >>> 1;
      return jump(frame, frame.e === 0 ? Sleep.SLEEP : Sleep.CHECK_HOLDER);
    case Sleep.CHECK_HOLDER:
      return words.ownerStatus(frame.e) === OwnerStatus.ALIVE ? jump(frame, Sleep.SLEEP) : enter(frame, Stage.BREAK);
    default:
      return end(frame, endedBroken(words.load(LAST_BROKEN), frame.c) ? Result.BROKEN : Result.OK);
  }
}

// Breaks the generation, by a waiter that does not hold the lock. If the generation has passed meanwhile, this party passes.
function breakBarrier(words: Words, frame: Frame): Outcome {
  if (frame.pc === 0) {
    if (words.compareExchange(STATE, frame.c, frame.c | BROKEN) === frame.c) return jump(frame, 1);
    return enter(frame, Stage.SLEEP, Sleep.RELOAD);
  }
  words.notify(STATE, ALL);
  return end(frame, frame.giveUp ? Result.GAVE_UP : Result.BROKEN);
}

// Breaks the present generation, as abort does: it cannot be complete. Either this party gave up while another thread
// arrived, and so has not arrived: one that only left would leave the others asleep for ever. Or, under the lock, a thread
// has died while it waited or arrived, and may have left COUNT wrong.
function breakNow(words: Words, frame: Frame, finish: () => Outcome): Outcome {
  if (frame.pc === 0) {
    words.or(STATE, BROKEN);
    return jump(frame, 1);
  }
  words.notify(STATE, ALL);
  return finish();
}
