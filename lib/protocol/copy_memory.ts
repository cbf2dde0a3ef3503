/**
 * Memory for the copies that `submit()` makes of large buffers. New memory costs more than the copy: the system clears each
 * page when it is first written, 25 to 30 ms for 64 MB, where the copy takes 6. So the memory of a copy is used again, for a
 * copy of the same length, when its call has succeeded and its bytes have left this process.
 *
 * ```
 * copyBytes --trackWrite--> is being written --> has left --reuseCopies--> kept, until 1 s after the last one --copyBytes--> in use again
 *     \-- never written by a transport that writes bytes, or the call has failed: the garbage collector frees it
 * ```
 *
 * @module
 */
import { clearTimeout, setTimeout, type Timer } from "../core/timer.ts";

/** Minimum bytes of a copy whose memory is kept. */
const MIN = 2 ** 20;
/** Maximum bytes that are kept. */
const MAX_KEPT = 2 ** 26;
/** Milliseconds after the last call with such a copy until what is kept is freed. */
const KEPT_FOR = 1_000;

/** A copy that was made here. */
interface Copy {
  /** How many writes of it have begun and not ended. A retried call may be written to two workers. */
  writes: number;
  /** Whether a transport has written its bytes. Any other may have passed the memory itself on. */
  isWritten: boolean;
}

const copies = new WeakMap<ArrayBuffer, Copy>();
let kept: Uint8Array<ArrayBuffer>[] = [];
let timer: Timer | undefined;

/** Returns a copy of bytes, with a buffer of its own. */
export function copyBytes(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (bytes.length < MIN) return bytes.slice();
  const at = kept.findIndex(({ length }) => length === bytes.length);
  const copy = at < 0 ? bytes.slice() : kept.splice(at, 1)[0];
  if (at >= 0) copy.set(bytes);
  copies.set(copy.buffer, { writes: 0, isWritten: false });
  return copy;
}

/**
 * Notes that a transport writes these parts, and holds none of their memory when they have left.
 *
 * @param then The transport's own callback for the time when they have left.
 * @returns The callback that the transport must call then, if there is one.
 */
export function trackWrite(parts: readonly Uint8Array[], then: (() => void) | undefined): (() => void) | undefined {
  const written = parts.map(({ buffer }) => copies.get(buffer as ArrayBuffer)).filter((copy) => copy !== undefined);
  if (written.length === 0) return then;
  for (const copy of written) {
    copy.writes++;
    copy.isWritten = true;
  }
  return () => {
    for (const copy of written) copy.writes--;
    then?.();
  };
}

/** Keeps the memory of the copies among the arguments of a call that has succeeded. Nothing may read them from now on. */
export function reuseCopies(args: readonly unknown[]): void {
  for (const arg of args) {
    const buffer = bufferOf(arg);
    const copy = copies.get(buffer);
    if (copy?.isWritten && copy.writes === 0) keep(new Uint8Array(buffer));
  }
}

/** Leaves the copies among the arguments of a failed call to the caller, who gets them with the error: their memory is never used again. */
export function forgetCopies(args: readonly unknown[]): void {
  for (const arg of args) copies.delete(bufferOf(arg));
}

// What is no buffer is not found in `copies`.
function bufferOf(arg: unknown): ArrayBuffer {
  return (ArrayBuffer.isView(arg) ? arg.buffer : arg) as ArrayBuffer;
}

function keep(bytes: Uint8Array<ArrayBuffer>): void {
  copies.delete(bytes.buffer);
  if (bytes.length > MAX_KEPT) return;
  kept.push(bytes);
  while (kept.reduce((sum, { length }) => sum + length, 0) > MAX_KEPT) kept.shift();
  clearTimeout(timer);
  timer = setTimeout(freeCopies, KEPT_FOR);
  timer.unref();
}

/** Frees what is kept. */
export function freeCopies(): void {
  clearTimeout(timer);
  timer = undefined;
  kept = [];
}
