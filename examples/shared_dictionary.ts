/**
 * Python: a big argument is pickled for every call; the workaround is a global that `initializer` sets, or joblib's memmap.
 *
 * `share` sends a value to each worker once, for any number of calls that use it.
 */
import { assert, assertEquals } from "@std/assert";
import { Pool, tasks } from "@isopool/isopool";
import { inWords } from "./support/words.ts";

const { lookUp, copies } = tasks<typeof import("./tasks/dictionary.ts")>(import.meta.resolve("./tasks/dictionary.ts"));

const ENTRIES = 50_000, CALLS = 5_000;
const words = Array.from({ length: ENTRIES }, (_, n) => inWords(n));
const entries = new Map(words.map((text, n) => [text, n]));

let start = performance.now();
structuredClone(entries);
const copyMs = performance.now() - start;

await using pool = new Pool(2);
using dictionary = pool.share<ReadonlyMap<string, number>>(entries);

start = performance.now();
const numbers = Array.from({ length: CALLS }, (_, i) => (i * 7_919) % ENTRIES);
const found = await pool.starmap(lookUp, numbers.map((n) => [dictionary, words[n]] as const));
const lookUpMs = performance.now() - start;
assertEquals(found, numbers);

const sent = (await pool.broadcast(copies)).filter((count) => count > 0);
console.log(
  `${CALLS} look-ups in ${ENTRIES} entries: ${lookUpMs.toFixed(0)} ms; copies in each worker: ${sent.join(", ")}`,
);
console.log(
  `one copy takes ${copyMs.toFixed(0)} ms, one for each call would take ${(copyMs * CALLS / 1000).toFixed(0)} s`,
);
assert(sent.length > 0 && sent.every((count) => count === 1));
