/**
 * Ids of calls in Redis: `<executor>-<time><random>-<number>`. The middle part is one pool's, and later pools of the same
 * executor have greater ones.
 *
 * @module
 */
import { crypto, Date } from "../core/platform.ts";

const DIGITS = 36;
/** Digits of a time in milliseconds, until the year 5188. */
const TIME_LENGTH = 9;
/** A pattern of Lua that matches the id of a call. Its group is the part that all ids of one pool begin with. */
export const RUN_PATTERN = "^(.+)%-%d+$";
const ID = /^(.+)-([0-9a-z]{9}[0-9a-f]{8})-(\d+)$/s;

/** Returns what the ids of all calls of a pool begin with. */
export function makeRun(executor = "pool"): string {
  const time = Date.now().toString(DIGITS).padStart(TIME_LENGTH, "0");
  return `${executor}-${time}${crypto.randomUUID().slice(0, 8)}`;
}

/** Of the ids of calls, returns those of the last pool of an executor, in the order in which it has sent them. */
export function lastRun(ids: Iterable<string>, executor: string): string[] {
  let newest = "";
  let found: [id: string, number: number][] = [];
  for (const id of ids) {
    const [, name, run, number] = ID.exec(id) ?? [];
    if (name !== executor || run < newest) continue;
    if (run > newest) found = [];
    newest = run;
    found.push([id, Number(number)]);
  }
  return found.sort(([, a], [, b]) => a - b).map(([id]) => id);
}
