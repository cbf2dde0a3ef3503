/**
 * `Channel`: frames between a worker process and its host.
 *
 * ```
 * connection    both directions, without another thread and without modules of node. A written frame has usually left the
 *               process when `post` returns; the rest leaves in turns of the event loop
 * descriptors   both directions, if the host may not listen or another program is in between. A written frame has left the
 *               process when `post` returns
 * memory file   beside them, for a worker without a scope: the answer for which the host polls, and the call for which the
 *               worker polls
 * ```
 *
 * A worker with a connection switches to the descriptors for its writes when it must not depend on its event loop: before it
 * blocks for an answer; when a task reports progress while earlier messages have not left; when many messages have not left;
 * and for a large message, which would have to be copied. It then writes the number of bytes that have certainly left through
 * the connection, and all bytes after these. The host drops those that it gets a second time
 * (lib/transport/resumed_bytes.ts).
 *
 * @module
 */
import { joined, lengthOf } from "../lib/core/bytes.ts";
import { encodeFrame, FrameReader } from "../lib/protocol/frames.ts";
import type { MemoryFile } from "../lib/protocol/memory_file.ts";
import type { WorkerMessage } from "../lib/protocol/messages.ts";
import { frameOfThrown } from "../lib/protocol/thrown_frame.ts";
import { thrownMessage } from "../lib/protocol/value_messages.ts";
import { readDescriptor, writeDescriptor } from "./process_descriptors.ts";

/** Maximum number of bytes of one read or write. */
const PIECE = 2 ** 18;
/** Maximum bytes of a message whose parts are copied together, so that there is one write. */
const SMALL = 2 ** 14;
/** Maximum bytes of a message that goes through the connection: copying a larger one costs more than the descriptors do. */
const LARGE = 2 ** 23;
/** Maximum number of messages that wait for the event loop. */
const BACKLOG = 64;

/** The channel of this process. */
export class Channel {
  readonly #connection: Deno.Conn | undefined;
  readonly #file: MemoryFile | undefined;
  readonly #frames = new FrameReader((message) => this.#onMessage(message));
  // Frames that are written together with the next message, since each write wakes the host.
  #held: Uint8Array[] = [];
  // The number of the call that these frames answer, if they are one answer and nothing else.
  #heldAnswer: number | undefined;
  // The value of `MemoryFile.written` after the last message that an answer must not overtake.
  #ordered = 0;
  // The bytes that may not have left through the connection yet, and the number of those that have left.
  readonly #unsent: Uint8Array[] = [];
  #sentBytes = 0;
  #sending: Promise<void> | undefined;
  #usesDescriptors = false;
  /** Is called before the answer of a call is posted. */
  onAnswer: (seq: number) => void = () => {};
  /** Whether the message that is passed on at the moment was in the slot of the memory file. */
  isReadingSlot = false;
  #onMessage: (message: unknown) => void = () => {};
  #onEnd: () => void = () => {};

  /**
   * @param connection The connection to the host, if there is one.
   * @param isLaunched Whether another program has started this process: then the descriptors are all that there is.
   * @param file The worker's side of the memory file, if there is one.
   */
  constructor(connection: Deno.Conn | undefined, isLaunched: boolean, file: MemoryFile | undefined) {
    this.#connection = connection;
    this.#file = file;
    if (isLaunched) this.#usesDescriptors = true;
    else if (!connection) this.useDescriptors();
  }

  /** Whether there are descriptors. Windows passes on none. */
  get hasDescriptors(): boolean {
    return !this.#connection || Deno.build.os !== "windows";
  }

  /** Posts a message, which may have a thrown value in it. */
  post(message: WorkerMessage): void {
    const { kind } = message;
    if (kind === "request" && message.isSync) this.useDescriptors();
    else if (this.#sending && (kind === "progress" || this.#unsent.length >= BACKLOG)) this.useDescriptors();
    const parts = [...this.#held, ...frameOf(message)];
    const answered = this.#held.length > 0 ? this.#heldAnswer : answeredBy(message);
    const mayBeOvertaken = kind === "started" && this.#held.length === 0;
    this.#held = [];
    if (this.#file && answered !== undefined) this.#answer(parts, answered, this.#file);
    else this.#write(parts, mayBeOvertaken);
  }

  // A host that polls for the answer gets it through the file, if that overtakes nothing.
  #answer(parts: Uint8Array[], seq: number, file: MemoryFile): void {
    const isAwaited = !this.#sending && file.awaits(seq + 1, this.#ordered);
    this.onAnswer(seq);
    const offer = isAwaited ? file.offer(parts, seq + 1) : "refused";
    if (offer === "given") return;
    this.#write(offer === "unseen" ? frameOf({ kind: "slot" }) : parts);
    // Shows a host that polls that there are bytes in the connection, and that the worker polls for the next call.
    file.publish();
  }

  /** Posts a message together with the next one, if it is small. The next one must follow at once. */
  postWithNext(message: WorkerMessage): void {
    this.#heldAnswer = this.#held.length === 0 ? answeredBy(message) : undefined;
    this.#held.push(...frameOf(message));
    // Half of the limit leaves room for the next frame.
    if (lengthOf(this.#held) > SMALL / 2) this.#write(this.#held.splice(0));
  }

  /** Resolves when all that was posted has left this process; `undefined` if it has. */
  get sent(): Promise<void> | undefined {
    return this.#sending;
  }

  /** Calls `run` when all that was posted has left this process. */
  whenSent(run: () => void): void {
    if (this.#sending) void this.#sending.then(run);
    else run();
  }

  /**
   * Reads frames until the host closes the channel.
   *
   * @param onEnd Is called when the channel has ended.
   */
  async listen(onMessage: (message: unknown) => void, onEnd: () => void): Promise<void> {
    this.#onMessage = onMessage;
    this.#onEnd = onEnd;
    const connection = this.#connection;
    if (!connection) return await readDescriptor(onMessage, onEnd);
    const frames = this.#frames;
    const piece = new Uint8Array(PIECE);
    for (;;) {
      const room = frames.room(PIECE);
      const count = await connection.read(room ?? piece).catch(() => null);
      if (count === null) return onEnd();
      this.#file?.addRead(count);
      if (room) frames.filled(count);
      else frames.push(piece.subarray(0, count));
    }
  }

  /** Reads the call that the host may have put into the slot of the memory file. Returns whether there was one. */
  readSlot(): boolean {
    const file = this.#file;
    if (!file) return false;
    this.isReadingSlot = true;
    const hasRead = file.receive((frame) => this.#frames.push(frame));
    this.isReadingSlot = false;
    // Shows the host that the call was received, and that it starts.
    if (hasRead) file.publish();
    return hasRead;
  }

  /** Says through the memory file that the calls before number `tail` have started; `false` if there is none. */
  sayStarted(tail: number): boolean {
    if (this.#file?.started(tail) && !this.isReadingSlot) this.#file.publish();
    return this.#file !== undefined;
  }

  /** From now on, what is written has left this process when the call returns. */
  useDescriptors(): void {
    if (this.#usesDescriptors || !this.hasDescriptors) return;
    this.#usesDescriptors = true;
    this.#sending = undefined;
    const position = new Uint8Array(8);
    new DataView(position.buffer).setFloat64(0, this.#sentBytes, true);
    for (const bytes of [position, ...this.#unsent.splice(0)]) writeDescriptor(bytes);
  }

  #write(parts: Uint8Array[], mayBeOvertaken = false): void {
    const length = lengthOf(parts);
    this.#file?.addWritten(length);
    if (!mayBeOvertaken) this.#ordered = this.#file?.written ?? 0;
    if (length > LARGE) this.useDescriptors();
    const isSmall = length <= SMALL;
    if (this.#usesDescriptors) return (isSmall ? [joined(parts)] : parts).forEach(writeDescriptor);
    // A task may change its buffers before they have left.
    const isOwn = parts.length === 1;
    this.#unsent.push(...isSmall ? [joined(parts)] : parts.map((part) => isOwn ? part : part.slice()));
    this.#sending ??= this.#send(this.#connection!);
  }

  // Begins the first write before it returns. The runtime has then usually given the bytes to the system.
  async #send(connection: Deno.Conn): Promise<void> {
    try {
      for (let bytes; (bytes = this.#unsent[0]);) {
        const count = await connection.write(bytes.length > PIECE ? bytes.subarray(0, PIECE) : bytes);
        if (this.#usesDescriptors) break;
        this.#sentBytes += count;
        if (count === bytes.length) this.#unsent.shift();
        else this.#unsent[0] = bytes.subarray(count);
      }
    } catch {
      this.#onEnd(); // The host has closed the channel.
    }
    this.#sending = undefined;
  }
}

const answeredBy = (message: WorkerMessage): number | undefined =>
  message.kind === "result" || message.kind === "error" ? message.seq : undefined;

function frameOf(message: WorkerMessage): Uint8Array[] {
  const thrown = "thrown" in message ? message.thrown : undefined;
  return thrown ? frameOfThrown(thrown, (thrown) => thrownMessage(message, thrown)) : encodeFrame(message);
}
