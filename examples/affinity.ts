/**
 * Python: an `lru_cache` in a process pool: each process has its own cache, and each loads every account.
 *
 * `affinityKey` sends calls with the same key to the same worker, which has the account in its cache after the first call.
 * Without a key, every worker that gets one of the account's months has to load the account.
 */
import { assert, assertEquals } from "@std/assert";
import { Pool, tasks } from "@isopool/isopool";
import { TempFolder } from "./support/temp.ts";
import type { Account } from "./tasks/accounts.ts";

const { monthOf } = tasks<typeof import("./tasks/accounts.ts")>(import.meta.resolve("./tasks/accounts.ts"));

const CUSTOMERS = 30, MONTHS = 12;
using folder = new TempFolder();
const accounts: Account[] = Array.from({ length: CUSTOMERS }, (_, customer) => ({
  name: `customer ${customer}`,
  bookings: Array.from({ length: MONTHS }, (_, month) => {
    return Array.from({ length: 50 }, (_, i) => (customer * 31 + month * 17 + i * 7) % 1_000);
  }),
}));
const paths = accounts.map((account, customer) => {
  const path = folder.file(`${customer}.json`);
  Deno.writeTextFileSync(path, JSON.stringify(account));
  return path;
});

for (const sticky of [false, true]) {
  await using pool = await new Pool(3).ready();
  const futures = [];
  for (let month = 0; month < MONTHS; month++) {
    for (const path of paths) {
      futures.push(pool.submit(sticky ? monthOf.with({ affinityKey: path }) : monthOf, path, month));
    }
  }
  const results = await Promise.all(futures);
  results.forEach(({ cents }, i) => {
    const bookings = accounts[i % CUSTOMERS].bookings[Math.floor(i / CUSTOMERS)];
    assertEquals(cents, bookings.reduce((a, b) => a + b, 0));
  });
  const loads = results.filter(({ hit }) => !hit).length;
  console.log(`${sticky ? "with" : "without"} a key: ${loads} files read for ${results.length} calls`);
  if (sticky) {
    assertEquals(loads, CUSTOMERS);
    for (let customer = 0; customer < CUSTOMERS; customer++) {
      const workers = futures.filter((_, i) => i % CUSTOMERS === customer).map((future) => future.workerId);
      assertEquals(new Set(workers).size, 1);
    }
  } else assert(loads >= CUSTOMERS);
}
