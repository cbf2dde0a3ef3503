import { DatabaseSync } from "node:sqlite";

/** Appends to the list that every worker sees, and adds to the sum of it: both or neither. */
export function append(path: string, index: number): void {
  // Another worker may be writing: wait for it.
  using database = new DatabaseSync(path, { timeout: 10_000 });
  database.exec("BEGIN IMMEDIATE");
  const insert = database.prepare("INSERT INTO data_list (item) VALUES (?)");
  for (const item of [111, 333]) insert.run(item + index);
  database.exec("UPDATE total SET items = items + 2; COMMIT");
}
