/**
 * `MemoryFile`: a file in memory (`/dev/shm`) through which a script, the host, and its worker process exchange small
 * messages, beside their connection.
 *
 * ```
 * state of the host, state of the worker   each is written by one side, and read by the other
 * slot to the worker, slot to the host     one message, for a side that polls for it
 * ```
 *
 * A message through the connection costs each side a turn of its event loop, and a side that sleeps must be woken. A read
 * or a write of this file costs a microsecond and needs no turn.
 *
 * The state of a side says for which message it polls, and how many bytes of the connection it has written and read. That
 * of the worker also says which calls have started: after the worker's death the host knows which may run elsewhere.
 *
 * A message may go into the slot only if the other side polls for it and has read all bytes of the connection that were
 * written before: otherwise it would overtake them. A side that stops polling publishes that, and reads the slot once more:
 * either it finds the message, or the other side finds that it sleeps, and wakes it by a message through the connection.
 *
 * Memory ordering: the other side must see the writes of a side in their order, and a side must read the other's state after
 * it has written its own. On x86-64 two system calls, one after another, keep that order. For other processors that is not
 * known, so there they have no such file. A reader detects a state that is being written by the second half of the state,
 * which has all bits of the first half inverted.
 *
 * @module
 */

import { joined, lengthOf } from "../core/bytes.ts";
import { writeAll } from "../core/write_all.ts";

/** Which side of the file this process is. */
export type Side = "host" | "worker";

/** Maximum number of bytes of a message in a slot. */
const SLOT = 2 ** 14;

/** In place of a call number: the side does not poll. */
const NONE = 0xffff_ffff;
/** Words of a state: see the methods. Each is counted modulo 2 ** 32. */
const Word = { POLLS_AFTER: 0, WRITTEN: 1, READ: 2, POSTED: 3, LENGTH: 4, RECEIVED: 5, STARTED: 6 } as const;
const WORDS = 8;
const STATE = WORDS * 2 * 4;
const SLOTS = 4_096;
const SIZE = SLOTS + 2 * SLOT;

/**
 * What became of a message. `"refused"`: it is not in the slot, and must go through the connection. `"given"`: it is in the
 * slot, and the other side reads it. `"unseen"`: it is in the slot, but the other side may have stopped polling before, and
 * must be woken by a `slot` message.
 */
export type Offer = "refused" | "given" | "unseen";

/** One side of the file. */
export class MemoryFile {
  readonly #file: Deno.FsFile;
  // 0 for the host, 1 for the worker.
  readonly #side: 0 | 1;
  readonly #own = new Uint32Array(WORDS * 2);
  readonly #ownBytes = new Uint8Array(this.#own.buffer);
  // The state of the other side, as it was read last and was not being written; and as it is read.
  readonly #other = new Uint32Array(WORDS);
  readonly #read = new Uint32Array(WORDS * 2);
  readonly #readBytes = new Uint8Array(this.#read.buffer);
  readonly #slot = new Uint8Array(SLOT);

  /** @param file The file, as this side has opened it. It may be empty. */
  constructor(file: Deno.FsFile, side: Side) {
    this.#file = file;
    this.#side = side === "host" ? 0 : 1;
    this.#own[Word.POLLS_AFTER] = NONE;
    this.#other[Word.POLLS_AFTER] = NONE;
  }

  /**
   * Reserves the memory of the whole file, so that no later write can fail for want of memory.
   *
   * @throws If the memory of the machine is full.
   */
  allocate(): void {
    this.#writeAt(0, new Uint8Array(SIZE));
  }

  /**
   * From the next {@linkcode publish} on, this side polls for the message that follows call number `tail` - 1; for none, if it
   * is `undefined`.
   */
  pollsAfter(tail: number | undefined): void {
    this.#own[Word.POLLS_AFTER] = tail === undefined ? NONE : tail % NONE;
  }

  /** Whether this side polls, or does as soon as it has published its state. */
  get polls(): boolean {
    return this.#own[Word.POLLS_AFTER] !== NONE;
  }

  /** Worker: notes that the calls before number `tail` have started. Returns whether that is new. */
  started(tail: number): boolean {
    if ((this.#own[Word.STARTED] - tail | 0) >= 0) return false;
    this.#own[Word.STARTED] = tail;
    return true;
  }

  /** Host: one more than the number of the last call that has started, modulo 2 ** 32, at the last {@linkcode refresh}. */
  get startedTail(): number {
    return this.#other[Word.STARTED];
  }

  /** How many bytes this side has written into the connection, modulo 2 ** 32. */
  get written(): number {
    return this.#own[Word.WRITTEN];
  }

  /** Counts bytes that this side has written into the connection. */
  addWritten(count: number): void {
    this.#own[Word.WRITTEN] += count;
  }

  /** Counts bytes that this side has read from the connection. */
  addRead(count: number): void {
    this.#own[Word.READ] += count;
  }

  /** Whether the connection has bytes for this side, as of the last {@linkcode refresh}. */
  get hasUnread(): boolean {
    return this.#other[Word.WRITTEN] !== this.#own[Word.READ];
  }

  /** Shows the state of this side to the other one. */
  publish(): void {
    const own = this.#own;
    for (let i = 0; i < WORDS; i++) own[WORDS + i] = ~own[i];
    this.#writeAt(this.#side * STATE, this.#ownBytes);
  }

  /** Reads the state of the other side; `false` if it is being written, or there is none yet. */
  refresh(): boolean {
    const read = this.#read;
    if (this.#readAt((1 - this.#side) * STATE, this.#readBytes) !== STATE) return false;
    for (let i = 0; i < WORDS; i++) if ((read[i] ^ read[WORDS + i]) !== -1) return false;
    for (let i = 0; i < WORDS; i++) this.#other[i] = read[i];
    return true;
  }

  /**
   * Whether the other side polls for the message that follows call number `tail` - 1, and has read all bytes of the connection
   * that the message must not overtake.
   *
   * @param ordered The value that {@linkcode written} had after the last of these bytes: all bytes by default.
   */
  awaits(tail: number, ordered = this.written): boolean {
    if (!this.refresh() || !this.#isReceived || !this.#pollsFor(tail)) return false;
    return this.written - this.#other[Word.READ] >>> 0 <= this.written - ordered >>> 0;
  }

  /** Whether the other side polls, or has polled, for the message that follows call number `tail` - 1. */
  otherPolls(tail: number): boolean {
    return this.#pollsFor(tail) || (this.refresh() && this.#pollsFor(tail));
  }

  /** Puts the message that the other side {@linkcode awaits} into the slot, if it is small. */
  offer(parts: readonly Uint8Array[], tail: number): Offer {
    const length = lengthOf(parts);
    if (length > SLOT) return "refused";
    this.#writeAt(SLOTS + this.#side * SLOT, joined(parts));
    this.#own[Word.POSTED]++;
    this.#own[Word.LENGTH] = length;
    this.publish();
    return this.refresh() && (this.#pollsFor(tail) || this.#isReceived) ? "given" : "unseen";
  }

  /**
   * Passes the message that the other side has put into its slot to `take`, if there is a new one. Returns whether there was.
   * The next {@linkcode publish} shows the other side that the message was received.
   *
   * @param take Receives the message. It is valid during the call only.
   */
  receive(take: (message: Uint8Array) => void): boolean {
    if (!this.refresh() || this.#own[Word.RECEIVED] === this.#other[Word.POSTED]) return false;
    this.#own[Word.RECEIVED] = this.#other[Word.POSTED];
    const message = this.#slot.subarray(0, Math.min(this.#other[Word.LENGTH], SLOT));
    this.#readAt(SLOTS + (1 - this.#side) * SLOT, message);
    take(message);
    return true;
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }

  get #isReceived(): boolean {
    return this.#other[Word.RECEIVED] === this.#own[Word.POSTED];
  }

  #pollsFor(tail: number): boolean {
    return this.#other[Word.POLLS_AFTER] === tail % NONE;
  }

  #writeAt(position: number, bytes: Uint8Array): void {
    this.#file.seekSync(position, Deno.SeekMode.Start);
    writeAll(this.#file, bytes);
  }

  #readAt(position: number, into: Uint8Array): number {
    this.#file.seekSync(position, Deno.SeekMode.Start);
    return this.#file.readSync(into) ?? 0;
  }
}
