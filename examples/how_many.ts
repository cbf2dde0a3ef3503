/**
 * Python: "is more always faster?" For IO 20 to 100 threads are usual, with 1000 the server answers 502; "go by measuring".
 *
 * `tune()` measures and draws the curve, against a real server that serves eight requests at a time and answers 503 beyond
 * that. `adaptive: true` needs no measurement before: it begins with one call, and reduces the number when the server
 * refuses calls.
 */
import { assert, assertEquals } from "@std/assert";
import { pooled, tune } from "@isopool/isopool";
import { capacityServer } from "./support/capacity.ts";

const CAPACITY = 8;
await using server = capacityServer(CAPACITY, 20);

const tuning = await tune(async () => {
  const response = await fetch(server.url);
  await response.body?.cancel();
  return response;
}, { concurrencies: [1, 2, 4, 8, 16, 32], duration: 250 });
console.log(`${tuning}`);

assert(tuning.points[2].perSecond > 1.5 * tuning.points[0].perSecond, "four at once are faster than one");
for (const { concurrency, failed } of tuning.points) {
  if (concurrency <= CAPACITY) assertEquals(failed, 0);
  else assert(failed > 0, `${concurrency} at once are too many`);
}
assert(tuning.best > 1 && tuning.best <= CAPACITY);

let refused = 0;
const pages = await pooled(Array(300).keys(), async () => {
  const response = await fetch(server.url);
  const text = await response.text();
  if (response.ok) return text;
  refused++;
  throw Object.assign(new Error(text), { status: response.status });
}, { concurrency: 1_000, adaptive: true, retry: { maxAttempts: 20, minTimeout: 5, maxTimeout: 50 } });
console.log(`adaptive: 300 pages, ${refused} refused`);
assert(pages.length === 300 && pages.every((page) => page === "page"));
assert(refused < 300, `${refused} were refused`);
