/**
 * `CallNumbers`: a file in which a script and its worker process see, without being woken, that the other side has written.
 *
 * ```
 * connection   frames. A side that waits for one sleeps, and being woken costs both sides more than a small call
 * file         the number behind the last call that was sent | the number behind the last call that was answered
 * ```
 *
 * A side that expects something reads the other's number again and again for a moment (core/wait_budget.ts), and then lets its
 * event loop turn, which finds the frame in the connection. Nothing else depends on the file: without it, both sides sleep.
 *
 * @module
 */

/** Which number a side writes; it reads the other one. */
export type Side = "host" | "worker";

/** Bytes of a number. */
const SIZE = 4;

/** The numbers, as one side sees them. */
export class CallNumbers {
  readonly #file: Deno.FsFile;
  readonly #own: number;
  readonly #word = new Uint32Array(1);
  readonly #bytes = new Uint8Array(this.#word.buffer);

  /** @param file The open file of this side. */
  constructor(file: Deno.FsFile, side: Side) {
    this.#file = file;
    this.#own = side === "host" ? 0 : SIZE;
  }

  /** Writes the number of this side, at 32 bits. What belongs to it was written into the connection before. */
  publish(tail: number): void {
    this.#word[0] = tail;
    try {
      this.#file.seekSync(this.#own, Deno.SeekMode.Start);
      this.#file.writeSync(this.#bytes);
    } catch {
      // The disk is full: the other side sleeps.
    }
  }

  /** Whether the other side has written this number, or a later one; also if the file cannot be read. */
  hasReached(tail: number): boolean {
    try {
      this.#file.seekSync(SIZE - this.#own, Deno.SeekMode.Start);
      if (this.#file.readSync(this.#bytes) !== SIZE) return false;
    } catch {
      return true;
    }
    return ((this.#word[0] - tail) | 0) >= 0;
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }
}
