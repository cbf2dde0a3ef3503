/**
 * `ProcessOutput`: passes on what a worker process prints, in whole lines, to the stdout and stderr of this process.
 *
 * ```
 * worker: console.log("a"); return 1     stdout  "a\n" mark     channel  printed, result 1
 * host:                                  writes "a\n", and delivers what follows `printed` once it has met the mark
 * ```
 *
 * Pipes and the channel are read independently of each other. So the worker writes a mark to both pipes before the first
 * message after a print, and the host holds back the channel until both marks have come: what a task prints stands before
 * what its caller prints after the result. A mark is a random line of this worker's, which is not passed on. On stderr, a
 * mark with text behind it is a report of the worker's watchdog.
 *
 * @module
 */
import { show, Terminal } from "../core/terminal.ts";
import type { SyncTarget } from "../core/write_all.ts";

/** Bytes of an unfinished line after which it is passed on in pieces. */
const MAX_LINE = 2 ** 20;
/** Bytes of stderr that are kept for the error of a worker that does not start. */
const TAIL = 2_000;

const NEWLINE = 10;

/** One stream of a worker process. */
export class ProcessOutput {
  /** How many marks have come. */
  marks = 0;
  readonly #mark: Uint8Array;
  readonly #write: (bytes: Uint8Array) => void;
  readonly #onMark: (report: string) => void;
  // An unfinished line.
  #rest: Uint8Array = EMPTY;
  #tail = "";

  /**
   * @param mark The text of a mark, without its line end.
   * @param write Receives whole lines.
   * @param onMark Called after each mark with the text behind it: "" for a mark before a message, else a watchdog's report.
   */
  constructor(mark: string, write: (bytes: Uint8Array) => void, onMark: (report: string) => void) {
    this.#mark = new TextEncoder().encode(mark);
    this.#write = write;
    this.#onMark = onMark;
  }

  /** The last bytes of the stream, as text. */
  get tail(): string {
    return this.#tail;
  }

  /** Takes a piece of the stream. */
  push(piece: Uint8Array): void {
    let bytes = piece;
    if (this.#rest.length > 0) {
      bytes = new Uint8Array(this.#rest.length + piece.length);
      bytes.set(this.#rest);
      bytes.set(piece, this.#rest.length);
      this.#rest = EMPTY;
    }
    for (let at = this.#findMark(bytes); at >= 0; at = this.#findMark(bytes)) {
      this.#pass(bytes.subarray(0, at));
      const start = at + this.#mark.length;
      const end = bytes.indexOf(NEWLINE, start);
      const report = decoder.decode(bytes.subarray(start, end)).trim();
      bytes = bytes.subarray(end + 1);
      if (report === "") this.marks++;
      this.#onMark(report);
    }
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    this.#pass(bytes.subarray(0, end));
    if (bytes.length - end > MAX_LINE) this.#pass(bytes.subarray(end));
    // The stream reuses its memory.
    else this.#rest = bytes.slice(end);
  }

  /** Passes on an unfinished line: the stream has ended. */
  end(): void {
    this.#pass(this.#rest);
    this.#rest = EMPTY;
  }

  #pass(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#write(bytes);
    this.#tail = (this.#tail + decoder.decode(bytes.subarray(-TAIL))).slice(-TAIL);
  }

  // A mark may follow an unfinished line, and that line is passed on then.
  #findMark(bytes: Uint8Array): number {
    const mark = this.#mark;
    for (let at = bytes.indexOf(mark[0]); at >= 0; at = bytes.indexOf(mark[0], at + 1)) {
      if (at + mark.length > bytes.length) return -1;
      let i = 1;
      while (i < mark.length && bytes[at + i] === mark[i]) i++;
      if (i === mark.length) return bytes.indexOf(NEWLINE, at + i) < 0 ? -1 : at;
    }
    return -1;
  }
}

const EMPTY = new Uint8Array();
const decoder = new TextDecoder();

/** Writes what workers print to a stream of this process, in turn with all others that use the terminal. */
export function passTo(stream: SyncTarget): (bytes: Uint8Array) => void {
  return (bytes) => Terminal.local().print(() => show(bytes, stream));
}
