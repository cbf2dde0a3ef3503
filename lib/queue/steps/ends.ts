/**
 * Whether an end of a pipe is gone, step by step.
 *
 * ```
 * words of an end:  HOLDER | SENT       SENT is odd while the end is under way, and grows with each arrival
 *
 *   made                HOLDER = this thread
 *   put into a message  SENT | 1             it is open, wherever it is
 *   arrives             HOLDER = that thread, then SENT is even again
 *   closed              HOLDER = 0, by its holder
 *
 * gone: no living holder, and not under way
 * ```
 *
 * The two words cannot be read at one moment, and the end may arrive in between: its old holder is gone, and then it is
 * not under way any more. So SENT is read twice: if it is the same, nothing has left or arrived meanwhile.
 *
 * @module
 */
import { DONE, end, type Frame, jump, type Outcome, OwnerStatus, Result, type Words } from "../../shared/steps/step.ts";

/** Words of an end. */
export const End = { HOLDER: 0, SENT: 1, SIZE: 2 } as const;

/** It goes into a message. */
export function send(words: Words): void {
  words.or(End.SENT, 1);
}

/** It has arrived at this thread. */
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

/** Looks at an end: `CLOSED` if it is gone, else `OK`. */
export function look(words: Words, frame: Frame): Outcome {
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

/** Its holder closes it: `CLOSED` if it is gone now, `OK` if somebody else has it or will. */
export function leave(words: Words, frame: Frame): Outcome {
  if (frame.stage === 1) return look(words, frame);
  frame.stage = 1;
  return words.compareExchange(End.HOLDER, frame.me, 0) === frame.me ? jump(frame, 0) : end(frame, Result.OK);
}
