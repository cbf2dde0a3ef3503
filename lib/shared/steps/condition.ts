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
 * notification and the lock leaves its slot NOTIFIED: that is a notification without a receiver. A waiter that sees such a
 * slot when it wakes returns, as after a spurious wake-up, and frees one of them: one waiter for each notification. If a
 * new waiter finds no other slot, it takes one of these, and passes the notification on to the thread that has waited
 * longest. If a thread dies with the lock held, no thread could notify: all waiters leave, and find the lock abandoned, or
 * recovered by one of them.
 *
 * @module
 */
import { notify } from "./condition_notify.ts";
import { NEXT, PHASE, Phase, STATE, TICKET } from "./condition_words.ts";
import { acquire, holder, passNotificationOn, release } from "./lock.ts";
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

/** Stages of {@linkcode wait}. */
export const Stage = { JOIN: 0, RELEASE: 1, SLEEP: 2, ACQUIRE: 3, LEAVE: 4, PASS_ON: 5, REPLACE: 6 } as const;

/**
 * Releases the lock, sleeps until notified, takes the lock again. `frame.b` is the number of slots. `OK`: notified, or a
 * spurious wake-up; `GAVE_UP`: the time was up, and this thread holds the lock again; `ABANDONED`, `LOST`: it does not
 * hold the lock; `FULL`: nothing happened.
 */
export function wait(words: Words, lock: Words, frame: Frame): Outcome {
  switch (frame.stage) {
    case Stage.JOIN:
    case Stage.REPLACE:
      return join(words, frame);
    case Stage.PASS_ON:
      // notify() leaves `a` and `d` as it likes; the scan begins again.
      if (notify(words, frame) !== DONE) return CONTINUE;
      frame.d = 0;
      return enter(frame, Stage.REPLACE);
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

/** Stops a wait that has begun to take the lock again: it frees its slot, and ends with `result` and without the lock. */
export function stopTakingLock(lock: Words, frame: Frame, result: number): Outcome {
  passNotificationOn(lock);
  frame.result = result;
  return enter(frame, Stage.LEAVE);
}

/** Steps of the stages JOIN and REPLACE. */
export const Join = { LOAD: 0, CHECK_OWNER: 1, LOAD_NEXT: 2, STORE_NEXT: 3, STORE_TICKET: 4, STORE_STATE: 5 } as const;

// Takes a slot. a: the slot of this thread; c: in the scan, 1 if a notified thread has died, and the ticket after that; d:
// the slot under examination. The stage REPLACE may take the slot of a notified thread that has died.
function join(words: Words, frame: Frame): Outcome {
  switch (frame.pc) {
    case Join.LOAD:
      frame.seen = words.load(STATE(frame.d));
      return jump(frame, frame.seen === 0 ? Join.LOAD_NEXT : Join.CHECK_OWNER);
    case Join.CHECK_OWNER:
      if (words.ownerStatus(frame.seen >>> 2) === OwnerStatus.GONE) {
        if ((frame.seen & PHASE) !== Phase.NOTIFIED || frame.stage === Stage.REPLACE) {
          return jump(frame, Join.LOAD_NEXT);
        }
        frame.c = 1;
      }
      if (++frame.d < frame.b) return jump(frame, Join.LOAD);
      if (frame.c === 0 || frame.stage === Stage.REPLACE) return end(frame, Result.FULL);
      frame.a = 1;
      return enter(frame, Stage.PASS_ON);
    case Join.LOAD_NEXT:
      frame.a = frame.d;
      frame.c = words.load(NEXT);
      return jump(frame, Join.STORE_NEXT);
    case Join.STORE_NEXT:
      words.store(NEXT, (frame.c + 1) | 0);
      return jump(frame, Join.STORE_TICKET);
    case Join.STORE_TICKET:
      words.store(TICKET(frame.a), frame.c);
      return jump(frame, Join.STORE_STATE);
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
    default: {
      const found = words.compareExchange(STATE(frame.a), mine | Phase.WAITING, mine | Phase.LEFT);
      // This thread has a notification of its own: that of the dead thread is for another waiter.
      if (found !== (mine | Phase.WAITING)) frame.c = 0;
      return enter(frame, Stage.ACQUIRE);
    }
  }
}

/** Steps of the stage LEAVE. */
export const Leave = { FREE: 0, SCAN: 1, CHECK_OWNER: 2, FREE_DEAD: 3 } as const;

// Frees the slot of this thread. If it woke because a notified thread has died, it frees the slot of one such thread: each
// of their notifications wakes a waiter.
function leave(words: Words, frame: Frame): Outcome {
  switch (frame.pc) {
    case Leave.FREE:
      if (frame.result !== Result.OK) frame.e = frame.result;
      words.store(STATE(frame.a), 0);
      frame.d = 0;
      return frame.c === 0 || frame.result !== Result.OK ? end(frame, frame.e) : jump(frame, Leave.SCAN);
    case Leave.SCAN:
      if (frame.d === frame.b) return end(frame, frame.e);
      frame.seen = words.load(STATE(frame.d));
      if ((frame.seen & PHASE) === Phase.NOTIFIED) return jump(frame, Leave.CHECK_OWNER);
      frame.d++;
      return jump(frame, Leave.SCAN);
    case Leave.CHECK_OWNER:
      if (words.ownerStatus(frame.seen >>> 2) === OwnerStatus.GONE) return jump(frame, Leave.FREE_DEAD);
      frame.d++;
      return jump(frame, Leave.SCAN);
    default:
      words.store(STATE(frame.d), 0);
      return end(frame, frame.e);
  }
}
