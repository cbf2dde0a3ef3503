/**
 * The words of a barrier, and the states that they encode. barrier.ts has the steps of the parties, barrier_reset.ts those
 * of abort and reset.
 *
 * ```
 * LOCK | STATE | COUNT | LAST_BROKEN | arrived 0 | arrived 1 | ...      STATE = generation << 1 | broken
 *
 *   generation g --the last party arrives--> g + 1      all parties of g pass
 *        \--timeout, abort, death--> g, broken --reset--> g + 1, LAST_BROKEN = g
 * ```
 *
 * @module
 */
import type { Words } from "./step.ts";

/** Word of the lock under which parties arrive. */
export const LOCK = 0;
/** Word of the generation and its broken bit. */
export const STATE = 1;
/** Word of the number of parties that have arrived. */
export const COUNT = 2;
/** Word of the STATE, without the broken bit, of the generation that was broken last. */
export const LAST_BROKEN = 3;
/** First word of the ids of the threads that have arrived. */
export const ARRIVED = 4;
/** The broken bit of STATE. */
export const BROKEN = 1;
/** LAST_BROKEN before any generation was broken. No generation has it: LAST_BROKEN never has the broken bit. */
export const NEVER = 1;
/** A waiter that sleeps through fewer generations than this still finds out that its own was broken. */
export const REMEMBERED = 64;

/** Returns the number of words of a barrier. */
export const barrierWords = (parties: number): number => ARRIVED + parties;

/** Prepares fresh, zeroed memory. */
export const initBarrier = (words: Words): void => words.store(LAST_BROKEN, NEVER);

/** Whether the barrier is broken. */
export const isBroken = (words: Words): boolean => (words.load(STATE) & BROKEN) !== 0;

/** Returns the number of parties that have arrived and wait. */
export const waiting = (words: Words): number => words.load(COUNT);

/**
 * Whether a past generation, by its `state`, ended broken: LAST_BROKEN is that generation or one soon after it. The shift
 * drops the broken bit, and makes a negative distance a large one.
 */
export function endedBroken(lastBroken: number, state: number): boolean {
  return lastBroken !== NEVER && ((lastBroken - state) >>> 1) < REMEMBERED;
}
