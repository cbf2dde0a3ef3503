/**
 * `FramePart`: bytes of a known number that arrive in pieces. Memory is allocated as they arrive, not as the number promises.
 *
 * @module
 */

/** Bytes for which memory is allocated at once, and how many times as many whenever they have arrived. */
const FIRST_ALLOCATION = 2 ** 16;
const GROWTH = 64;

const EMPTY = new Uint8Array();

/** A part of a frame. */
export class FramePart {
  /** How many have arrived. */
  filled = 0;
  bytes: Uint8Array<ArrayBuffer> = EMPTY;
  readonly #length: number;

  constructor(length: number) {
    this.#length = length;
  }

  /** How many are missing. */
  get left(): number {
    return this.#length - this.filled;
  }

  /** Takes bytes of a piece from `at` on. Returns how many. */
  take(piece: Uint8Array, at: number): number {
    const room = this.room();
    const count = Math.min(room.length, piece.length - at);
    room.set(piece.subarray(at, at + count));
    this.filled += count;
    return count;
  }

  /** The memory for the next bytes. It grows as bytes arrive, so a false length costs what was sent. */
  room(): Uint8Array {
    if (this.filled === this.bytes.length) {
      const larger = new Uint8Array(Math.min(this.#length, Math.max(FIRST_ALLOCATION, this.bytes.length * GROWTH)));
      larger.set(this.bytes);
      this.bytes = larger;
    }
    return this.bytes.subarray(this.filled);
  }
}
