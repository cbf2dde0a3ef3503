/**
 * Values that are to be moved instead of copied. The mark hangs on the value itself, not on a call, so that one word does
 * it for arguments, results and streams alike.
 *
 * @module
 */
import { scope } from "./isolate_state.ts";
import { show } from "./validate.ts";

/**
 * Marks a value to be moved: the next time it is an argument of a task, its result or an item of its stream, its memory
 * goes along without being copied, and the value here is detached. Costs the same for a kilobyte and a gigabyte. In a
 * map, items are copied once more on their way.
 *
 * Only the argument, result or item itself is looked at, not what is inside it: name what is inside in `transfer`.
 *
 * @param value An ArrayBuffer, a view of one, a MessagePort, a stream; or any object with the parts named in `transfer`.
 * @param transfer What moves with it. @default {the value itself, or the buffer of a view}
 * @returns The same value.
 * @throws {TypeError} If there is nothing to move.
 *
 * @example There and back without a copy
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { inline, move, Pool } from "@isopool/isopool";
 *
 * const fill = inline(async (bytes: Uint8Array) => {
 *   const { move } = await import("@isopool/isopool");
 *   return move(bytes.fill(7));
 * });
 * await using pool = new Pool(1);
 * const bytes = new Uint8Array(1_000_000);
 * const filled = await pool.submit(fill, move(bytes));
 * assertEquals([bytes.length, filled.length, filled[0]], [0, 1_000_000, 7]);
 * ```
 */
export function move<T extends object>(value: T, transfer: Transferable[] = transferables(value)): T {
  (scope.moves ??= new WeakMap()).set(value, transfer);
  return value;
}

/** Nothing is moved. Frozen: every call without a transfer has this same list. */
export const NO_TRANSFER: Transferable[] = Object.freeze([]) as unknown as Transferable[];

/** What moves along with a value, if that was asked for. Asking takes the mark off: a moved value is gone. */
export function takeMove(value: unknown): Transferable[] | undefined {
  const moves = scope.moves;
  if (moves === undefined || typeof value !== "object" || value === null) return undefined;
  const transfer = moves.get(value);
  if (transfer) moves.delete(value);
  return transfer;
}

function transferables(value: unknown): Transferable[] {
  if (ArrayBuffer.isView(value) && value.buffer instanceof ArrayBuffer) return [value.buffer];
  if (
    value instanceof ArrayBuffer || value instanceof MessagePort || value instanceof ReadableStream ||
    value instanceof WritableStream || value instanceof TransformStream
  ) return [value as Transferable];
  const what = ArrayBuffer.isView(value) || value instanceof SharedArrayBuffer
    ? "shared memory, which is never copied: pass it as it is"
    : `${show(value)}: it takes an ArrayBuffer, a view, a MessagePort or a stream, or a list of such as \`transfer\``;
  throw new TypeError(`Cannot move value: \`value\` is ${what}`);
}
