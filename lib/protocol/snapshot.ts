/**
 * Copies the arguments of a call at the time of the call.
 *
 * @module
 */
import { bytesOf, restoreBytes } from "../core/bytes.ts";
import { takeMove } from "../core/move.ts";
import { Json, PlainWriter } from "../core/plain.ts";
import { structuredClone } from "../core/platform.ts";
import { isA } from "../core/validate.ts";
import { encode } from "../shared/revive.ts";
import { copyBytes } from "./copy_memory.ts";
import { cloneInputWithErrors } from "./error_handle.ts";
import { isPrimitive, transferError } from "./transfer_error.ts";

/** Arguments as they were when the caller passed them. */
export interface Snapshot {
  /** Copies; plain data is copied as its text. See {@linkcode decodeItems}. */
  args: unknown[];
  transfer: Transferable[];
  /** Whether there may be shared objects in them (lib/shared/revive.ts). */
  handles: boolean;
}

/**
 * Copies arguments as they are now, and moves the objects in `transfer` and those that `move()` has marked. Later
 * changes by the caller do not reach the task.
 *
 * Primitives cost nothing. Plain data is copied as text or, if it is large, as objects, and one typed array by the bytes
 * that it shows. An argument list with any other value is copied by structured clone. Typed arrays travel with their
 * whole buffer only if several of them share it.
 *
 * @throws {TransferError} If a value cannot be copied, or would arrive without its content.
 */
export function snapshot(args: unknown[], transfer: Transferable[]): Snapshot {
  if (transfer.length === 0 && args.every(isPrimitive)) return { args: args.slice(), transfer, handles: false };
  for (const arg of args) {
    const moved = takeMove(arg);
    if (moved) transfer = [...new Set([...transfer, ...moved])];
  }
  const encoded = transfer.length > 0 ? undefined : encodeArgs(args);
  return encoded ? { args: encoded, transfer, handles: false } : clone(args, transfer);
}

/**
 * Copies arguments by structured clone, and moves the objects in `transfer`.
 *
 * @throws {TransferError} If a value cannot be copied.
 */
export function clone(args: unknown[], transfer: Transferable[]): Snapshot {
  try {
    // One clone for both, so that a moved object is the same object inside the arguments.
    const input = cloneInputWithErrors(args, transfer);
    const { value, handles } = structuredClone(encode([input, transfer]), { transfer });
    const [copied, moved] = value as [unknown[], Transferable[]];
    return { args: copied, transfer: moved, handles };
  } catch (cause) {
    throw transferError(args, "args", "argument", cause, transfer);
  }
}

// An object that occurs twice must be one object in the copy as well. So one writer serves all arguments, and there is
// no second typed array: it might have the same buffer, which then travels whole.
function encodeArgs(args: unknown[], isLarge = false): unknown[] | undefined {
  const encoded: unknown[] = [];
  const writer = new PlainWriter();
  let hasBytes = false;
  for (const arg of args) {
    if (isPrimitive(arg)) encoded.push(arg);
    else if (typeof arg !== "object") return undefined;
    else {
      const own = bytesOf(arg!);
      if (own && hasBytes) return undefined;
      hasBytes ||= own !== undefined;
      const copy = own
        ? restoreBytes(own.form, copyBytes(own.bytes))
        : isLarge
        ? writer.copy(arg!)
        : writer.write(arg!);
      if (copy === undefined) return writer.tooLarge ? encodeArgs(args, true) : undefined;
      encoded.push(copy);
    }
  }
  return encoded;
}

/** Decodes the texts in the copies of {@linkcode snapshot}, for a `run` message. */
export function decodeItems(items: unknown[], spread: boolean): unknown[] {
  return items.map((item) => spread ? (item as unknown[]).map(decodeItem) : decodeItem(item));
}

function decodeItem(value: unknown): unknown {
  return isA(value, Json) ? value.parse() : value;
}
