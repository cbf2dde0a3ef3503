/**
 * `searchFrame()`: looks through a message before it leaves this process, for what has no meaning in another one, and
 * for the buffers that travel beside the message instead of inside it.
 *
 * ```
 * shared memory, a Lock, a Value     is memory of this process    TypeError that says what to do instead (reach.ts)
 * a Queue, a Connection, a Manager   stays here                   lib/remote/ puts a reference in its place
 * a Blob, a CryptoKey, a port        would arrive as {}           TypeError
 * a buffer of 16 KB or more          its bytes follow the message (frames.ts)
 * ```
 *
 * @module
 */
import { forEachElement } from "../core/elements.ts";
import { isAnyArrayBuffer, isProxy } from "../core/uncopyable.ts";
import { type Handle, isShared, KEY } from "../shared/handle.ts";
import { isMemory, UnreachableError } from "./reach.ts";

/** Minimum bytes of a buffer that travels beside the message: serializing it inside costs a second copy. */
export const LARGE_BUFFER = 16 * 1024;
/** Maximum number of buffers beside one message. Further ones are inside. */
export const MAX_BUFFERS = 4_096;

/** Host objects that the runtime's serializer would turn into empty objects. */
const REFUSED: ReadonlySet<unknown> = new Set([
  "Blob",
  "File",
  "CryptoKey",
  "MessagePort",
  "ReadableStream",
  "WritableStream",
  "TransformStream",
  "ImageBitmap",
  "ImageData",
]);

/** What {@linkcode searchFrame} has found. */
export interface FrameContents {
  /** Whether there is any buffer in the message. */
  hasBuffers: boolean;
  /** The buffers that travel beside the message. */
  readonly large: ArrayBuffer[];
}

/**
 * Looks through a message.
 *
 * @throws {TypeError} If something in it cannot reach another process.
 */
export function searchFrame(message: object): FrameContents {
  const search = new Search();
  search.visit(message);
  return search.contents;
}

class Search {
  readonly contents: FrameContents = { hasBuffers: false, large: [] };
  readonly #seen = new Set<object>();

  visit(value: object): void {
    if (this.#seen.has(value)) return;
    this.#seen.add(value);
    if (Array.isArray(value)) {
      forEachElement(value, (part) => this.#visitPart(part));
      return;
    }
    const prototype = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) return this.#visitFields(value);
    if (ArrayBuffer.isView(value)) this.#note(value.buffer);
    else if (isAnyArrayBuffer(value)) this.#note(value as ArrayBuffer | SharedArrayBuffer);
    else if (value instanceof Map) {
      for (const [key, part] of value) {
        this.#visitPart(key);
        this.#visitPart(part);
      }
    } else if (value instanceof Set) { for (const part of value) this.#visitPart(part); }
    else if (!isProxy(value)) {
      // The exporter of the frame decides (shared/handle.ts).
      if (isShared(value)) return;
      const tag: unknown = Object.prototype.toString.call(value).slice(8, -1);
      if (REFUSED.has(tag)) throw new TypeError(`a ${tag} cannot reach another process: send the data in it`);
      this.#visitFields(value);
    }
  }

  #visitPart(part: unknown): void {
    if (typeof part === "object" && part !== null) this.visit(part);
  }

  #visitFields(object: object): void {
    for (const key of Object.keys(object)) {
      const part = (object as Record<string, unknown>)[key];
      if (typeof part !== "object" || part === null) continue;
      // A copy that was made at submit has the handle of a shared object in its place. That of an error is plain data.
      const { kind } = part as { kind?: unknown };
      if (key === KEY && typeof kind === "string" && kind !== "error") {
        if (isMemory(kind)) throw new UnreachableError(part as Handle);
        continue;
      }
      this.visit(part);
    }
  }

  #note(buffer: ArrayBufferLike): void {
    if (buffer instanceof SharedArrayBuffer) throw new UnreachableError(buffer);
    const { contents } = this;
    contents.hasBuffers = true;
    if (buffer.byteLength < LARGE_BUFFER || buffer.resizable || contents.large.length >= MAX_BUFFERS) return;
    if (!contents.large.includes(buffer)) contents.large.push(buffer);
  }
}
