/**
 * Where results go: standard output, a file for each item (`--results DIR`), or a table (`--results FILE.csv`).
 *
 * @module
 */
import type { Exit } from "./joblog.ts";
import { csvRow } from "./csv.ts";
import { type Formatter, formatter, type OutputFormat, plain, shown } from "./formats.ts";
import type { RunTime } from "./run_times.ts";
import { UsageError } from "./usage_error.ts";
import { Writer } from "./writer.ts";

/** An item that has ended. */
export interface Ended {
  readonly seq: number;
  readonly item: unknown;
  readonly exit: Exit;
  /** `isopool map MODULE EXPORT`, as output for people shows it. */
  readonly command: string;
  /** The result as text; empty for a failure. */
  readonly text: string | Uint8Array;
  /** The failure as text; empty for a success. */
  readonly error: string;
  /** When it ran; `undefined` if no option needs it. */
  readonly time: RunTime | undefined;
}

/** Writes the items that have ended. */
export interface ResultSink {
  /** Makes text of a result. It throws for a result that cannot be written. */
  readonly format: Formatter;
  /** Takes one item. `written` is called once it has been written. Await what it returns, if anything. */
  add(ended: Ended, written?: () => void): Promise<void> | undefined;
  /** Writes what is left. */
  flush(): Promise<void>;
  [Symbol.dispose](): void;
}

/** Returns the sink that the flags choose. */
export function sinkOf(results: string | undefined, to: OutputFormat, tag: boolean): ResultSink {
  if (results === undefined) return new OutputSink(to, tag);
  if (tag) throw new UsageError("--tag and --results contradict each other: files name the item");
  return results.endsWith(".csv") ? new TableSink(results) : new FolderSink(results, to);
}

/** Writes results to standard output. */
class OutputSink implements ResultSink {
  readonly format: Formatter;
  readonly #writer = new Writer(Deno.stdout);
  readonly #tag: boolean;

  constructor(to: OutputFormat, tag: boolean) {
    this.format = formatter(to);
    this.#tag = tag;
  }

  add({ item, text }: Ended, written?: () => void): Promise<void> | undefined {
    return this.#writer.add(this.#tag ? tagged(`${shown(item)}\t`, text) : text, written);
  }

  flush(): Promise<void> {
    return this.#writer.flush();
  }

  [Symbol.dispose](): void {}
}

// Each line of a text gets the tag.
function tagged(tag: string, text: string | Uint8Array): string | Uint8Array {
  const lines = typeof text === "string" ? text : new TextDecoder().decode(text);
  return lines.replace(/^(?=.|\n)/gm, () => tag);
}

/** Writes `DIR/SEQ.json` for a result, and `DIR/SEQ.error` for a failure. */
class FolderSink implements ResultSink {
  readonly format: Formatter;
  readonly #folder: string;
  readonly #extension: string;

  constructor(folder: string, to: OutputFormat) {
    this.format = formatter(to);
    this.#folder = folder;
    this.#extension = { jsonl: "json", csv: "csv", raw: "txt" }[to];
    Deno.mkdirSync(folder, { recursive: true });
  }

  async add({ seq, exit, text, error }: Ended, written?: () => void): Promise<void> {
    const [own, other] = isOk(exit) ? [this.#extension, "error"] : ["error", this.#extension];
    const content = isOk(exit) ? text : `${error}\n`;
    const path = `${this.#folder}/${seq}.${own}`;
    await (typeof content === "string" ? Deno.writeTextFile(path, content) : Deno.writeFile(path, content));
    // An earlier run may have left a file with the other outcome of this item.
    await Deno.remove(`${this.#folder}/${seq}.${other}`).catch(ignoreMissing);
    written?.();
  }

  async flush(): Promise<void> {}

  [Symbol.dispose](): void {}
}

const TABLE = ["Seq", "Host", "Starttime", "JobRuntime", "Send", "Receive", "Exitval", "Signal", "Command", "V1"];

/** Writes a table with the columns of GNU parallel's. */
class TableSink implements ResultSink {
  readonly format: Formatter = plain;
  readonly #file: Deno.FsFile;
  readonly #writer: Writer;

  constructor(path: string) {
    this.#file = Deno.openSync(path, { write: true, create: true, append: true });
    this.#writer = new Writer(this.#file);
    if (this.#file.statSync().size === 0) this.#writer.add(csvRow([...TABLE, "Stdout", "Stderr"]));
  }

  add({ seq, item, exit, command, text, error, time }: Ended, written?: () => void): Promise<void> | undefined {
    const result = typeof text === "string" ? text : new TextDecoder().decode(text);
    const row = [
      seq,
      ":",
      (time!.start / 1_000).toFixed(3),
      (time!.duration / 1_000).toFixed(3),
      0,
      result.length,
      exit.value,
      exit.signal,
      command,
      plain(item),
      result,
      error,
    ];
    return this.#writer.add(csvRow(row.map(String)), written);
  }

  flush(): Promise<void> {
    return this.#writer.flush();
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** Whether an item has succeeded. */
export function isOk({ value, signal }: Exit): boolean {
  return value === 0 && signal === 0;
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
