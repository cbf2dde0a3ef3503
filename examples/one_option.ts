/**
 * Python: `multiprocessing.dummy.Pool(4)` has the API of `multiprocessing.Pool(4)`, and `ThreadPoolExecutor` becomes
 * `ProcessPoolExecutor` in one line; the task function stays as it is.
 *
 * Here the option `backend` selects it.
 */
import { assertEquals } from "@std/assert";
import { Pool, tasks } from "@isopool/isopool";
import { chain } from "./tasks/chain.ts";

const view = tasks<typeof import("./tasks/chain.ts")>(import.meta.resolve("./tasks/chain.ts"));
const ids = ["apple", "banana", "cherry", "date"].map((
  id,
): [Uint8Array, number] => [new TextEncoder().encode(id), 2_000]);
const expected = ids.map(([bytes, rounds]) => chain(bytes, rounds).toHex());

for (const backend of ["async", "worker", "process"] as const) {
  await using pool = new Pool({ backend, workers: 4 });
  const results = await pool.starmap(view.chain, ids);
  const hex = results.map((bytes) => new Uint8Array(bytes).toHex());
  console.log(backend.padEnd(7), hex.join(" "), "in parallel:", pool.capabilities.parallel);
  assertEquals(hex, expected);
}
