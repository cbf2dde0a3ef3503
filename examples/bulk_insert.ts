/**
 * Python: "bulk inserts into a database" from a pool.
 *
 * Workers compute 100,000 rows, batch by batch; one connection inserts them in order, each batch in one transaction.
 * `imap` is at most `buffer` batches ahead of the inserts, so that rows do not fill the memory if the disk is slow.
 */
import { DatabaseSync } from "node:sqlite";
import { assert, assertEquals } from "@std/assert";
import { Pool, tasks } from "@isopool/isopool";
import { TempFolder } from "./support/temp.ts";
import { type Batch, collatz } from "./tasks/collatz.ts";

const view = tasks<typeof import("./tasks/collatz.ts")>(import.meta.resolve("./tasks/collatz.ts"));

const ROWS = 100_000, BATCH = 2_000, FIRST_BATCH = 20_000;
using folder = new TempFolder();
using database = new DatabaseSync(folder.file("rows.db"));
database.exec("CREATE TABLE collatz (id INTEGER PRIMARY KEY, n INTEGER NOT NULL, steps INTEGER NOT NULL)");
const insert = database.prepare("INSERT INTO collatz (n, steps) VALUES (?, ?)");

/** Yields batches as they are needed. The first batch takes the longest, and is still inserted first. */
function* batches(): Generator<Batch> {
  yield { first: 1, count: FIRST_BATCH };
  for (let first = FIRST_BATCH + 1; first <= ROWS; first += BATCH) yield { first, count: BATCH };
}

{
  await using pool = new Pool();
  let n = 0;
  for await (const steps of pool.imap(view.collatz, batches(), { buffer: 8 })) {
    database.exec("BEGIN");
    for (const count of steps) insert.run(++n, count);
    database.exec("COMMIT");
  }
}

const steps = database.prepare("SELECT steps FROM collatz ORDER BY id").all().map((row) => Number(row.steps));
const longest = database.prepare("SELECT n, steps FROM collatz ORDER BY steps DESC LIMIT 1").get();
console.log(`${steps.length} rows; the longest sequence below ${ROWS} is that of`, { ...longest });
const expected = collatz({ first: 1, count: ROWS });
assert(steps.every((count, i) => count === expected[i]));
assertEquals(steps.length, ROWS);
assertEquals({ ...longest }, { n: 77_031, steps: 350 });
