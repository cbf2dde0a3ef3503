/**
 * Parameters of random tests: they run a few seconds each, with a new seed every time. A failure prints its seed and the
 * program. `ISOPOOL_SEED` repeats that run; a long run (rounds.ts) has 20 times as many.
 *
 * @module
 */

import { LONG } from "./rounds.ts";

/** Returns parameters for `fc.assert`. Real threads behave differently in each run, so shrinking a failure finds nothing. */
export function runs(count: number, { shrink = false } = {}): {
  numRuns: number;
  seed?: number;
  endOnFailure: boolean;
} {
  const seed = Deno.env.get("ISOPOOL_SEED");
  return {
    numRuns: LONG ? count * 20 : count,
    ...seed !== undefined && { seed: Number(seed) },
    endOnFailure: !shrink,
  };
}

/** Bound for a property, in milliseconds. */
export const DEADLINE = { deadline: LONG ? 1_200_000 : 60_000 };
