/**
 * The steps of `notify(n)`: they wake exactly n waiters of a condition, if there are so many, in the order in which they
 * came. They skip the slots of dead and lost threads. condition.ts describes the slots.
 *
 * @module
 */
import { PHASE, Phase, STATE, TICKET } from "./condition_words.ts";
import { end, type Frame, jump, type Outcome, OwnerStatus, Result, type Words } from "./step.ts";

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

/**
 * Wakes the `frame.a` threads that have waited longest, under the lock. `frame.b` is the number of slots.
 *
 * Registers: `a` counts down, `d` is the slot that the scan has reached, `c` the slot with the lowest ticket so far or
 * -1, `e` that ticket.
 */
export function notify(words: Words, frame: Frame): Outcome {
  switch (frame.pc) {
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
