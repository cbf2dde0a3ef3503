/**
 * The doorbell of a worker: the host rings it after it has published calls or posted a message, and the worker parks on it
 * without missing either.
 *
 * ```
 * host                                        worker
 *   state of the call := QUEUED                 tail := TAIL; run the calls before it
 *   TAIL := behind the call                     seen := SIGNALS
 *   SIGNALS + 1                                 TAIL moved? run the calls
 *   wake the sleepers on SIGNALS and TAIL       POSTS moved since the last turn of the event loop? let it turn
 *                                               sleep on SIGNALS while it is `seen`
 *   message into the port
 *   POSTS + 1
 *   SIGNALS + 1, wake
 * ```
 *
 * TAIL counts the calls that the host has ever given to this worker, at 32 bits. A worker whose event loop turns waits for
 * TAIL itself to move (`Atomics.waitAsync`): one comparison, which cannot miss a call. A message must end the sleep of a
 * blocked worker as well, so that worker sleeps on SIGNALS. It reads SIGNALS before it checks the other two words: what the
 * host does after that check has changed SIGNALS, so the worker does not fall asleep.
 *
 * @module
 */
import { ALL, end, type Frame, jump, type Outcome, type PlainWords, Result, sleep } from "./step.ts";

/** The number of words of a doorbell. */
export const DOORBELL_WORDS = 3;
/** Word of the number of calls that the host has given so far. */
export const TAIL = 0;
/** Word that counts the signals. */
export const SIGNALS = 1;
/** Word that counts the messages in the port. */
export const POSTS = 2;

/** Steps of {@linkcode signal}. */
export const Signal = { STORE: 0, COUNT: 1, WAKE: 2, WAKE_TAIL: 3 } as const;

/** Host: with `frame.a` = 1, publishes the calls up to number `frame.b`; with 0, reports a message in the port. */
export function signal(words: PlainWords, frame: Frame): Outcome {
  switch (frame.pc) {
    case Signal.STORE:
      if (frame.a === 1) words.store(TAIL, frame.b);
      else words.add(POSTS, 1);
      return jump(frame, Signal.COUNT);
    case Signal.COUNT:
      words.add(SIGNALS, 1);
      return jump(frame, Signal.WAKE);
    case Signal.WAKE:
      words.notify(SIGNALS, ALL);
      return frame.a === 1 ? jump(frame, Signal.WAKE_TAIL) : end(frame, Result.OK);
    default:
      words.notify(TAIL, ALL);
      return end(frame, Result.OK);
  }
}

/** Steps of {@linkcode park}. */
export const Park = { LOAD_SIGNALS: 0, CHECK_TAIL: 1, CHECK_POSTS: 2, SLEEP: 3, WOKEN: 4 } as const;

/**
 * Worker: blocks until TAIL has moved from `frame.b` (`OK`). A message ends it too (`BROKEN`), if POSTS was not `frame.c`
 * before or moves meanwhile, and so does a timeout (`GAVE_UP`).
 */
export function park(words: PlainWords, frame: Frame): Outcome {
  switch (frame.pc) {
    case Park.LOAD_SIGNALS:
      frame.seen = words.load(SIGNALS);
      return jump(frame, Park.CHECK_TAIL);
    case Park.CHECK_TAIL:
      return words.load(TAIL) !== frame.b ? end(frame, Result.OK) : jump(frame, Park.CHECK_POSTS);
    case Park.CHECK_POSTS:
      return words.load(POSTS) !== frame.c ? end(frame, Result.BROKEN) : jump(frame, Park.SLEEP);
    case Park.SLEEP:
      return sleep(words, frame, SIGNALS, frame.seen, Park.WOKEN);
    default:
      if (words.load(TAIL) !== frame.b) return end(frame, Result.OK);
      return end(frame, frame.giveUp ? Result.GAVE_UP : Result.BROKEN);
  }
}

/** Worker: waits until TAIL has moved from `frame.b`, while its event loop turns, as one `Atomics.waitAsync` does. */
export function waitForTail(words: PlainWords, frame: Frame): Outcome {
  if (frame.pc === 1 && words.load(TAIL) !== frame.b) return end(frame, Result.OK);
  return sleep(words, frame, TAIL, frame.b, 1);
}
