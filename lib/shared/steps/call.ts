/**
 * The state word of one slot of the call table. The thread that moves it away from _queued_, by one compare-and-exchange,
 * has the call: the worker to run it, or the host to take it back (`protocol/call_table.ts` runs this,
 * `tests/model/calls.ts` explores it).
 *
 * A word is `generation << 4 | state`. The generation counts how often the slot has been used. It tells a reused slot from
 * the call that used it before (ABA): without it the worker could run the slot's next call in place of a withdrawn one.
 *
 * @module
 */
import type { PlainWords } from "./step.ts";

/** The states that these steps use; the call table defines the others. A slot that has had no call yet is 0. */
export const CallState = { QUEUED: 1, RUNNING: 2, WITHDRAWN: 3 } as const;

/** Whether the call of a generation is still queued. `generation` is shifted left by 4. */
export function isQueued(words: PlainWords, at: number, generation: number): boolean {
  return words.load(at) === (generation | CallState.QUEUED);
}

/** Takes a queued call by moving it to state `to`; `false` if the other side was first. `generation` is shifted left by 4. */
export function claimCall(words: PlainWords, at: number, generation: number, to: number): boolean {
  const queued = generation | CallState.QUEUED;
  return words.compareExchange(at, queued, generation | to) === queued;
}
