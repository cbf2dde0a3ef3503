/**
 * `CheckpointFile`: the file of a checkpoint, locked, repaired and open for appending.
 *
 * The system releases the lock when the process ends, however it ends: a run that was killed does not block the next.
 *
 * @module
 */
import { errorText } from "../core/error_text.ts";
import { CheckpointError } from "../core/errors.ts";
import { readAt, sizeOfLines } from "../core/file_lines.ts";
import { writeAll } from "../core/write_all.ts";
import { MAGIC } from "./record.ts";

/** Size of the parts in which the file is read, in bytes. */
const BLOCK = 1 << 18;
/** How many bytes before a line are read with it. Records lie in the order in which items ended, so the next one is near. */
const BEFORE = 1 << 14;
const NEWLINE = 10;

const decoder = new TextDecoder();

/** An open file. */
export class CheckpointFile {
  readonly #file: Deno.FsFile;
  // The part of the file that was read last, and its position.
  #block: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #blockStart = 0;

  /**
   * @param call The call, for messages: `map items`.
   * @throws {CheckpointError} If the file cannot be opened, another run has it, or it is not a checkpoint.
   */
  constructor(call: string, readonly path: string | URL) {
    try {
      this.#file = Deno.openSync(path, { read: true, append: true, create: true });
    } catch (cause) {
      throw new CheckpointError(`Cannot ${call}: the checkpoint ${path} cannot be opened: ${errorText(cause)}`, {
        cause,
      });
    }
    try {
      if (!this.#file.tryLockSync(true)) {
        throw new CheckpointError(
          `Cannot ${call}: another run has the checkpoint ${path} open: wait for its end, or use another file`,
        );
      }
      // A file that is empty, or ends within its first line, is a checkpoint that was just begun.
      const head = decoder.decode(readAt(this.#file, 0, MAGIC.length));
      if (head !== MAGIC.slice(0, head.length)) {
        throw new CheckpointError(`Cannot ${call}: ${path} is not a checkpoint; it was not changed: use another file`);
      }
      // A killed run may have left a line without its end.
      const size = sizeOfLines(this.#file);
      if (size < this.#file.statSync().size) this.#file.truncateSync(size);
    } catch (error) {
      this.#file.close();
      throw error;
    }
  }

  /** Calls `each` with every line of the file and its position. */
  readAll(each: (line: string, offset: number) => void): void {
    for (let offset = 0;;) {
      const line = this.lineAt(offset);
      if (line === undefined) return;
      each(decoder.decode(line), offset);
      offset += line.length + 1;
    }
  }

  /** Returns the line at a position; `undefined` at the end of the file. */
  lineAt(offset: number): Uint8Array | undefined {
    let start = offset - this.#blockStart;
    let end = start >= 0 && start < this.#block.length ? this.#block.indexOf(NEWLINE, start) : -1;
    for (let size = BLOCK; end < 0; size *= 4) {
      this.#blockStart = Math.max(0, offset - BEFORE);
      this.#block = readAt(this.#file, this.#blockStart, size);
      start = offset - this.#blockStart;
      end = this.#block.indexOf(NEWLINE, start);
      if (end < 0 && this.#block.length < size) return undefined;
    }
    return this.#block.subarray(start, end);
  }

  /** Appends lines. */
  append(text: string): void {
    writeAll(this.#file, text);
  }

  /** Closes the file, and releases the lock. */
  close(): void {
    this.#file.close();
  }
}
