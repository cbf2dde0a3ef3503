/**
 * Permits that belong to their holders: one word for each permit, 0 or the id of the thread that has it, and one word
 * that moves with every release, to sleep on.
 *
 * ```
 * MOVED | permit 0 | permit 1 | ...
 * ```
 *
 * A permit is taken by one CAS, from nobody or from a dead thread: it guards no data that could be half-written, so
 * there is nothing to recover. One of a thread that was given up stays taken: that thread may still use what it is for.
 *
 * Invariant: a sleeper has seen all permits taken after it had read MOVED. A release frees first and moves MOVED then,
 * so it either was seen, or wakes a sleeper.
 *
 * @module
 */
import { end, type Frame, jump, type Outcome, OwnerStatus, Result, sleep, type Words } from "./step.ts";

const MOVED = 0;
const FIRST = 1;

/** How many words this many permits take. */
export const permitWords = (permits: number): number => FIRST + permits;

/** Places of {@linkcode claim}. */
export const Claim = { START: 0, TRY: 1, JUDGE: 2, INHERIT: 3, SLEEP: 4, LOOK: 5 } as const;

/** The word of a permit, for callers in a hurry: whether it was free, and is taken now. */
export function tryClaim(words: Words, me: number, permit: number): boolean {
  return words.compareExchange(FIRST + permit, 0, me) === 0;
}

/** Takes one of `frame.b` permits: `OK`, and `frame.a` is its number; or `GAVE_UP`. `frame.c` is MOVED as read. */
export function claim(words: Words, frame: Frame): Outcome {
  switch (frame.pc) {
    case Claim.START:
      frame.c = words.load(MOVED);
      frame.a = 0;
      return jump(frame, Claim.TRY);
    case Claim.TRY:
      frame.seen = words.compareExchange(FIRST + frame.a, 0, frame.me);
      return frame.seen === 0 ? end(frame, Result.OK) : jump(frame, Claim.JUDGE);
    case Claim.JUDGE:
      if (words.ownerStatus(frame.seen) === OwnerStatus.GONE) return jump(frame, Claim.INHERIT);
      return jump(frame, ++frame.a < frame.b ? Claim.TRY : Claim.SLEEP);
    case Claim.INHERIT: {
      const found = words.compareExchange(FIRST + frame.a, frame.seen, frame.me);
      return found === frame.seen ? end(frame, Result.OK) : jump(frame, Claim.TRY);
    }
    case Claim.SLEEP:
      return sleep(words, frame, MOVED, frame.c, Claim.LOOK);
    default:
      if (!frame.quit) return jump(frame, Claim.START);
      words.notify(MOVED, 1);
      return end(frame, Result.GAVE_UP);
  }
}

/** Places of {@linkcode unclaim}. */
export const Unclaim = { START: 0, MOVE: 1, WAKE: 2 } as const;

/** Gives back permit `frame.a`. */
export function unclaim(words: Words, frame: Frame): Outcome {
  switch (frame.pc) {
    case Unclaim.START:
      words.store(FIRST + frame.a, 0);
      return jump(frame, Unclaim.MOVE);
    case Unclaim.MOVE:
      words.add(MOVED, 1);
      return jump(frame, Unclaim.WAKE);
    default:
      words.notify(MOVED, 1);
      return end(frame, Result.OK);
  }
}

/** How many of so many permits are free. */
export function freePermits(words: Words, permits: number): number {
  let free = 0;
  for (let permit = 0; permit < permits; permit++) if (words.load(FIRST + permit) === 0) free++;
  return free;
}
