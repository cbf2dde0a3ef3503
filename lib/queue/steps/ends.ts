/**
 * The steps that record which thread holds an end of a pipe, and that find out whether the end is gone.
 *
 * ```
 * words of an end:  HOLDER | SENT       SENT is odd while the end is in transit, and grows with each arrival
 *
 *   created             HOLDER = this thread
 *   put into a message  SENT | 1             the end counts as open until the message arrives
 *   arrived             HOLDER = the receiving thread, then SENT + 1: even again
 *   closed              HOLDER = 0, by its holder
 *
 * gone: no living holder, and not in transit
 * ```
 *
 * No thread can read both words at one moment. Without the second read of SENT, an end could arrive between the two
 * reads: the reader would see a dead old holder, then an end that is not in transit any more, and close a living pipe.
 * If both reads of SENT agree, the end has neither left nor arrived in between.
 *
 * @module
 */
import { DONE, end, type Frame, jump, type Outcome, OwnerStatus, Result, type Words } from "../../shared/steps/step.ts";

/** Words of an end. */
export const End = { HOLDER: 0, SENT: 1, SIZE: 2 } as const;

/** Marks the end as in transit: it is put into a message. */
export function send(words: Words): void {
  words.or(End.SENT, 1);
}

/** Makes this thread the holder of an end that has arrived. */
export function arrive(words: Words, frame: Frame): Outcome {
  switch (frame.pc) {
    case 0:
      words.store(End.HOLDER, frame.me);
      return jump(frame, 1);
    case 1:
      frame.seen = words.load(End.SENT);
      return jump(frame, 2);
    default:
      words.store(End.SENT, ((frame.seen | 1) + 1) | 0);
      return DONE;
  }
}

/** Checks an end: `CLOSED` if it is gone, otherwise `OK`. */
export function checkEnd(words: Words, frame: Frame): Outcome {
  switch (frame.pc) {
    case 0:
      frame.seen = words.load(End.SENT);
      return (frame.seen & 1) !== 0 ? end(frame, Result.OK) : jump(frame, 1);
    case 1:
      frame.d = words.load(End.HOLDER);
      return jump(frame, frame.d === 0 ? 3 : 2);
    case 2:
      return words.ownerStatus(frame.d) === OwnerStatus.GONE ? jump(frame, 3) : end(frame, Result.OK);
    default:
      return end(frame, words.load(End.SENT) === frame.seen ? Result.CLOSED : Result.OK);
  }
}

/** Closes an end for its holder: `CLOSED` if it is gone now, `OK` if another thread has it or it is in transit. */
export function leave(words: Words, frame: Frame): Outcome {
  if (frame.stage === 1) return checkEnd(words, frame);
  frame.stage = 1;
  return words.compareExchange(End.HOLDER, frame.me, 0) === frame.me ? jump(frame, 0) : end(frame, Result.OK);
}
