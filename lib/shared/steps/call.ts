/**
 * The word of a call on the board: who moves it away from _queued_ has the call, by one compare-and-exchange
 * (`protocol/call_table.ts` runs it, `tests/model/calls.ts` explores it).
 *
 * A word is `lap << 4 | state`. The lap says how often its position has been used: who still means an earlier call finds
 * another lap, and leaves the word alone.
 *
 * @module
 */
import type { PlainWords } from "./step.ts";

/** The states that these steps know; the rest is the board's. A position that no call has had yet is 0. */
export const CallState = { QUEUED: 1, RUNNING: 2, WITHDRAWN: 3 } as const;

/** Whether the call of a lap is queued, still. `lap` is shifted. */
export function isQueued(words: PlainWords, at: number, lap: number): boolean {
  return words.load(at) === (lap | CallState.QUEUED);
}

/** Takes a queued call; `false` if somebody else has. */
export function claimCall(words: PlainWords, at: number, lap: number, to: number): boolean {
  const queued = lap | CallState.QUEUED;
  return words.compareExchange(at, queued, lap | to) === queued;
}
