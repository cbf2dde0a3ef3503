/**
 * `nearest()`: the name that a misspelt one probably means, for messages.
 *
 * @module
 */

/** What other libraries call an option, as {@linkcode plain} writes it, and what it is called here. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["processes", "workers"],
  ["threads", "workers"],
  ["size", "workers"],
  ["poolsize", "workers"],
  ["njobs", "workers"],
  ["maxtasksperchild", "maxTasksPerWorker"],
  ["maxworkers", "workers"],
  ["retries", "retry"],
  ["perhost", "per"],
]);

/** Shortest name that may be a part of another one. */
const MIN_PART = 4;

/** Returns the name among `known` that is nearest to `name`; `undefined` if none is near. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const wanted = plain(name);
  const alias = ALIASES.get(wanted);
  if (alias !== undefined && known.includes(alias)) return alias;
  let best: string | undefined;
  // At most every third character is another.
  let least = Math.floor(wanted.length / 3) + 0.5;
  for (const each of known) {
    const distance = difference(wanted, plain(each));
    if (distance < least) [best, least] = [each, distance];
  }
  return best ?? known.find((each) => isPart(wanted, plain(each)));
}

// `max_workers`, `maxWorkers` and `max-workers` are one name.
const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");

function isPart(a: string, b: string): boolean {
  const [part, whole] = a.length < b.length ? [a, b] : [b, a];
  return part.length >= MIN_PART && whole.includes(part);
}

// How many characters must be added, left out, replaced or swapped with the next one.
function difference(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = rows[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwapped ? rows[i - 2][j - 2] + 1 : Infinity;
      row.push(Math.min(replaced, rows[i - 1][j] + 1, row[j - 1] + 1, swapped));
    }
    rows.push(row);
  }
  return rows[a.length][b.length];
}
