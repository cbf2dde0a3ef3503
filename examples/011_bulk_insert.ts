/**
 * Python: "bulk inserts into a database" from a pool.
 *
 * Workers compute 100,000 rows, batch by batch; one connection inserts them in order, each batch in one transaction.
 * `imap` starts no batch that is more than `buffer` ahead, so that the rows never pile up in front of a slow disk.
 */
import { DatabaseSync } from "node:sqlite";
import { assertEquals } from "@std/assert";
import { Pool, tasks } from "@isopool/isopool";
import { TempFolder } from "./support/temp.ts";
import type { Batch } from "./tasks/collatz.ts";

const { collatz } = tasks<typeof import("./tasks/collatz.ts")>(import.meta.resolve("./tasks/collatz.ts"));

const ROWS = 100_000, BATCH = 2_000;
using folder = new TempFolder();
using database = new DatabaseSync(folder.file("rows.db"));
database.exec("CREATE TABLE collatz (id INTEGER PRIMARY KEY, n INTEGER NOT NULL, steps INTEGER NOT NULL)");
const insert = database.prepare("INSERT INTO collatz (n, steps) VALUES (?, ?)");

/** Made as they are needed. */
function* batches(): Generator<Batch> {
  for (let first = 1; first <= ROWS; first += BATCH) yield { first, count: BATCH };
}

{
  await using pool = new Pool();
  let n = 0;
  for await (const steps of pool.imap(collatz, batches(), { buffer: 8 })) {
    database.exec("BEGIN");
    for (const count of steps) insert.run(++n, count);
    database.exec("COMMIT");
  }
}

const { rows, misplaced } = database.prepare(
  "SELECT count(*) AS rows, count(*) FILTER (WHERE id <> n) AS misplaced FROM collatz",
).get() as Record<string, number>;
const most = database.prepare("SELECT n, steps FROM collatz ORDER BY steps DESC LIMIT 1").get();
console.log(`${rows} rows, ${misplaced} out of order; the longest way below ${ROWS} is that of`, { ...most });
assertEquals([rows, misplaced], [ROWS, 0]);
assertEquals({ ...most }, { n: 77_031, steps: 350 });
