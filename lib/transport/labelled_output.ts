/**
 * `LabelledOutput`: what a worker process prints to stdout and stderr, where both come through one pipe.
 *
 * ```
 * label 2   bytes of stderr   label 1   bytes of stdout   label 0   ...
 * ```
 *
 * A label is the mark of the worker (process_output.ts), a digit and a line end. `1` and `2` name the stream of what
 * follows; `0` is a mark on both. What comes without a label is stderr: the runtime's own messages before the worker runs.
 *
 * @module
 */
import type { ProcessOutput } from "./process_output.ts";

/** Splits one pipe into two streams. */
export class LabelledOutput {
  readonly #mark: Uint8Array;
  readonly #streams: readonly ProcessOutput[];
  readonly #plainMark: Uint8Array;
  #stream: ProcessOutput;
  // The last bytes, if they may be the beginning of a label.
  #rest: Uint8Array = EMPTY;

  /**
   * @param mark The text of a mark, without its line end.
   * @param stdout Receives what the worker prints to stdout.
   * @param stderr Receives everything else.
   */
  constructor(mark: string, stdout: ProcessOutput, stderr: ProcessOutput) {
    this.#mark = new TextEncoder().encode(mark);
    this.#plainMark = new TextEncoder().encode(`${mark}\n`);
    this.#streams = [stdout, stderr];
    this.#stream = stderr;
  }

  /** Takes a piece of the pipe. */
  push(piece: Uint8Array): void {
    let bytes = piece;
    if (this.#rest.length > 0) {
      bytes = new Uint8Array(this.#rest.length + piece.length);
      bytes.set(this.#rest);
      bytes.set(piece, this.#rest.length);
    }
    const length = this.#mark.length + 2;
    let done = 0;
    let at = 0;
    for (;; at++) {
      at = bytes.indexOf(this.#mark[0], at);
      if (at < 0) at = bytes.length;
      if (!this.#mayBeLabel(bytes, at)) continue;
      if (at > done) this.#stream.push(bytes.subarray(done, at));
      if (bytes.length - at < length) break;
      this.#label(bytes[at + this.#mark.length] - ZERO);
      done = at + length;
      at = done - 1;
    }
    // The stream reuses its memory.
    this.#rest = bytes.slice(at);
  }

  /** Passes on what is left: the pipe has ended. */
  end(): void {
    if (this.#rest.length > 0) this.#stream.push(this.#rest);
    this.#rest = EMPTY;
  }

  // Whether a label begins here, as far as it has come. The reports of a worker's watchdog begin with a mark as well.
  #mayBeLabel(bytes: Uint8Array, at: number): boolean {
    const end = Math.min(this.#mark.length, bytes.length - at);
    for (let i = 0; i < end; i++) if (bytes[at + i] !== this.#mark[i]) return false;
    const digit = bytes[at + this.#mark.length];
    return digit === undefined || (digit >= ZERO && digit <= ZERO + 2);
  }

  #label(digit: number): void {
    if (digit === 0) { for (const stream of this.#streams) stream.push(this.#plainMark); }
    else this.#stream = this.#streams[digit === 1 ? 0 : 1];
  }
}

const EMPTY = new Uint8Array();
const ZERO = 48;
