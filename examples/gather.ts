/**
 * Python: `await asyncio.gather(count(), count(), count())` prints One, One, One, and a second later Two, Two, Two.
 *
 * The backend "async" runs tasks on this event loop: it takes closures, and tasks share the variables of this script.
 */
import { assert, assertEquals } from "@std/assert";
import { Pool } from "@isopool/isopool";

const lines: string[] = [];
const print = (line: string) => {
  console.log(line);
  lines.push(line);
};

async function count(): Promise<void> {
  print("One");
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  print("Two");
}

const start = performance.now();
await using pool = new Pool({ backend: "async" });
await Promise.all([pool.submit(count), pool.submit(count), pool.submit(count)]);
const ms = performance.now() - start;

console.log(`${(ms / 1000).toFixed(1)} s`);
assertEquals(lines, ["One", "One", "One", "Two", "Two", "Two"]);
assert(ms > 990 && ms < 2_500);
