/**
 * The items of a command, from its values, files or standard input: each format turns text into a few items at a time.
 *
 * ```
 * lines  one string a line             jsonl  one JSON value a line
 * null   strings that end with NUL     csv    an object a row, its keys are the header's
 * blocks strings of about --block bytes that end at a line end
 * ```
 *
 * @module
 */
import { glob } from "node:fs/promises";
import { JSON } from "../core/platform.ts";
import { CsvReader } from "./csv.ts";
import { message, textOf } from "./text_source.ts";
import { UsageError } from "./usage_error.ts";

/** How text is cut into items. */
export type InputFormat = "lines" | "null" | "jsonl" | "csv" | "blocks";

/** Where items come from. */
export interface ItemSource {
  /** The values of `:::`. */
  values: readonly string[] | undefined;
  /** Patterns whose matching paths are the items. */
  globs: readonly string[];
  /** The files that are read, `-` for standard input. */
  files: readonly string[];
  format: InputFormat;
  /** Length of a block. */
  block: number;
}

/** Reads the items, some at a time. */
export async function* readItems({ values, globs, files, format, block }: ItemSource): AsyncGenerator<unknown[]> {
  if (values) {
    if (format === "csv" || format === "blocks") throw new UsageError(`Values after ::: are no ${format}: use a file`);
    yield format === "jsonl" ? values.map((value, i) => parse(value, `Value ${i + 1}`)) : [...values];
  } else if (globs.length > 0) yield* matches(globs);
  else if (format === "csv") yield* csvItems(files);
  else if (format === "blocks") yield* blockItems(files, block);
  else if (format === "jsonl") yield* jsonItems(files);
  else yield* separatedBy(format === "null" ? "\0" : "\n", files);
}

/** Looks up all paths that match, so that a progress bar has their number. They are in memory then. */
export async function withPaths(source: ItemSource): Promise<ItemSource & { values: readonly string[] }> {
  const values: string[] = [];
  for await (const paths of matches(source.globs)) for (const path of paths) values.push(path);
  return { ...source, globs: [], values, format: "lines" };
}

/** Cuts text at a separator, which is no part of the items. */
export async function* separatedBy(separator: string, files: readonly string[]): AsyncGenerator<string[]> {
  let rest = "";
  for await (const text of textOf(files)) {
    const parts = text.split(separator);
    parts[0] = rest + parts[0];
    rest = parts.pop()!;
    if (parts.length > 0) yield parts;
  }
  if (rest !== "") yield [rest];
}

async function* jsonItems(files: readonly string[]): AsyncGenerator<unknown[]> {
  let number = 0;
  for await (const lines of separatedBy("\n", files)) {
    const items: unknown[] = [];
    let failure: { readonly error: unknown } | undefined;
    for (const line of lines) {
      number++;
      if (line.trim() === "") continue;
      try {
        items.push(parse(line, `Input, line ${number}`));
      } catch (error) {
        failure = { error };
        break;
      }
    }
    yield items;
    if (failure) throw failure.error;
  }
}

async function* csvItems(files: readonly string[]): AsyncGenerator<unknown[]> {
  // Each file has a header of its own.
  for (const file of files) {
    const reader = new CsvReader();
    let header: string[] | undefined;
    const objects = (rows: string[][]) => {
      header ??= rows.shift();
      return rows.map((row) => Object.fromEntries(header!.map((name, i) => [name, row[i] ?? ""])));
    };
    for await (const text of textOf([file])) yield objects(reader.push(text));
    yield objects(reader.end());
  }
}

async function* blockItems(files: readonly string[], length: number): AsyncGenerator<string[]> {
  let rest = "";
  for await (const text of textOf(files)) {
    rest += text;
    const blocks: string[] = [];
    let start = 0;
    for (let end = blockEnd(rest, start, length); end > 0; end = blockEnd(rest, start, length)) {
      blocks.push(rest.slice(start, end));
      start = end;
    }
    rest = rest.slice(start);
    yield blocks;
  }
  if (rest !== "") yield [rest];
}

// A block ends with the last line that fits, or with the first if that is longer; 0 while the text may not be all of it.
function blockEnd(text: string, start: number, length: number): number {
  if (text.length - start < length) return 0;
  const last = text.lastIndexOf("\n", start + length - 1);
  return (last >= start ? last : text.indexOf("\n", start + length)) + 1;
}

async function* matches(globs: readonly string[]): AsyncGenerator<string[]> {
  let isAny = false;
  for (const pattern of globs) {
    let found: string[] = [];
    for await (const path of glob(pattern)) {
      isAny = true;
      found.push(path);
      if (found.length < 1_000) continue;
      yield found;
      found = [];
    }
    yield found;
  }
  // A wrong pattern must not look like finished work.
  if (!isAny) {
    throw new UsageError(
      `--files ${globs.join(" --files ")} matches no path: patterns count from the current directory`,
    );
  }
}

/** Parses JSON; `place` names it in the error. */
export function parse(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${place} is no JSON: ${message(error)}: use --from lines for plain text`);
  }
}
