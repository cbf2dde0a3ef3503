/**
 * `FramePart`: a part of a frame, of known length, whose bytes arrive in pieces. Memory is allocated as bytes arrive, and
 * not at once for the length: a hostile sender can state any length.
 *
 * @module
 */

/** Bytes of the first allocation. */
const FIRST_ALLOCATION = 2 ** 16;
/** Factor by which the memory grows when it is full. */
const GROWTH = 64;

const EMPTY = new Uint8Array();

/** A part of a frame. */
export class FramePart {
  /** How many bytes have arrived. */
  filled = 0;
  bytes: Uint8Array<ArrayBuffer> = EMPTY;
  readonly #length: number;

  constructor(length: number) {
    this.#length = length;
  }

  /** How many bytes are missing. */
  get left(): number {
    return this.#length - this.filled;
  }

  /** Takes the missing bytes from a piece, from position `at` on. Returns how many it has taken. */
  take(piece: Uint8Array, at: number): number {
    const room = this.room();
    const count = Math.min(room.length, piece.length - at);
    room.set(piece.subarray(at, at + count));
    this.filled += count;
    return count;
  }

  /** The memory for the next bytes. It grows as bytes arrive, so a false length costs no more than what was sent. */
  room(): Uint8Array {
    if (this.filled === this.bytes.length) {
      const larger = new Uint8Array(Math.min(this.#length, Math.max(FIRST_ALLOCATION, this.bytes.length * GROWTH)));
      larger.set(this.bytes);
      this.bytes = larger;
    }
    return this.bytes.subarray(this.filled);
  }
}
