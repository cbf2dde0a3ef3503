/**
 * Frames: the messages between a host and a worker in another process, as bytes.
 *
 * ```
 * magic u32 | length of the body u32 | number of buffers u32 | length of each buffer f64 | body | the buffers' bytes
 *             body: the message as text, or as the engine serializes it, where `t n` stands for buffer n
 * ```
 *
 * The engine's format carries what structured clone carries: Map, Set, Date, BigInt, typed arrays, cycles. Both sides
 * run the same binary, so they agree on its version.
 *
 * The reader trusts nothing: a task can write any bytes into the channel. It checks the magic number and each length
 * before it acts on them, allocates memory as bytes arrive and not as a length promises, and reads plain data only:
 * nothing in a body can run code or name an object of the receiver.
 *
 * Each side copies the bytes of a large buffer once at most: the sender writes them from the buffer itself, the
 * receiver puts the pieces together where they stay.
 *
 * @module
 */
import { builtin } from "../core/builtin.ts";
import { Json, PlainWriter } from "../core/plain.ts";
import { MAX_BUFFERS, searchFrame } from "./frame_input.ts";
import { type Exporter, exportWith } from "../shared/handle.ts";
import { FramePart } from "./frame_part.ts";
import { passOn } from "./reach.ts";
import { fillSlab } from "./slab.ts";

const MAGIC = 0x31_50_53_49; // "ISP1"
const HEADER = 12;
/** Maximum length of a body, in bytes. Larger values belong into buffers. */
const MAX_BODY = 2 ** 30;
/** Maximum length of a buffer, in bytes. */
const MAX_BUFFER = 2 ** 33;

let loaded: typeof import("node:v8") | undefined;

// Loaded with the first value that is not plain: a worker process takes a tenth of its start for it.
const engine = () => loaded ??= builtin("node:v8");

/** Returns the version of the format in which the engine of this process writes values. */
export function formatVersion(): number {
  return engine().serialize(null)[1];
}

/** Thrown by the reader for bytes that are no frame. Nothing that follows them can be read. */
export class FrameError extends Error {}

/**
 * Makes a frame. The parts are to be written one after another, before anything in the message changes.
 *
 * @param exporter Returns what stands for a shared object in the message.
 * @throws {TypeError} If something in the message cannot reach another process.
 * @throws {Error} If something in it cannot be copied.
 */
export function encodeFrame(message: object, exporter: Exporter = passOn): Uint8Array<ArrayBuffer>[] {
  const text = new PlainWriter().write(message);
  if (text) return [frameOfText(text.text, text.hasNotes)];
  const { hasBuffers, large } = searchFrame(message);
  const write = () => hasBuffers ? serializeWithBuffers(message, large) : engine().serialize(message) as Uint8Array;
  const body = exportWith(exporter, write);
  if (body.length > MAX_BODY) throw new TypeError(`a message of ${body.length} bytes is too large: send typed arrays`);
  const header = new Uint8Array(HEADER + large.length * 8);
  writeHeader(header, body.length, hasBuffers ? large.length : Form.PLAIN);
  const view = new DataView(header.buffer);
  large.forEach((buffer, i) => view.setFloat64(HEADER + i * 8, buffer.byteLength, true));
  return [header, body as Uint8Array<ArrayBuffer>, ...large.map((buffer) => new Uint8Array(buffer))];
}

/** In place of the number of buffers: how the body is written, if there is no buffer in it. */
const Form = { PLAIN: 0xffff_ffff, TEXT: 0xffff_fffe, TEXT_WITH_NOTES: 0xffff_fffd } as const;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Makes a frame of the text of a message. Most messages are plain data, for which text takes a third of the time.
 *
 * @param hasNotes Whether it is the text of `[message, notes]` (core/plain.ts).
 */
export function frameOfText(text: string, hasNotes = false): Uint8Array<ArrayBuffer> {
  // An encoding has 3 bytes for a UTF-16 unit at most.
  return fillSlab(HEADER + text.length * 3, (bytes) => {
    const { written } = encoder.encodeInto(text, bytes.subarray(HEADER));
    writeHeader(bytes, written, hasNotes ? Form.TEXT_WITH_NOTES : Form.TEXT);
    return HEADER + written;
  });
}

function writeHeader(into: Uint8Array<ArrayBuffer>, length: number, form: number): void {
  const view = new DataView(into.buffer, into.byteOffset, HEADER);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, length, true);
  view.setUint32(8, form, true);
}

function serializeWithBuffers(message: object, large: ArrayBuffer[]): Uint8Array {
  const serializer = new (engine().Serializer)();
  large.forEach((buffer, i) => serializer.transferArrayBuffer(i, buffer));
  serializer.writeHeader();
  serializer.writeValue(message);
  return serializer.releaseBuffer();
}

function readBody(form: number, body: Uint8Array, buffers: ArrayBuffer[]): unknown {
  if (form === Form.PLAIN) return engine().deserialize(body as never);
  if (form < Form.TEXT_WITH_NOTES) return deserializeWithBuffers(body, buffers);
  return new Json(decoder.decode(body), form === Form.TEXT_WITH_NOTES).parse();
}

function deserializeWithBuffers(body: Uint8Array, buffers: ArrayBuffer[]): unknown {
  const deserializer = new (engine().Deserializer)(body as never);
  buffers.forEach((buffer, i) => deserializer.transferArrayBuffer(i, buffer));
  deserializer.readHeader();
  return deserializer.readValue();
}

/** What the reader waits for. */
type Stage = "header" | "lengths" | "body" | "buffer";

/** Puts frames together from pieces of any size, and reads their messages. */
export class FrameReader {
  readonly #onMessage: (message: unknown) => void;
  #part = new FramePart(HEADER);
  #stage: Stage = "header";
  #bodyLength = 0;
  // The number of buffers, or one of `Form`.
  #form = 0;
  #lengths: number[] = [];
  #body: Uint8Array = new Uint8Array();
  #buffers: ArrayBuffer[] = [];

  /** @param onMessage Receives each message. */
  constructor(onMessage: (message: unknown) => void) {
    this.#onMessage = onMessage;
  }

  /** Whether a frame has begun and not ended. */
  get isInside(): boolean {
    return this.#stage !== "header" || this.#part.filled > 0;
  }

  /**
   * The memory into which the next bytes go, if that is at least `min` bytes of one buffer: a caller that can read into
   * it saves a copy, and reports the count to {@linkcode filled}.
   */
  room(min: number): Uint8Array | undefined {
    if (this.#stage !== "buffer" || this.#part.left < min) return undefined;
    return this.#part.room();
  }

  /** Takes `count` bytes that were read into {@linkcode room}. */
  filled(count: number): void {
    this.#part.filled += count;
    if (this.#part.left === 0) this.#next();
  }

  /**
   * Takes a piece. It is not kept.
   *
   * @throws {FrameError} If the bytes are no frames.
   */
  push(piece: Uint8Array): void {
    for (let at = 0; at < piece.length;) {
      // The usual case: a small frame is in this piece, and is read where it lies.
      if (this.#part.filled === 0) {
        const left = piece.length - at;
        if (this.#stage === "header" && left >= HEADER) {
          this.#readHeader(new DataView(piece.buffer, piece.byteOffset + at, HEADER));
          at += HEADER;
          continue;
        }
        if (this.#stage === "body" && left >= this.#bodyLength) {
          this.#body = piece.subarray(at, at += this.#bodyLength);
          this.#bodyRead();
          continue;
        }
      }
      at += this.#part.take(piece, at);
      if (this.#part.left === 0) this.#next();
    }
  }

  #next(): void {
    const { bytes } = this.#part;
    switch (this.#stage) {
      case "header":
        return this.#readHeader(new DataView(bytes.buffer, bytes.byteOffset, HEADER));
      case "lengths": {
        const view = new DataView(bytes.buffer);
        this.#lengths = Array.from({ length: bytes.length / 8 }, (_, i) => view.getFloat64(i * 8, true));
        if (!this.#lengths.every((length) => Number.isInteger(length) && length > 0 && length <= MAX_BUFFER)) {
          throw new FrameError("a frame has a buffer of an impossible length");
        }
        return this.#enter("body", this.#bodyLength);
      }
      case "body":
        this.#body = bytes;
        return this.#bodyRead();
      case "buffer":
        this.#buffers.push(bytes.buffer);
        return this.#nextBuffer();
    }
  }

  #readHeader(view: DataView): void {
    if (view.getUint32(0, true) !== MAGIC) throw new FrameError("the bytes are no frame");
    this.#bodyLength = view.getUint32(4, true);
    const count = view.getUint32(8, true);
    const hasBuffers = count < Form.TEXT_WITH_NOTES;
    if (this.#bodyLength === 0 || this.#bodyLength > MAX_BODY || (hasBuffers && count > MAX_BUFFERS)) {
      throw new FrameError("a frame has an impossible length");
    }
    this.#form = count;
    this.#lengths = [];
    this.#buffers = [];
    if (!hasBuffers || count === 0) this.#enter("body", this.#bodyLength);
    else this.#enter("lengths", count * 8);
  }

  #bodyRead(): void {
    // The piece that the body lies in is not kept, so a message that waits for its buffers needs a copy.
    if (this.#lengths.length > 0) this.#body = this.#body.slice();
    this.#nextBuffer();
  }

  #nextBuffer(): void {
    const length = this.#lengths[this.#buffers.length];
    if (length !== undefined) return this.#enter("buffer", length);
    const [body, buffers] = [this.#body, this.#buffers];
    this.#enter("header", HEADER);
    this.#buffers = [];
    let message: unknown;
    try {
      message = readBody(this.#form, body, buffers);
    } catch (cause) {
      throw new FrameError("the body of a frame cannot be read", { cause });
    }
    this.#onMessage(message);
  }

  #enter(stage: Stage, length: number): void {
    this.#stage = stage;
    this.#part = new FramePart(length);
  }
}
