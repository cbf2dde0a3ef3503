/**
 * The initializer of the command line's workers: what tasks print goes to standard error, because standard output holds
 * the results.
 *
 * @module
 */

import { performance } from "../core/platform.ts";

/** Sends `console.log` and the like to standard error. */
export function printToStderr(): void {
  const { error } = console;
  const dir = (value: unknown, options?: Deno.InspectOptions) => error(Deno.inspect(value, options));
  Object.assign(console, { log: error, info: error, debug: error, dir, table: (value: unknown) => dir(value) });
  // `count` and the timers of `console` do not print through `console.log`, so they are replaced as well.
  const counts = new Map<string, number>();
  const starts = new Map<string, number>();
  const tellTime = (label = "default", ...more: unknown[]) => {
    const start = starts.get(label);
    if (start !== undefined) error(`${label}: ${(performance.now() - start).toFixed(1)} ms`, ...more);
  };
  Object.assign(console, {
    count(label = "default") {
      counts.set(label, (counts.get(label) ?? 0) + 1);
      error(`${label}: ${counts.get(label)}`);
    },
    countReset: (label = "default") => counts.delete(label),
    time: (label = "default") => starts.set(label, performance.now()),
    timeLog: tellTime,
    timeEnd(label = "default") {
      tellTime(label);
      starts.delete(label);
    },
  });
}
