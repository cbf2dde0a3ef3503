/**
 * A condition variable: one place for each waiter, so that `notify(n)` wakes exactly n, in the order in which they came.
 *
 * ```
 * NEXT | STATE TICKET | STATE TICKET | ...        STATE = owner << 2 | phase
 *
 *   free --join--> WAITING --notify--> NOTIFIED --leave--> free
 *                     \-----gives up------> LEFT -----leave--> free
 * ```
 *
 * Who may do what: places are taken, freed and notified under the condition's lock; only a waiter moves itself from
 * WAITING to LEFT without it, and that and a notification are decided by one CAS. A waiter sleeps on its own place.
 *
 * Death: a dead WAITING place is skipped by `notify` and reused. A thread that dies between being notified and getting
 * the lock has swallowed a notification; others that wait see its place when they look, and all return, as if woken
 * for no reason: at least one of them would have been notified. If a thread dies with the lock, nobody could notify: all
 * that wait leave, and find the lock abandoned, or recovered by one of them.
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
const STATE = (place: number): number => 1 + place * 2;
const TICKET = (place: number): number => 2 + place * 2;

/** How many words so many places take. */
export const conditionWords = (places: number): number => 1 + places * 2;

/** Phases of a place. */
export const Phase = { WAITING: 1, NOTIFIED: 2, LEFT: 3 } as const;
const PHASE = 3;

/** Stages of {@linkcode await_}. */
export const Stage = { JOIN: 0, RELEASE: 1, SLEEP: 2, ACQUIRE: 3, LEAVE: 4 } as const;

/**
 * Releases the lock, sleeps until notified, takes the lock again. `frame.b` is the number of places. `OK`: notified, or
 * woken for no reason; `GAVE_UP`: out of time, and the lock is held again; `ABANDONED`, `LOST`: the lock is not held
 * again; `FULL`: nothing happened.
 */
export function await_(words: Words, lock: Words, frame: Frame): Outcome {
  switch (frame.stage) {
    case Stage.JOIN:
      return join(words, frame);
    case Stage.RELEASE:
      return release(lock, frame) === DONE ? enter(frame, Stage.SLEEP) : CONTINUE;
    case Stage.SLEEP:
      return doze(words, lock, frame);
    case Stage.ACQUIRE: {
      // The lock is waited for however long it takes: the caller holds it when this returns, as it did before.
      frame.quit = false;
      const outcome = acquire(lock, frame);
      return outcome === DONE ? enter(frame, Stage.LEAVE) : outcome;
    }
    default:
      return leave(words, frame);
  }
}

// a: my place; d: scans.
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

/** Places of the stage SLEEP. */
export const Doze = {
  SLEEP: 0,
  LOOK: 1,
  QUIT: 2,
  SCAN: 3,
  JUDGE: 4,
  WAKE: 5,
  HOLDER: 6,
  JUDGE_HOLDER: 7,
  LEAVE: 8,
} as const;

// e: the result; c: 1 if woken by a dead thread's notification; d: scans.
function doze(words: Words, lock: Words, frame: Frame): Outcome {
  const mine = frame.me << 2;
  switch (frame.pc) {
    case Doze.SLEEP:
      frame.c = 0;
      frame.e = Result.OK;
      return sleep(words, frame, STATE(frame.a), mine | Phase.WAITING, Doze.LOOK);
    case Doze.LOOK:
      if (words.load(STATE(frame.a)) !== (mine | Phase.WAITING)) return enter(frame, Stage.ACQUIRE);
      frame.d = 0;
      return jump(frame, frame.quit ? Doze.QUIT : Doze.SCAN);
    case Doze.QUIT: {
      const found = words.compareExchange(STATE(frame.a), mine | Phase.WAITING, mine | Phase.LEFT);
      if (found === (mine | Phase.WAITING)) frame.e = Result.GAVE_UP;
      return enter(frame, Stage.ACQUIRE);
    }
    case Doze.SCAN:
      if (frame.d === frame.b) return jump(frame, Doze.HOLDER);
      frame.seen = words.load(STATE(frame.d));
      if ((frame.seen & PHASE) === Phase.NOTIFIED) return jump(frame, Doze.JUDGE);
      frame.d++;
      return jump(frame, Doze.SCAN);
    case Doze.JUDGE:
      if (words.ownerStatus(frame.seen >>> 2) === OwnerStatus.GONE) return jump(frame, Doze.WAKE);
      frame.d++;
      return jump(frame, Doze.SCAN);
    case Doze.WAKE:
      frame.c = 1;
      return jump(frame, Doze.LEAVE);
    case Doze.HOLDER:
      frame.seen = holder(lock);
      return jump(frame, frame.seen === 0 ? Doze.SLEEP : Doze.JUDGE_HOLDER);
    case Doze.JUDGE_HOLDER:
      return jump(frame, lock.ownerStatus(frame.seen) === OwnerStatus.ALIVE ? Doze.SLEEP : Doze.LEAVE);
    default:
      words.compareExchange(STATE(frame.a), mine | Phase.WAITING, mine | Phase.LEFT);
      return enter(frame, Stage.ACQUIRE);
  }
}

// Frees the own place, and those of threads that died notified, if one of those was the reason to wake.
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

/** Places of {@linkcode notify}. */
export const Notify = { START: 0, SCAN: 1, JUDGE: 2, COMPARE: 3, LOOK: 4, PUT: 5, WAKE: 6 } as const;

/** Wakes the `frame.a` threads that have waited longest; under the lock. `frame.b` is the number of places. */
export function notify(words: Words, frame: Frame): Outcome {
  switch (frame.pc) {
    // c: the best place so far, e: its ticket.
    case Notify.START:
      frame.d = 0;
      frame.c = -1;
      return frame.a === 0 ? end(frame, Result.OK) : jump(frame, Notify.SCAN);
    case Notify.SCAN:
      if (frame.d === frame.b) return frame.c < 0 ? end(frame, Result.OK) : jump(frame, Notify.LOOK);
      frame.seen = words.load(STATE(frame.d));
      if ((frame.seen & PHASE) === Phase.WAITING) return jump(frame, Notify.JUDGE);
      frame.d++;
      return jump(frame, Notify.SCAN);
    case Notify.JUDGE:
      if (words.ownerStatus(frame.seen >>> 2) === OwnerStatus.ALIVE) return jump(frame, Notify.COMPARE);
      frame.d++;
      return jump(frame, Notify.SCAN);
    case Notify.COMPARE: {
      const ticket = words.load(TICKET(frame.d));
      if (frame.c < 0 || ((ticket - frame.e) | 0) < 0) {
        frame.c = frame.d;
        frame.e = ticket;
      }
      frame.d++;
      return jump(frame, Notify.SCAN);
    }
    case Notify.LOOK:
      frame.seen = words.load(STATE(frame.c));
      return jump(frame, (frame.seen & PHASE) === Phase.WAITING ? Notify.PUT : Notify.START);
    case Notify.PUT: {
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
