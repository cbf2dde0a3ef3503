/**
 * CSV as RFC 4180 has it: fields in quotes may hold commas, quotes and line breaks.
 *
 * @module
 */
import { UsageError } from "./usage_error.ts";

/** Splits a stream of text into rows of fields. Blank lines are none. */
export class CsvReader {
  #rest = "";
  #line = 1;

  /** Returns the rows that are complete with this text. */
  push(text: string): string[][] {
    this.#rest += text;
    const rows: string[][] = [];
    let start = 0;
    for (let end = rowEnd(this.#rest, start); end >= 0; end = rowEnd(this.#rest, start)) {
      this.#add(rows, this.#rest.slice(start, end));
      start = end + 1;
    }
    this.#rest = this.#rest.slice(start);
    return rows;
  }

  /** Returns the last row, if the text does not end with a line break. */
  end(): string[][] {
    const rows: string[][] = [];
    if (this.#rest !== "") this.#add(rows, this.#rest);
    return rows;
  }

  #add(rows: string[][], text: string): void {
    const row = text.endsWith("\r") ? text.slice(0, -1) : text;
    if (row !== "") rows.push(fields(row, this.#line));
    this.#line += text.split("\n").length;
  }
}

// The line break that ends a row stands outside of quotes, so behind an even number of them.
function rowEnd(text: string, start: number): number {
  let isQuoted = false;
  for (let at = start; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 34) isQuoted = !isQuoted;
    else if (unit === 10 && !isQuoted) return at;
  }
  return -1;
}

function fields(row: string, line: number): string[] {
  if (!row.includes('"')) return row.split(",");
  const found: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  for (;;) {
    const match = field.exec(row);
    if (!match) throw new UsageError(`Input, line ${line}: a quote stands alone: write "" for a quote inside quotes`);
    const [, quoted, plain, separator] = match;
    found.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (separator === "") return found;
  }
}

/** Formats a row. */
export function csvRow(values: readonly string[]): string {
  return values.map((value) => /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value).join(",") + "\n";
}
