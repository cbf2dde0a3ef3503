/**
 * `move()`: marks a value to be transferred instead of copied. The mark belongs to the value, not to a call, so that the
 * same function serves arguments, results and items of streams.
 *
 * @module
 */
import { isolateState } from "./isolate_state.ts";
import { refusal, show } from "./validate.ts";

/**
 * Marks a value to be moved. The next time it is an argument of a task, a task's result or an item of a stream, its memory
 * goes to the other thread without a copy, and the value is detached here. The cost is the same for a kilobyte and a
 * gigabyte. Do not use it for a value that this thread still needs, nor for the items of a map, which are copied once
 * more on their way.
 *
 * Only the argument, result or item itself is checked for the mark, not the values inside it: list those in `transfer`.
 *
 * @param value An ArrayBuffer, a view of one, a MessagePort, a stream; or any object with the parts named in `transfer`.
 * @param transfer The objects to transfer. @default {the value itself, or the buffer of a view}
 * @returns The same value.
 * @throws {TypeError} If the value has nothing to transfer.
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
  (isolateState.moves ??= new WeakMap()).set(value, transfer);
  return value;
}

/** The empty transfer list. Frozen, because all calls without a transfer share it. */
export const NO_TRANSFER: Transferable[] = Object.freeze([]) as unknown as Transferable[];

/** Returns the transfer list of a marked value, else `undefined`, and removes the mark: a value moves only once. */
export function takeMove(value: unknown): Transferable[] | undefined {
  const moves = isolateState.moves;
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
  const problem = ArrayBuffer.isView(value) || value instanceof SharedArrayBuffer
    ? "shared memory, which is never copied: pass it as it is"
    : `${show(value)}: it takes an ArrayBuffer, a view, a MessagePort or a stream, or a list of such as \`transfer\``;
  throw refusal(`Cannot move value: \`value\` is ${problem}`);
}
