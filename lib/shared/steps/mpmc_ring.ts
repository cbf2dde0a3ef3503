/**
 * A bounded ring buffer of records for any number of producers and consumers: two positions, and a lock for each end.
 *
 * ```
 * HEAD | TAIL                     position << 1 | closed; positions count units and wrap around
 *
 *   producer: lock the tail, write the record into free space, move TAIL, unlock, wake one consumer
 *   consumer: lock the head, read the record, move HEAD, unlock, wake the producers
 * ```
 *
 * One step moves TAIL or HEAD, and it comes last: a thread that dies before that step has put or taken nothing, a thread
 * that dies after it has done so completely. So the next thread takes over a dead thread's lock and has nothing to repair.
 * No record is lost except one that its consumer had taken; no record arrives twice; records of one producer stay in order.
 *
 * A consumer wakes all producers, because their records differ in size: a producer that still has no room would otherwise
 * keep the notification from one that has.
 *
 * @module
 */
import { acquire, release, waitsForItself } from "./lock.ts";
import { ALL, CONTINUE, DONE, end, enter, type Frame, jump, type Outcome, Result, sleep, type Words } from "./step.ts";

/** The number of words of the positions. */
export const RING_WORDS = 2;
const HEAD = 0;
const TAIL = 1;
const CLOSED = 1;

/** The shared memory of a ring. */
export interface RingWords {
  readonly positions: Words;
  /** Lock of the producers. */
  readonly putLock: Words;
  /** Lock of the consumers. */
  readonly takeLock: Words;
  /** Size in units; a power of two. */
  readonly capacity: number;
}

/**
 * Copies a record into or out of the ring: a machine of its own, which begins at step 0 and may use `d`, `e` and `seen`. A
 * consumer's copy also sets `b` to the record's units. A producer's copy may end as `FULL` if it has changed nothing: the
 * put then waits as if the ring were full; `c` is the HEAD at which there was no room. A copy may end as `CORRUPT`: then
 * nothing is put or taken.
 */
export type CopyStep = (at: number, frame: Frame) => Outcome;

/** Stages of {@linkcode put} and {@linkcode take}. */
export const Stage = { LOCK: 0, CHECK: 1, COPY: 2, COMMIT: 3, UNLOCK: 4, SLEEP: 5, WAKE: 6, PASS_ON: 7 } as const;

// In place of a result: there is no room or no record, and the machine sleeps after it has unlocked.
const WOULD_BLOCK = -1;

function units(from: number, to: number): number {
  return ((to >>> 1) - (from >>> 1)) & 0x7fffffff;
}

/** Returns the number of units in use. */
export const used = ({ positions }: RingWords): number => units(positions.load(HEAD), positions.load(TAIL));

// Registers of `put` and `take`: a is the position of the machine's own end as read (TAIL in `put`, HEAD in `take`), c that of
// the other end, b the number of units, e the result with which the machine ends once it has unlocked.

// Unlocks, then ends with a result or sleeps.
function unlock(frame: Frame, result: number): Outcome {
  frame.e = result;
  return enter(frame, Stage.UNLOCK);
}

/**
 * Puts a record of `frame.b` units: `OK`, `CLOSED`, `GAVE_UP`, `CORRUPT`, or `LOST` if a lost thread holds the lock.
 */
export function put(ring: RingWords, frame: Frame, copy: CopyStep): Outcome {
  const { positions, capacity } = ring;
  switch (frame.stage) {
    case Stage.LOCK: {
      frame.recover = true;
      const outcome = acquire(ring.putLock, frame);
      if (waitsForItself(frame, outcome)) return end(frame, Result.CORRUPT);
      return outcome === DONE && frame.result <= Result.RECOVERED ? enter(frame, Stage.CHECK) : outcome;
    }
    case Stage.CHECK:
      if (frame.pc === 0) {
        frame.a = positions.load(TAIL);
        return (frame.a & CLOSED) !== 0 ? unlock(frame, Result.CLOSED) : jump(frame, 1);
      }
      frame.c = positions.load(HEAD);
      if ((frame.c & CLOSED) !== 0) return unlock(frame, Result.CLOSED);
      return checkRoom(frame, capacity - units(frame.c, frame.a));
    case Stage.COPY: {
      const outcome = copy((frame.a >>> 1) & (capacity - 1), frame);
      if (outcome !== DONE) return outcome;
      if (frame.result === Result.FULL) return unlock(frame, WOULD_BLOCK);
      return frame.result === Result.CORRUPT ? unlock(frame, Result.CORRUPT) : enter(frame, Stage.COMMIT);
    }
    case Stage.COMMIT: {
      const found = positions.compareExchange(TAIL, frame.a, (frame.a + (frame.b << 1)) | 0);
      return unlock(frame, found === frame.a ? Result.OK : Result.CLOSED);
    }
    case Stage.UNLOCK:
      return release(ring.putLock, frame) === DONE ? unlocked(frame) : CONTINUE;
    case Stage.SLEEP:
      if (frame.pc === 0) return sleep(positions, frame, HEAD, frame.c, 1);
      return frame.giveUp ? end(frame, Result.GAVE_UP) : enter(frame, Stage.LOCK);
    default:
      positions.notify(TAIL, 1);
      return end(frame, Result.OK);
  }
}

function checkRoom(frame: Frame, free: number): Outcome {
  if (free >= frame.b) return enter(frame, Stage.COPY);
  return unlock(frame, free < 0 ? Result.CORRUPT : WOULD_BLOCK);
}

/**
 * Takes a record: `OK`, `CLOSED` if the ring is closed and empty, `GAVE_UP`, `CORRUPT`, or `LOST` if a lost thread holds
 * the lock.
 */
export function take(ring: RingWords, frame: Frame, copy: CopyStep): Outcome {
  const { positions, capacity } = ring;
  switch (frame.stage) {
    case Stage.LOCK: {
      frame.recover = true;
      const outcome = acquire(ring.takeLock, frame);
      if (waitsForItself(frame, outcome)) return end(frame, Result.CORRUPT);
      if (outcome !== DONE) return outcome;
      if (frame.result <= Result.RECOVERED) return enter(frame, Stage.CHECK);
      frame.e = frame.result;
      return enter(frame, Stage.PASS_ON);
    }
    case Stage.CHECK: {
      if (frame.pc === 0) {
        frame.a = positions.load(HEAD);
        return jump(frame, 1);
      }
      frame.c = positions.load(TAIL);
      const present = units(frame.a, frame.c);
      if (present > 0) return present <= capacity ? enter(frame, Stage.COPY) : unlock(frame, Result.CORRUPT);
      return unlock(frame, (frame.c & CLOSED) !== 0 ? Result.CLOSED : WOULD_BLOCK);
    }
    case Stage.COPY:
      if (copy((frame.a >>> 1) & (capacity - 1), frame) !== DONE) return CONTINUE;
      return frame.result === Result.CORRUPT ? unlock(frame, Result.CORRUPT) : enter(frame, Stage.COMMIT);
    case Stage.COMMIT:
      // An addition, not a store: another thread may set the closed bit at any time.
      positions.add(HEAD, frame.b << 1);
      return unlock(frame, Result.OK);
    case Stage.UNLOCK:
      return release(ring.takeLock, frame) === DONE ? unlocked(frame) : CONTINUE;
    case Stage.SLEEP:
      if (frame.pc === 0) return sleep(positions, frame, TAIL, frame.c, 1);
      if (!frame.giveUp) return enter(frame, Stage.LOCK);
      frame.e = Result.GAVE_UP;
      return enter(frame, Stage.PASS_ON);
    case Stage.WAKE:
      positions.notify(HEAD, ALL);
      return end(frame, Result.OK);
    default:
      positions.notify(TAIL, 1);
      return end(frame, frame.e);
  }
}

function unlocked(frame: Frame): Outcome {
  if (frame.e === WOULD_BLOCK) return enter(frame, Stage.SLEEP);
  return frame.e === Result.OK ? enter(frame, Stage.WAKE) : end(frame, frame.e);
}

/** Waits until there is a record or the ring is closed, and takes nothing: `OK` or `GAVE_UP`. */
export function ready({ positions }: RingWords, frame: Frame): Outcome {
  // This machine may have received a notification that it does not use: another consumer gets it.
  if (frame.giveUp) {
    positions.notify(TAIL, 1);
    return end(frame, Result.GAVE_UP);
  }
  if (frame.pc === 0) {
    frame.a = positions.load(HEAD);
    return jump(frame, 1);
  }
  frame.c = positions.load(TAIL);
  if (units(frame.a, frame.c) > 0 || (frame.c & CLOSED) !== 0) return end(frame, Result.OK);
  return sleep(positions, frame, TAIL, frame.c, 0);
}

/** Notifies another consumer of a record, for a consumer that was woken or is `ready` and takes from elsewhere. */
export function passNotificationOn({ positions }: RingWords, frame: Frame): Outcome {
  positions.notify(TAIL, 1);
  return end(frame, Result.OK);
}

/** Closes the ring: producers put no more, and consumers end once it is empty. */
export function close({ positions }: RingWords, frame: Frame): Outcome {
  switch (frame.pc) {
    case 0:
      positions.or(TAIL, CLOSED);
      return jump(frame, 1);
    case 1:
      positions.or(HEAD, CLOSED);
      return jump(frame, 2);
    case 2:
      positions.notify(TAIL, ALL);
      return jump(frame, 3);
    default:
      positions.notify(HEAD, ALL);
      return end(frame, Result.OK);
  }
}
