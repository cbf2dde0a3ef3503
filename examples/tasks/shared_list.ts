import { DatabaseSync } from "node:sqlite";

/** Appends to the shared table and adds to its total, both in one transaction. */
export function append(path: string, index: number): void {
  // Waits up to 10 s for another worker that is writing.
  using database = new DatabaseSync(path, { timeout: 10_000 });
  database.exec("BEGIN IMMEDIATE");
  const insert = database.prepare("INSERT INTO data_list (item) VALUES (?)");
  for (const item of [111, 333]) insert.run(item + index);
  database.exec("UPDATE total SET items = items + 2; COMMIT");
}
