/**
 * How a host tells its worker that there is more to do, and how a worker that blocks misses nothing.
 *
 * ```
 * host                                   worker
 *   call on the board, HERE                tail := TAIL; calls before it? run them
 *   TAIL := behind it                      bell := BELL
 *   BELL + 1                               TAIL moved? look again
 *   wake whoever sleeps on BELL            sleep on BELL while it is `bell`
 *
 *   message in the port
 *   BELL + 1, wake                         rung, and TAIL has not moved: let the event loop turn
 * ```
 *
 * TAIL counts the calls that were ever given, at 32 bits. A worker whose event loop turns waits for TAIL itself to move
 * (`Atomics.waitAsync`): one comparison, which cannot miss anything. For one that blocks, a message must end the wait as
 * well, so it sleeps on BELL. It reads BELL before it looks at TAIL again: whatever comes after that look has moved BELL,
 * and it does not fall asleep.
 *
 * @module
 */
import { ALL, end, type Frame, go, type Outcome, Result, sleep, type Words } from "./step.ts";

/** How many words a bell takes. */
export const BELL_WORDS = 2;
/** Word of the number of calls given so far. */
export const TAIL = 0;
/** Word that counts the rings. */
export const BELL = 1;

/** Places of {@linkcode ring}. */
export const Ring = { START: 0, COUNT: 1, WAKE: 2 } as const;

/** Host: with `frame.a` set to 1, announces that there are calls up to number `frame.b`; rings in any case. */
export function ring(words: Words, frame: Frame): Outcome {
  switch (frame.pc) {
    case Ring.START:
      if (frame.a === 1) words.store(TAIL, frame.b);
      return go(frame, Ring.COUNT);
    case Ring.COUNT:
      words.add(BELL, 1);
      return go(frame, Ring.WAKE);
    default:
      words.notify(BELL, ALL);
      return end(frame, Result.OK);
  }
}

/** Places of {@linkcode rest}. */
export const Rest = { START: 0, LOOK: 1, SLEEP: 2, WOKEN: 3 } as const;

/**
 * Worker: waits until TAIL has moved from `frame.b` (`OK`); a ring without that ends it (`BROKEN`), and so does time
 * (`GAVE_UP`).
 */
export function rest(words: Words, frame: Frame): Outcome {
  switch (frame.pc) {
    case Rest.START:
      frame.seen = words.load(BELL);
      return go(frame, Rest.LOOK);
    case Rest.LOOK:
      return words.load(TAIL) !== frame.b ? end(frame, Result.OK) : go(frame, Rest.SLEEP);
    case Rest.SLEEP:
      return sleep(words, frame, BELL, frame.seen, Rest.WOKEN);
    default:
      if (words.load(TAIL) !== frame.b) return end(frame, Result.OK);
      return end(frame, frame.quit ? Result.GAVE_UP : Result.BROKEN);
  }
}
