/**
 * Python: `data_list.append(index)` in a process changes that process's list only; `Manager().list()` shares one, "but
 * usually we share through a database".
 *
 * This example uses a database: six tasks append to one table, each in one transaction, so that no task sees half of
 * another one's changes.
 */
import { DatabaseSync } from "node:sqlite";
import { assertEquals } from "@std/assert";
import { Pool, tasks } from "@isopool/isopool";
import { TempFolder } from "./support/temp.ts";

const { append } = tasks<typeof import("./tasks/shared_list.ts")>(import.meta.resolve("./tasks/shared_list.ts"));

using folder = new TempFolder();
const path = folder.file("shared.db");
using database = new DatabaseSync(path);
database.exec(`
  CREATE TABLE data_list (id INTEGER PRIMARY KEY, item INTEGER);
  CREATE TABLE total (items INTEGER);
  INSERT INTO total VALUES (0);
`);

{
  await using pool = new Pool(3);
  for (let index = 0; index < 6; index++) pool.submit(append, path, index);
}

const items = database.prepare("SELECT item FROM data_list ORDER BY id").all().map(({ item }) => Number(item));
const { items: total } = database.prepare("SELECT items FROM total").get()!;
console.log("data_list:", items.join(" "), "total:", total);
// Task n appends 111 + n and 333 + n.
assertEquals(items.toSorted((a, b) => a - b), [111, 112, 113, 114, 115, 116, 333, 334, 335, 336, 337, 338]);
// The two items of one transaction are next to each other.
for (let i = 0; i < items.length; i += 2) assertEquals(items[i + 1] - items[i], 222);
assertEquals(total, 12);
