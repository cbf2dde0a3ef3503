/**
 * Permits with an owner: one word for each permit, 0 or the id of the thread that holds it, and one word that counts the
 * releases, for waiters to sleep on.
 *
 * ```
 * RELEASES | permit 0 | permit 1 | ...
 * ```
 *
 * One CAS takes a permit, whether it is free or a dead thread holds it: a permit guards no data that could be half
 * written, so there is nothing to recover. A permit of a lost thread stays taken: that thread may still use the resource.
 *
 * Invariant: a sleeper has seen all permits taken after it had read RELEASES. A release frees the permit first and counts
 * after that, so either the sleeper saw the free permit, or the count has changed and the sleeper wakes.
 *
 * @module
 */
import { end, type Frame, jump, type Outcome, OwnerStatus, Result, sleep, type Words } from "./step.ts";

const RELEASES = 0;
const FIRST = 1;

/** Returns how many words `permits` permits take. */
export const permitWords = (permits: number): number => FIRST + permits;

/** Steps of {@linkcode acquirePermit}. */
export const AcquirePermit = { LOAD_RELEASES: 0, TRY: 1, CHECK_OWNER: 2, TAKE_OVER: 3, SLEEP: 4, WOKEN: 5 } as const;

/** Takes one given permit if it is free, as a plain function, for the uncontended path. */
export function tryAcquirePermit(words: Words, me: number, permit: number): boolean {
  return words.compareExchange(FIRST + permit, 0, me) === 0;
}

/** Takes one of `frame.b` permits: `OK`, and `frame.a` is its index; or `GAVE_UP`. `frame.c` is RELEASES as read. */
export function acquirePermit(words: Words, frame: Frame): Outcome {
  switch (frame.pc) {
    case AcquirePermit.LOAD_RELEASES:
      frame.c = words.load(RELEASES);
      frame.a = 0;
      return jump(frame, AcquirePermit.TRY);
    case AcquirePermit.TRY:
      frame.seen = words.compareExchange(FIRST + frame.a, 0, frame.me);
      return frame.seen === 0 ? end(frame, Result.OK) : jump(frame, AcquirePermit.CHECK_OWNER);
    case AcquirePermit.CHECK_OWNER:
      if (words.ownerStatus(frame.seen) === OwnerStatus.GONE) return jump(frame, AcquirePermit.TAKE_OVER);
      return jump(frame, ++frame.a < frame.b ? AcquirePermit.TRY : AcquirePermit.SLEEP);
    case AcquirePermit.TAKE_OVER: {
      const found = words.compareExchange(FIRST + frame.a, frame.seen, frame.me);
      return found === frame.seen ? end(frame, Result.OK) : jump(frame, AcquirePermit.TRY);
    }
    case AcquirePermit.SLEEP:
      return sleep(words, frame, RELEASES, frame.c, AcquirePermit.WOKEN);
    default:
      if (!frame.giveUp) return jump(frame, AcquirePermit.LOAD_RELEASES);
      words.notify(RELEASES, 1);
      return end(frame, Result.GAVE_UP);
  }
}

/** Steps of {@linkcode releasePermit}. */
export const ReleasePermit = { FREE: 0, COUNT: 1, WAKE: 2 } as const;

/** Releases permit `frame.a`. */
export function releasePermit(words: Words, frame: Frame): Outcome {
  switch (frame.pc) {
    case ReleasePermit.FREE:
      words.store(FIRST + frame.a, 0);
      return jump(frame, ReleasePermit.COUNT);
    case ReleasePermit.COUNT:
      words.add(RELEASES, 1);
      return jump(frame, ReleasePermit.WAKE);
    default:
      words.notify(RELEASES, 1);
      return end(frame, Result.OK);
  }
}

/**
 * Takes one of `permits` permits that is free, or that a dead thread holds, without a wait; returns its index, or -1. The
 * same steps as in {@linkcode acquirePermit}.
 */
export function tryAcquireAny(words: Words, me: number, permits: number): number {
  for (let permit = 0; permit < permits; permit++) {
    const seen = words.compareExchange(FIRST + permit, 0, me);
    if (seen === 0) return permit;
    if (words.ownerStatus(seen) !== OwnerStatus.GONE) continue;
    if (words.compareExchange(FIRST + permit, seen, me) === seen) return permit;
  }
  return -1;
}

/** Returns how many of `permits` permits no living thread holds. */
export function freePermits(words: Words, permits: number): number {
  let free = 0;
  for (let permit = 0; permit < permits; permit++) {
    const owner = words.load(FIRST + permit);
    if (owner === 0 || words.ownerStatus(owner) === OwnerStatus.GONE) free++;
  }
  return free;
}
