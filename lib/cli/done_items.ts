/**
 * `DoneItems`: the items that the rows of a job log say are done, for `--resume` and `--resume-failed`.
 *
 * Rows count by the hash in their command, not by their number: an input with more, fewer or other items, or in another
 * order, and changed code run what they must and nothing else.
 *
 * @module
 */
import { separatedBy } from "./items.ts";
import { UsageError } from "./usage_error.ts";

/** The end of a row: how the item has ended, and its hash. */
const ROW = /^(\d+)\t.*\t(-?\d+)\t(\d+)\t.* # ([\w-]{22})$/;

/** The items that are left out. It takes about 100 bytes for each. */
export class DoneItems {
  // How often an item is done: the input may have items that are alike.
  readonly #counts = new Map<string, number>();
  // The failures by number and hash, as far as the item has not succeeded later.
  readonly #failures = new Set<string>();

  /**
   * Reads a job log; a missing file has no rows.
   *
   * @param withFailed Whether items that have failed are done.
   * @throws {UsageError} If a row has no hash.
   */
  static async read(path: string, withFailed: boolean): Promise<DoneItems> {
    const done = new DoneItems();
    try {
      await Deno.stat(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return done;
      throw error;
    }
    let rest: string | undefined;
    for await (const rows of separatedBy("\n", [path])) {
      for (const row of rows) {
        // The last row may be torn.
        if (rest !== undefined) done.#add(rest, path);
        rest = row;
      }
    }
    if (rest !== undefined) done.#add(rest, path, true);
    if (withFailed) { for (const failure of done.#failures) done.#count(failure.slice(failure.indexOf(" ") + 1), 1); }
    return done;
  }

  /** Takes one record of an item. Returns whether there was one. */
  take(hash: string): boolean {
    const count = this.#counts.get(hash) ?? 0;
    if (count > 0) this.#count(hash, -1);
    return count > 0;
  }

  #add(row: string, path: string, isLast = false): void {
    if (row.startsWith("Seq\t")) return;
    const [, seq, value, signal, hash] = ROW.exec(row) ?? [];
    if (hash === undefined) {
      if (isLast) return;
      throw new UsageError(`Cannot resume from ${path}: it has rows without a hash: it is another program's job log`);
    }
    const failure = `${seq} ${hash}`;
    if (value === "0" && signal === "0") {
      this.#count(hash, 1);
      this.#failures.delete(failure);
    } else this.#failures.add(failure);
  }

  #count(hash: string, difference: number): void {
    const count = (this.#counts.get(hash) ?? 0) + difference;
    if (count > 0) this.#counts.set(hash, count);
    else this.#counts.delete(hash);
  }
}
