/**
 * Python: `for _ in range(10**7): data = hashlib.sha256(data).digest()` on four inputs, in a `ProcessPoolExecutor`.
 *
 * The task takes bytes and returns the first eight bytes of the last hash. The full 10**7 rounds take minutes;
 * `--rounds=100000` takes a moment.
 */
import { assertEquals } from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";
import { Pool, tasks } from "@isopool/isopool";

const { chain } = tasks<typeof import("./tasks/chain.ts")>(import.meta.resolve("./tasks/chain.ts"));

const ids = ["apple", "banana", "cherry", "date"];
/** The results of Python's hashlib. */
const known: Record<number, string[]> = {
  [10 ** 5]: ["94c2fd166c7f3c02", "6410a9cbbfcf277b", "e3a46fd172042172", "bc740ff0e347bc46"],
  [10 ** 7]: ["d64ed76cc0f2d175", "4170cafe82ccfcd0", "1dcc2b5d39cd5154", "ef586d88d804f899"],
};

const rounds = Number(parseArgs(Deno.args, { string: ["rounds"] }).rounds ?? 10 ** 7);
const encoder = new TextEncoder();

const start = performance.now();
await using pool = new Pool(4);
const results = await pool.starmap(chain, ids.map((id): [Uint8Array, number] => [encoder.encode(id), rounds]));
const digests = results.map((bytes) => bytes.toHex());

digests.forEach((digest, i) => console.log(ids[i].padEnd(7), digest));
console.log(`${rounds} rounds each, ${((performance.now() - start) / 1000).toFixed(1)} s`);
if (known[rounds]) assertEquals(digests, known[rounds]);
