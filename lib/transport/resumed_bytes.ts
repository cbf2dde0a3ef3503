/**
 * `ResumedBytes`: joins what a worker process writes, first through its connection, and later through a descriptor. The
 * last bytes of the connection may come through both.
 *
 * ```
 * connection   0 1 2 3 4 5        the worker knows that 0 to 2 have left, and not whether 3 to 5 have
 * descriptor       position 3, then 3 4 5 6 7 ...
 * passed on    0 1 2 3 4 5 6 7    each byte once, in order
 * ```
 *
 * @module
 */

/** Bytes of the position, with which the descriptor begins. */
const POSITION = 8;

/** The descriptor, as node makes it. */
interface Stream {
  pause(): void;
  resume(): void;
}

/** Joins what one worker writes. */
export class ResumedBytes {
  readonly #take: (piece: Uint8Array) => void;
  readonly #descriptor: Stream;
  // How many bytes were passed on, and how many have come through the connection.
  #taken = 0;
  #fromConnection = 0;
  // The position of the next byte of the descriptor; `undefined` until the header that gives the first one was read.
  #position: number | undefined;
  readonly #header = new Uint8Array(POSITION);
  #headerLength = 0;
  // Pieces of the descriptor that wait for bytes before them, which are still in the connection.
  #early: Uint8Array[] = [];

  /** @param take Receives the bytes. A piece is valid during the call only. */
  constructor(take: (piece: Uint8Array) => void, descriptor: Stream) {
    this.#take = take;
    this.#descriptor = descriptor;
  }

  /** Whether all bytes that were read were passed on. */
  get isComplete(): boolean {
    return this.#early.length === 0;
  }

  /** Takes a piece of the connection. */
  connectionRead(piece: Uint8Array): void {
    this.#fromConnection = this.#handOn(this.#fromConnection, piece);
    if (this.#early.length === 0 || this.#position! > this.#taken) return;
    for (const each of this.#early.splice(0)) this.#position = this.#handOn(this.#position!, each);
    this.#descriptor.resume();
  }

  /** Takes a piece of the descriptor. */
  descriptorRead(piece: Uint8Array): void {
    const rest = this.#position === undefined ? this.#readPosition(piece) : piece;
    if (rest.length === 0) return;
    if (this.#position! <= this.#taken) this.#position = this.#handOn(this.#position!, rest);
    else {
      // The stream reuses its memory.
      this.#early.push(rest.slice());
      this.#descriptor.pause();
    }
  }

  #readPosition(piece: Uint8Array): Uint8Array {
    const header = piece.subarray(0, POSITION - this.#headerLength);
    this.#header.set(header, this.#headerLength);
    this.#headerLength += header.length;
    if (this.#headerLength < POSITION) return piece.subarray(header.length);
    const position = new DataView(this.#header.buffer).getFloat64(0, true);
    if (Number.isSafeInteger(position) && position >= 0) {
      this.#position = position;
      return piece.subarray(header.length);
    }
    // A task has written it. The reader of frames reports that these bytes are none.
    this.#position = this.#taken;
    return piece;
  }

  // Passes on the bytes of a piece that were not passed on before, and returns the position after the piece.
  #handOn(position: number, piece: Uint8Array): number {
    const known = this.#taken - position;
    if (known < piece.length) {
      this.#taken = position + piece.length;
      this.#take(piece.subarray(known));
    }
    return position + piece.length;
  }
}
