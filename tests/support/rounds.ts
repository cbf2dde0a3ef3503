/**
 * How often a test repeats what depends on chance or on the moment.
 *
 * @module
 */

/** Whether this run is a long one: `deno task test --long`, or `ISOPOOL_ROUNDS=long`. */
export const LONG: boolean = Deno.env.get("ISOPOOL_ROUNDS") === "long";

/** Returns the number of repetitions: `usual` in each run, which shows a rule, `long` in a long one, which shows rare breaks of it. */
export function rounds(usual: number, long: number): number {
  return LONG ? long : usual;
}
