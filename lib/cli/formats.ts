/**
 * How results become text: JSON Lines, CSV or raw.
 *
 * @module
 */
import { JSON } from "../core/platform.ts";
import { csvRow } from "./csv.ts";

/** How results are written. */
export type OutputFormat = "jsonl" | "csv" | "raw";

/** Makes the text of a result, line end included. It throws for a result that the format cannot hold. */
export type Formatter = (value: unknown) => string | Uint8Array;

/** Returns the formatter of a format. */
export function formatter(format: OutputFormat): Formatter {
  if (format === "csv") return new CsvFormatter().format;
  return format === "raw" ? raw : (value) => `${json(value)}\n`;
}

/** A value as JSON; a task that returns nothing gives `null`. */
export function json(value: unknown): string {
  return JSON.stringify(value) ?? "null";
}

// Text as it is, bytes without a line end, nothing for nothing.
function raw(value: unknown): string | Uint8Array {
  if (value === undefined) return "";
  if (value instanceof Uint8Array) return value;
  return `${plain(value)}\n`;
}

/** Text as it is, anything else as JSON. */
export function plain(value: unknown): string {
  return typeof value === "string" ? value : json(value);
}

/** Rows of the columns that the first result has. */
class CsvFormatter {
  #columns: readonly string[] | undefined;

  readonly format = (value: unknown): string => {
    if (typeof value !== "object" || value === null) return csvRow([cell(value)]);
    if (Array.isArray(value)) return csvRow(value.map(cell));
    const record = value as Record<string, unknown>;
    const header = this.#columns ? "" : csvRow(this.#columns = Object.keys(record));
    const other = Object.keys(record).find((key) => !this.#columns!.includes(key));
    if (other !== undefined) {
      throw new TypeError(
        `Cannot write the result as CSV: the first result has no column ${
          JSON.stringify(other)
        }: return the same keys ` +
          "for every item, or use --to jsonl",
      );
    }
    return header + csvRow(this.#columns!.map((name) => cell(record[name])));
  };
}

function cell(value: unknown): string {
  return value === undefined || value === null ? "" : plain(value);
}

/** Formats an item for people: text on one line as it is, anything else as JSON, shortened to `max` characters. */
export function shown(item: unknown, max = Infinity): string {
  // deno-lint-ignore no-control-regex -- what would break the line, or a column
  const text = typeof item === "string" && !/[\x00-\x1f\x7f]/.test(item) ? item : json(item);
  return text.length > max ? `${text.slice(0, max)}…` : text;
}
