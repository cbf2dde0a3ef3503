/**
 * Python: numerics on every core: `Array` or `shared_memory` with NumPy on top, or all data pickled to every process.
 *
 * The bytes of a real program, Deno itself, are read once into a `SharedArray`. Each worker gets slices of it, which are
 * the same memory: nothing is copied, nothing is sent back. Elements that all workers write need atomic operations; an
 * element that only one worker writes does not.
 *
 * ```
 * bytes      | block 0 | block 1 | ...      each read by one worker
 * histogram  [0] ... [255]                  all workers add to it: atomic
 * entropies  [0] [1] ...                    one element for each block: not atomic
 * ```
 */
import { assert, assertEquals } from "@std/assert";
import { Pool, SharedArray, tasks } from "@isopool/isopool";
import { entropy } from "./tasks/histogram.ts";

const { countBlock } = tasks<typeof import("./tasks/histogram.ts")>(import.meta.resolve("./tasks/histogram.ts"));

const BLOCK = 2 ** 20, BLOCKS = 32;
const bytes = new SharedArray("u8", BLOCK * BLOCKS);
using file = Deno.openSync(Deno.execPath());
for (let at = 0, read: number | null = 0; at < bytes.length && read !== null; at += read ?? 0) {
  read = file.readSync(bytes.view.subarray(at));
}

const histogram = new SharedArray("u32", 256);
const entropies = new SharedArray("f64", BLOCKS);
{
  await using pool = new Pool();
  await pool.starmap(
    countBlock,
    Array.from({ length: BLOCKS }, (_, i) => {
      return [bytes.slice(i * BLOCK, (i + 1) * BLOCK), i, histogram, entropies] as const;
    }),
  );
}

const lowest = entropies.view.indexOf(Math.min(...entropies));
const highest = entropies.view.indexOf(Math.max(...entropies));
console.log(
  `${bytes.length} bytes, ${histogram.get(0)} of them zero; ${entropy([...histogram]).toFixed(3)} bits a byte`,
);
console.log(
  `MB ${lowest} has ${entropies.get(lowest).toFixed(3)}, MB ${highest} has ${entropies.get(highest).toFixed(3)}`,
);

// One thread counts the same.
const counts = new Uint32Array(256);
for (const byte of bytes.view) counts[byte]++;
assertEquals([...histogram], [...counts]);
assert(entropies.get(lowest) < entropies.get(highest) && entropies.get(highest) <= 8);
