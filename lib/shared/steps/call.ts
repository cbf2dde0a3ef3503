/**
 * The word of a call on the board: who moves it away from _queued_ has the call. One load and one compare-and-exchange;
 * each is a step by itself (`protocol/board.ts` runs them, `tests/model/calls.ts` explores them).
 *
 * A word is `lap << 4 | state`. The lap says how often its position has been used: who still means an earlier call finds
 * another lap, and leaves the word alone.
 *
 * @module
 */
import type { PlainWords } from "./step.ts";

/** The states that these steps know; the rest is the board's. */
export const CallState = {
  /** Queued; its arguments are in a message. */
  QUEUED: 0,
  RUNNING: 1,
  WITHDRAWN: 2,
  /** Queued; its arguments are in shared memory. */
  HERE: 10,
} as const;

/** How the call of a lap is queued; -1 if it is not, or not any more. `lap` is shifted. */
export function queuedAs(words: PlainWords, at: number, lap: number): number {
  const state = words.load(at) ^ lap;
  return state === CallState.QUEUED || state === CallState.HERE ? state : -1;
}

/** Takes a call that was found queued as `state`; `false` if somebody else has. */
export function claimCall(words: PlainWords, at: number, lap: number, state: number, to: number): boolean {
  return words.compareExchange(at, lap | state, lap | to) === (lap | state);
}
