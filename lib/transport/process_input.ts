/**
 * `ProcessInput`: reads what a worker process writes, and passes the messages on in the order in which they were written.
 *
 * ```
 * connection, descriptor    all frames
 * slot of a memory file     the answer of the only call in flight, if the host polls for it
 * ```
 *
 * @module
 */
import { FrameReader } from "../protocol/frames.ts";
import type { MemoryFile } from "../protocol/memory_file.ts";
import { AnswerPoll } from "./answer_poll.ts";

/** Reads what one worker writes. */
export class ProcessInput {
  /** Whether the worker may have written messages that were not read. */
  isUnreadable = false;
  /** Polls for answers; `undefined` without a memory file. */
  readonly answers: AnswerPoll | undefined;
  readonly #file: MemoryFile | undefined;
  readonly #frames: FrameReader;
  readonly #onBroken: (error: unknown) => void;
  #startedTail = 0;
  #ended = false;

  /**
   * @param file The host's side of the memory file, if there is one.
   * @param onBroken Is called once, for bytes that are not a frame. What follows them is not read.
   */
  constructor(
    file: MemoryFile | undefined,
    onMessage: (message: unknown) => void,
    onBroken: (error: unknown) => void,
  ) {
    this.#file = file;
    this.#frames = new FrameReader(onMessage);
    this.#onBroken = onBroken;
    this.answers = file && new AnswerPoll(file, () => void file.receive((frame) => this.#read(frame)));
  }

  /** Reads a piece of what the worker has written. The caller may reuse its memory. */
  push(piece: Uint8Array): void {
    // An answer in the slot was written before this piece.
    if (this.#file?.polls) this.answers!.readSlot();
    this.#file?.addRead(piece.length);
    this.#read(piece);
  }

  /** One more than the number of the last call that the worker has started, modulo 2 ** 32, as the memory file says. */
  get startedTail(): number {
    if (!this.#ended && this.#file?.refresh()) this.#startedTail = this.#file.startedTail;
    return this.#startedTail;
  }

  /** Ends the reading: the worker has ended, and all that it has written into the connection was pushed. */
  end(): void {
    if (this.#ended) return;
    this.answers?.readSlot();
    this.answers?.close();
    void this.startedTail;
    this.#ended = true;
    this.#file?.close();
  }

  #read(piece: Uint8Array): void {
    if (this.isUnreadable) return;
    try {
      this.#frames.push(piece);
    } catch (error) {
      this.isUnreadable = true;
      this.#onBroken(error);
    }
  }
}
