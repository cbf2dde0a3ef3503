/**
 * Python: a connection pool (`psycopg_pool`) and concurrent queries from threads.
 *
 * Here every worker has its own connection: `initializer` opens it before the worker's first task and stores it in
 * `context.state`, `finalizer` closes it when the worker ends. 200 queries use three connections.
 */
import { DatabaseSync } from "node:sqlite";
import { assert, assertEquals } from "@std/assert";
import { type Future, Pool, tasks } from "@isopool/isopool";
import { TempFolder } from "./support/temp.ts";

const orders = tasks<typeof import("./tasks/orders.ts")>(import.meta.resolve("./tasks/orders.ts"));

const CUSTOMERS = 200;
using folder = new TempFolder();
const path = folder.file("orders.db");
const expected = Array.from({ length: CUSTOMERS }, () => ({ orders: 0, cents: 0 }));
{
  using database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL; CREATE TABLE orders (customer INTEGER, cents INTEGER)");
  database.exec("CREATE TABLE sessions (queries INTEGER); BEGIN");
  const insert = database.prepare("INSERT INTO orders VALUES (?, ?)");
  for (let i = 0; i < 20_000; i++) {
    const [customer, cents] = [(i * 7) % CUSTOMERS, 100 + (i * 31) % 900];
    insert.run(customer, cents);
    expected[customer].orders++;
    expected[customer].cents += cents;
  }
  database.exec("COMMIT; CREATE INDEX by_customer ON orders (customer)");
}

/** Whether a connection is open: SQLite keeps this file next to the database as long as there is one. */
const isOpen = () => [...Deno.readDirSync(folder.path)].some(({ name }) => name === "orders.db-shm");

let futures: Future<{ orders: number; cents: number }>[];
{
  await using pool = new Pool({ workers: 3, initializer: orders.open, initArgs: [path], finalizer: orders.close });
  futures = expected.map((_, customer) => pool.submit(orders.total, customer));
  await Promise.all(futures);
  console.log("connections are open:", isOpen());
  assert(isOpen());
}
const openAfterwards = isOpen();
const results = await Promise.all(futures);
assertEquals(results, expected);
using database = new DatabaseSync(path);
const sessions = database.prepare("SELECT queries FROM sessions").all().map(({ queries }) => Number(queries));
console.log(`${results.length} queries on ${sessions.length} connections, open after the block: ${openAfterwards}`);
// Each worker opened and closed one connection. The last worker to start may have had no query.
assertEquals(sessions.filter((queries) => queries > 0).length, new Set(futures.map((future) => future.workerId)).size);
assertEquals(sessions.reduce((a, b) => a + b), CUSTOMERS);
assert(!openAfterwards);
