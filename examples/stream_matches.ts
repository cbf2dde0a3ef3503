/**
 * Python: a task cannot be a generator: `pool.imap` gives one result for each item, and a task that finds many matches
 * returns them at the end, in one list.
 *
 * Here a task may be a generator: each match arrives while the worker reads on. The worker waits for a slow reader, so that
 * at most 16 matches wait; leaving the loop ends the generator, and its `finally` closes the file.
 */
import { assert, assertEquals } from "@std/assert";
import { Pool, tasks } from "@isopool/isopool";
import { TempFolder } from "./support/temp.ts";
import { inWords } from "./support/words.ts";

const { grep } = tasks<typeof import("./tasks/grep.ts")>(import.meta.resolve("./tasks/grep.ts"));

using folder = new TempFolder();
const path = folder.file("numbers.txt");
const numbers = Array.from({ length: 200_000 }, (_, n) => inWords(n));
Deno.writeTextFileSync(path, numbers.map((text) => `${text}\n`).join(""));
const wanted = numbers.flatMap((text, n) => text.includes("seventy-seven") ? [{ line: n + 1, text }] : []);

// Shared memory: this thread sees the worker's progress at once.
const counts = new Int32Array(new SharedArrayBuffer(8));
await using pool = new Pool(1);

const first = [];
let furthest = 0;
for await (const match of pool.stream(grep, path, "seventy-seven", counts)) {
  first.push(match);
  await new Promise((resolve) => setTimeout(resolve, 1)); // a slow reader
  furthest = Math.max(furthest, counts[0] - first.length);
  if (first.length === 100) break;
}
console.log(`the 100th is line ${first[99].line}: ${first[99].text}; the worker was at most ${furthest} ahead`);
assertEquals(first, wanted.slice(0, 100));
assert(furthest <= 17); // 16 wait, and the generator has yielded one more.

// The next task of the only worker runs when the generator has ended.
let count = 0, last = { line: 0, text: "" };
const closed = new Int32Array(new SharedArrayBuffer(8));
for await (const match of pool.stream(grep, path, "seventy-seven", closed)) {
  assertEquals(counts[1], 1);
  count++;
  last = match;
}
console.log(`${count} in all, the last is line ${last.line}`);
assertEquals(count, wanted.length);
assertEquals(last, wanted.at(-1));
assertEquals([...closed], [wanted.length, 1]);
