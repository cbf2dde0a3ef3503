/**
 * `PieceWriter`: writes to a stream of a child process in pieces.
 *
 * The runtime copies what is left after each part that the system has taken, so 64 MB in one write cost 10 GB of copies.
 *
 * @module
 */

/** Maximum number of bytes that are handed to the runtime at once. */
const PIECE = 2 ** 18;

/** A stream, as node makes it. */
interface Stream {
  write(bytes: Uint8Array, done?: () => void): boolean;
}

/** Writes to one stream, in order. */
export class PieceWriter {
  readonly #stream: Stream;
  // The writes in progress and waiting: the first one is in progress.
  readonly #waiting: { bytes: Uint8Array; readonly done: (() => void) | undefined }[] = [];

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  /** Writes parts. `done` is called when the bytes have left this process, or the stream has broken. */
  write(parts: readonly Uint8Array[], done?: () => void): void {
    parts.forEach((bytes, i) => this.#write(bytes, i === parts.length - 1 ? done : undefined));
  }

  #write(bytes: Uint8Array, done: (() => void) | undefined): void {
    if (this.#waiting.length === 0 && bytes.length <= PIECE) this.#stream.write(bytes, done);
    else if (this.#waiting.push({ bytes, done }) === 1) this.#writeNext();
  }

  #writeNext(): void {
    const [next] = this.#waiting;
    if (!next) return;
    this.#stream.write(next.bytes.subarray(0, PIECE), () => {
      next.bytes = next.bytes.subarray(PIECE);
      if (next.bytes.length === 0) {
        this.#waiting.shift();
        next.done?.();
      }
      this.#writeNext();
    });
  }
}
