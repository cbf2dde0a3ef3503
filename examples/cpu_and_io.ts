/**
 * Python: processes and coroutines together, for tasks that both wait and compute; a coroutine must use async modules, or
 * it blocks all the others.
 *
 * An async task downloads and hashes on a worker: the workers compute on every core, and this thread is not blocked.
 * `concurrencyPerWorker` corresponds to the coroutines: while some downloads of a worker wait, its thread computes a hash.
 */
import { createHash } from "node:crypto";
import { assert, assertEquals } from "@std/assert";
import { Pool, tasks } from "@isopool/isopool";
import { localServer } from "./support/server.ts";

const { fetchAndHash } = tasks<typeof import("./tasks/fetch_and_hash.ts")>(
  import.meta.resolve("./tasks/fetch_and_hash.ts"),
);

await using server = localServer();
await using pool = new Pool({ workers: 2, concurrencyPerWorker: 4 });

let ticks = 0;
const ticker = setInterval(() => ticks++, 10);
const urls = Array.from({ length: 8 }, (_, i) => server.url(`/slow?ms=${100 + i}`));
const hashes = await pool.starmap(fetchAndHash, urls.map((url): [string, number] => [url, 20_000]));
clearInterval(ticker);

let expected: Uint8Array = new TextEncoder().encode("slow ".repeat(200));
for (let i = 0; i < 20_000; i++) expected = createHash("sha256").update(expected).digest();
console.log(`${server.maxInFlight} downloads at a time on ${pool.workerIds.length} workers`);
console.log(`${hashes.length} pages, ${hashes[0].slice(0, 16)}..., this thread ticked ${ticks} times meanwhile`);
assertEquals(new Set(hashes), new Set([expected.toHex()]));
assert(server.maxInFlight > 2 && server.maxInFlight <= 8);
assert(ticks > 5);
