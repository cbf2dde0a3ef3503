/**
 * How a host tells its worker that there is more to do, and how a worker that blocks misses nothing.
 *
 * ```
 * host                                   worker
 *   call on the board, QUEUED              tail := TAIL; calls before it? run them
 *   TAIL := behind it                      bell := BELL
 *   BELL + 1                               TAIL moved? look again
 *   wake whoever sleeps on BELL or TAIL    POSTS moved since the event loop has turned? let it turn
 *                                          sleep on BELL while it is `bell`
 *   message in the port
 *   POSTS + 1
 *   BELL + 1, wake
 * ```
 *
 * TAIL counts the calls that were ever given, at 32 bits. A worker whose event loop turns waits for TAIL itself to move
 * (`Atomics.waitAsync`): one comparison, which cannot miss anything. For one that blocks, a message must end the wait as
 * well, so it sleeps on BELL. It reads BELL before it looks at the others: whatever comes after that look has moved BELL,
 * and it does not fall asleep.
 *
 * @module
 */
import { ALL, end, type Frame, jump, type Outcome, type PlainWords, Result, sleep } from "./step.ts";

/** How many words a bell takes. */
export const DOORBELL_WORDS = 3;
/** Word of the number of calls given so far. */
export const TAIL = 0;
/** Word that counts the rings. */
export const SIGNALS = 1;
/** Word that counts the messages in the port. */
export const POSTS = 2;

/** Places of {@linkcode signal}. */
export const Signal = { START: 0, COUNT: 1, WAKE: 2, TELL: 3 } as const;

/** Host: with `frame.a` set to 1, announces that there are calls up to number `frame.b`; else, a message in the port. */
export function signal(words: PlainWords, frame: Frame): Outcome {
  switch (frame.pc) {
    case Signal.START:
      if (frame.a === 1) words.store(TAIL, frame.b);
      else words.add(POSTS, 1);
      return jump(frame, Signal.COUNT);
    case Signal.COUNT:
      words.add(SIGNALS, 1);
      return jump(frame, Signal.WAKE);
    case Signal.WAKE:
      words.notify(SIGNALS, ALL);
      return frame.a === 1 ? jump(frame, Signal.TELL) : end(frame, Result.OK);
    default:
      words.notify(TAIL, ALL);
      return end(frame, Result.OK);
  }
}

/** Places of {@linkcode park}. */
export const Park = { START: 0, LOOK: 1, POSTED: 2, SLEEP: 3, WOKEN: 4 } as const;

/**
 * Worker: waits until TAIL has moved from `frame.b` (`OK`); a message ends it, too (`BROKEN`), if POSTS was not
 * `frame.c` before or moves meanwhile, and so does time (`GAVE_UP`).
 */
export function park(words: PlainWords, frame: Frame): Outcome {
  switch (frame.pc) {
    case Park.START:
      frame.seen = words.load(SIGNALS);
      return jump(frame, Park.LOOK);
    case Park.LOOK:
      return words.load(TAIL) !== frame.b ? end(frame, Result.OK) : jump(frame, Park.POSTED);
    case Park.POSTED:
      return words.load(POSTS) !== frame.c ? end(frame, Result.BROKEN) : jump(frame, Park.SLEEP);
    case Park.SLEEP:
      return sleep(words, frame, SIGNALS, frame.seen, Park.WOKEN);
    default:
      if (words.load(TAIL) !== frame.b) return end(frame, Result.OK);
      return end(frame, frame.quit ? Result.GAVE_UP : Result.BROKEN);
  }
}

/** Worker: waits until TAIL has moved from `frame.b`, while its event loop turns: `Atomics.waitAsync` does it in one. */
export function follow(words: PlainWords, frame: Frame): Outcome {
  if (frame.pc === 1 && words.load(TAIL) !== frame.b) return end(frame, Result.OK);
  return sleep(words, frame, TAIL, frame.b, 1);
}
