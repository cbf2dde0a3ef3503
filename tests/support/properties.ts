/**
 * How random tests run: a few seconds each, with new seeds every time. A failure prints its seed and the program;
 * `ISOPOOL_SEED` runs it again, `ISOPOOL_PROPERTIES=long` makes 20 times as many.
 *
 * @module
 */

const LONG = Deno.env.get("ISOPOOL_PROPERTIES") === "long";

/** Parameters for `fc.assert`. What real threads do differs from run to run, so that shrinking it finds nothing. */
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
