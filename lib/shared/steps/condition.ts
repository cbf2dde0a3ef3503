/**
 * A condition variable with one slot for each waiter, so that `notify(n)` wakes exactly n of them, in the order in which
 * they came.
 *
 * ```
 * NEXT | STATE TICKET | STATE TICKET | ...        STATE = owner << 2 | phase
 *
 *   free --join--> WAITING --notify--> NOTIFIED --leave--> free
 *                     \-----give up-------> LEFT -----leave--> free
 * ```
 *
 * Threads take, free and notify slots under the condition's lock. Only a waiter moves its own slot from WAITING to LEFT
 * without it; one CAS decides between that and a notification. A waiter sleeps on its own slot.
 *
 * Death: `notify` skips a WAITING slot of a dead thread, and the next waiter reuses it. A thread that dies between its
 * notification and the lock takes that notification with it: the other waiters see its NOTIFIED slot when they wake, and
 * all return, as after a spurious wake-up, since one of them would have been notified. If a thread dies with the lock held,
 * no thread could notify: all waiters leave, and find the lock abandoned, or recovered by one of them.
 *
 * @module
 */
import { acquire, holder, release } from "./lock.ts";
import {
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

const NEXT = 0;
const STATE = (slot: number): number => 1 + slot * 2;
const TICKET = (slot: number): number => 2 + slot * 2;

/** Returns the number of words of a condition with so many slots. */
export const conditionWords = (slots: number): number => 1 + slots * 2;

/** Phases of a slot. */
export const Phase = { WAITING: 1, NOTIFIED: 2, LEFT: 3 } as const;
const PHASE = 3;

/** Stages of {@linkcode wait}. */
export const Stage = { JOIN: 0, RELEASE: 1, SLEEP: 2, ACQUIRE: 3, LEAVE: 4 } as const;

/**
 * Releases the lock, sleeps until notified, takes the lock again. `frame.b` is the number of slots. `OK`: notified, or a
 * spurious wake-up; `GAVE_UP`: the time was up, and this thread holds the lock again; `ABANDONED`, `LOST`: it does not
 * hold the lock; `FULL`: nothing happened.
 */
export function wait(words: Words, lock: Words, frame: Frame): Outcome {
  switch (frame.stage) {
    case Stage.JOIN:
      return join(words, frame);
    case Stage.RELEASE:
      return release(lock, frame) === DONE ? enter(frame, Stage.SLEEP) : CONTINUE;
    case Stage.SLEEP:
      return sleepInSlot(words, lock, frame);
    case Stage.ACQUIRE: {
      // This acquire has no time limit: the caller holds the lock when `wait` returns, as it did before.
      frame.giveUp = false;
      const outcome = acquire(lock, frame);
      return outcome === DONE ? enter(frame, Stage.LEAVE) : outcome;
    }
    default:
      return leave(words, frame);
  }
}

// Takes a slot. a: the slot of this thread; d: the slot under examination.
function join(words: Words, frame: Frame): Outcome {
  switch (frame.pc) {
    case 0:
      frame.seen = words.load(STATE(frame.d));
      return jump(frame, frame.seen === 0 ? 2 : 1);
    case 1: {
      const gone = words.ownerStatus(frame.seen >>> 2) === OwnerStatus.GONE;
      if (gone && (frame.seen & PHASE) !== Phase.NOTIFIED) return jump(frame, 2);
      return ++frame.d < frame.b ? jump(frame, 0) : end(frame, Result.FULL);
    }
    case 2:
      frame.a = frame.d;
      frame.c = words.load(NEXT);
      return jump(frame, 3);
    case 3:
      words.store(NEXT, (frame.c + 1) | 0);
      return jump(frame, 4);
    case 4:
      words.store(TICKET(frame.a), frame.c);
      return jump(frame, 5);
    default:
      words.store(STATE(frame.a), frame.me << 2 | Phase.WAITING);
      return enter(frame, Stage.RELEASE);
  }
}

/** Steps of the stage SLEEP. */
export const Sleep = {
  SLEEP: 0,
  RELOAD: 1,
  GIVE_UP: 2,
  SCAN: 3,
  CHECK_NOTIFIED: 4,
  FOUND_DEAD: 5,
  LOAD_HOLDER: 6,
  CHECK_HOLDER: 7,
  LEAVE: 8,
} as const;

// e: the result; c: 1 if this thread woke because a notified thread has died; d: the slot under examination.
function sleepInSlot(words: Words, lock: Words, frame: Frame): Outcome {
  const mine = frame.me << 2;
  switch (frame.pc) {
    case Sleep.SLEEP:
      frame.c = 0;
      frame.e = Result.OK;
      return sleep(words, frame, STATE(frame.a), mine | Phase.WAITING, Sleep.RELOAD);
    case Sleep.RELOAD:
      if (words.load(STATE(frame.a)) !== (mine | Phase.WAITING)) return enter(frame, Stage.ACQUIRE);
      frame.d = 0;
      return jump(frame, frame.giveUp ? Sleep.GIVE_UP : Sleep.SCAN);
    case Sleep.GIVE_UP: {
      const found = words.compareExchange(STATE(frame.a), mine | Phase.WAITING, mine | Phase.LEFT);
      if (found === (mine | Phase.WAITING)) frame.e = Result.GAVE_UP;
      return enter(frame, Stage.ACQUIRE);
    }
    case Sleep.SCAN:
      if (frame.d === frame.b) return jump(frame, Sleep.LOAD_HOLDER);
      frame.seen = words.load(STATE(frame.d));
      if ((frame.seen & PHASE) === Phase.NOTIFIED) return jump(frame, Sleep.CHECK_NOTIFIED);
      frame.d++;
      return jump(frame, Sleep.SCAN);
    case Sleep.CHECK_NOTIFIED:
      if (words.ownerStatus(frame.seen >>> 2) === OwnerStatus.GONE) return jump(frame, Sleep.FOUND_DEAD);
      frame.d++;
      return jump(frame, Sleep.SCAN);
    case Sleep.FOUND_DEAD:
      frame.c = 1;
      return jump(frame, Sleep.LEAVE);
    case Sleep.LOAD_HOLDER:
      frame.seen = holder(lock);
      return jump(frame, frame.seen === 0 ? Sleep.SLEEP : Sleep.CHECK_HOLDER);
    case Sleep.CHECK_HOLDER:
      return jump(frame, lock.ownerStatus(frame.seen) === OwnerStatus.ALIVE ? Sleep.SLEEP : Sleep.LEAVE);
    default:
      words.compareExchange(STATE(frame.a), mine | Phase.WAITING, mine | Phase.LEFT);
      return enter(frame, Stage.ACQUIRE);
  }
}

// Frees the slot of this thread. If it woke because a notified thread has died, it frees the slots of all such threads.
function leave(words: Words, frame: Frame): Outcome {
  switch (frame.pc) {
    case 0:
      if (frame.result !== Result.OK) frame.e = frame.result;
      words.store(STATE(frame.a), 0);
      frame.d = 0;
      return frame.c === 0 || frame.result !== Result.OK ? end(frame, frame.e) : jump(frame, 1);
    case 1:
      if (frame.d === frame.b) return end(frame, frame.e);
      frame.seen = words.load(STATE(frame.d));
      if ((frame.seen & PHASE) === Phase.NOTIFIED) return jump(frame, 2);
      frame.d++;
      return jump(frame, 1);
    case 2:
      if (words.ownerStatus(frame.seen >>> 2) === OwnerStatus.GONE) return jump(frame, 3);
      frame.d++;
      return jump(frame, 1);
    default:
      words.store(STATE(frame.d++), 0);
      return jump(frame, 1);
  }
}

/** Steps of {@linkcode notify}. */
export const Notify = {
  START: 0,
  SCAN: 1,
  CHECK_OWNER: 2,
  COMPARE_TICKET: 3,
  RELOAD: 4,
  SET_NOTIFIED: 5,
  WAKE: 6,
} as const;

/** Wakes the `frame.a` threads that have waited longest, under the lock. `frame.b` is the number of slots. */
export function notify(words: Words, frame: Frame): Outcome {
  switch (frame.pc) {
    // c: the slot with the lowest ticket so far, e: its ticket.
    case Notify.START:
      frame.d = 0;
      frame.c = -1;
      return frame.a === 0 ? end(frame, Result.OK) : jump(frame, Notify.SCAN);
    case Notify.SCAN:
      if (frame.d === frame.b) return frame.c < 0 ? end(frame, Result.OK) : jump(frame, Notify.RELOAD);
      frame.seen = words.load(STATE(frame.d));
      if ((frame.seen & PHASE) === Phase.WAITING) return jump(frame, Notify.CHECK_OWNER);
      frame.d++;
      return jump(frame, Notify.SCAN);
    case Notify.CHECK_OWNER:
      if (words.ownerStatus(frame.seen >>> 2) === OwnerStatus.ALIVE) return jump(frame, Notify.COMPARE_TICKET);
      frame.d++;
      return jump(frame, Notify.SCAN);
    case Notify.COMPARE_TICKET: {
      const ticket = words.load(TICKET(frame.d));
      if (frame.c < 0 || ((ticket - frame.e) | 0) < 0) {
        frame.c = frame.d;
        frame.e = ticket;
      }
      frame.d++;
      return jump(frame, Notify.SCAN);
    }
    case Notify.RELOAD:
      frame.seen = words.load(STATE(frame.c));
      return jump(frame, (frame.seen & PHASE) === Phase.WAITING ? Notify.SET_NOTIFIED : Notify.START);
    case Notify.SET_NOTIFIED: {
      const notified = frame.seen & ~PHASE | Phase.NOTIFIED;
      const found = words.compareExchange(STATE(frame.c), frame.seen, notified);
      return jump(frame, found === frame.seen ? Notify.WAKE : Notify.START);
    }
    default:
      words.notify(STATE(frame.c), 1);
      frame.a--;
      return jump(frame, Notify.START);
  }
}
