/**
 * `JobLog`: the file of `--joblog`, with the nine columns of GNU parallel's, tab-separated.
 *
 * It has whole rows at any time: a row that could be written only in part, because the disk is full, is cut off again.
 *
 * @module
 */
import { TaskTimeoutError, WorkerCrashedError } from "../../mod.ts";
import { sizeOfLines } from "../core/file_lines.ts";
import { writeAll } from "../core/write_all.ts";
import { UsageError } from "./usage_error.ts";

/** One row: the attempt that counted. */
export interface JobRow {
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly start: number;
  /** Milliseconds. */
  readonly duration: number;
  /** Bytes of input, where it is a block of a stream. */
  readonly sent: number;
  /** Length of the result's text. */
  readonly received: number;
  readonly exit: Exit;
  readonly command: string;
}

/** How an item ended, in the words of processes. */
export interface Exit {
  readonly value: number;
  readonly signal: number;
}

const COLUMNS = ["Seq", "Host", "Starttime", "JobRuntime", "Send", "Receive", "Exitval", "Signal", "Command"];
const HEADER = `${COLUMNS.join("\t")}\n`;

/** A job log that is open for writing. */
export class JobLog {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  #isFull = false;

  /**
   * Opens the file.
   *
   * @param continues Whether its rows are kept, and new ones added. A torn last row is cut off.
   * @throws {UsageError} If it cannot be opened, or another run has it.
   */
  constructor(path: string, continues: boolean) {
    this.#path = path;
    try {
      this.#file = Deno.openSync(path, { read: true, write: true, create: true });
    } catch (error) {
      throw new UsageError(`Cannot open --joblog ${path}: ${(error as Error).message}`);
    }
    if (!this.#file.tryLockSync(true)) {
      this.#file.close();
      throw new UsageError(
        `Cannot open --joblog ${path}: another run writes it: wait for its end, or use another file`,
      );
    }
    const size = continues ? sizeOfLines(this.#file) : 0;
    this.#file.truncateSync(size);
    this.#file.seekSync(size, Deno.SeekMode.Start);
    if (size === 0) this.#write(HEADER);
  }

  /**
   * Adds rows.
   *
   * @throws {Error} If they cannot be written. The file then has the rows before them.
   */
  add(rows: readonly JobRow[]): void {
    if (rows.length > 0 && !this.#isFull) this.#write(rows.map(line).join(""));
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }

  #write(text: string): void {
    try {
      writeAll(this.#file, text);
    } catch (error) {
      this.#isFull = true;
      // What was written in whole rows stays.
      this.#file.truncateSync(sizeOfLines(this.#file));
      throw new Error(`Cannot write --joblog ${this.#path}: ${(error as Error).message}`, { cause: error });
    }
  }
}

function line({ seq, start, duration, sent, received, exit, command }: JobRow): string {
  return `${seq}\t:\t${(start / 1_000).toFixed(3)}\t${
    (duration / 1_000).toFixed(3).padStart(10)
  }\t${sent}\t${received}\t${exit.value}\t${exit.signal}\t${command}\n`;
}

/** Numbers of the signals that end processes. */
const SIGNALS: Record<string, number> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
};

/** How a failed item ended: killed by its time limit, with its worker, or with an error. */
export function exitOf(error: unknown): Exit {
  if (error instanceof TaskTimeoutError) return { value: -1, signal: SIGNALS.SIGTERM };
  if (!(error instanceof WorkerCrashedError)) return { value: 1, signal: 0 };
  const signal = error.signal === undefined ? 0 : SIGNALS[error.signal] ?? 0;
  return signal > 0 ? { value: -1, signal } : { value: error.exitCode || 1, signal };
}
