/**
 * The memory of the elements of a `Value` or a `SharedArray`.
 *
 * @module
 */
import { corruptMemory } from "../core/corrupt_memory.ts";
import { badOption, integer, isArray, oneOf, show } from "../core/validate.ts";
import { bytesPerElement, VALUE_TYPES, type ValueType } from "./element.ts";
import type { Handle } from "./handle.ts";

/** The memory of an array's elements. */
export interface Region {
  readonly type: ValueType;
  readonly memory: SharedArrayBuffer;
  /** In bytes. */
  readonly offset: number;
  readonly length: number;
}

/** Allocates the memory of an array: `from` is its length, or its elements. */
export function newRegion(call: string, type: ValueType, from: unknown): Region {
  oneOf(call, "type", type, VALUE_TYPES);
  if (!isArray(from) && typeof from !== "number") {
    throw badOption(call, "from", from, "a length, or elements", false);
  }
  const length = isArray(from) ? from.length : integer(call, "length", from, 0);
  return { type, memory: allocate(call, length * bytesPerElement(type)), offset: 0, length };
}

/**
 * Checks the memory of a received array.
 *
 * @throws {IsopoolError} If it cannot hold the elements: no code of this library makes such a handle.
 */
export function receivedRegion({ kind, type, memory, offset = 0, length = 1 }: Handle & Partial<Region>): Region {
  if (VALUE_TYPES.includes(type!) && memory instanceof SharedArrayBuffer) {
    const bytes = bytesPerElement(type!);
    const isAligned = Number.isInteger(length) && Number.isInteger(offset) && offset % bytes === 0;
    if (isAligned && offset >= 0 && length >= 0 && offset + length * bytes <= memory.byteLength) {
      return { type: type!, memory, offset, length };
    }
  }
  throw corruptMemory(`receive shared object ${show(kind)}`);
}

/** Returns where the elements from `start` to `end` are; both as `Array.prototype.slice` takes them. */
export function sliceOf({ type, memory, offset, length }: Region, start: number, end: number): Region {
  const from = clamp("start", start, length);
  const count = Math.max(0, clamp("end", end, length) - from);
  return { type, memory, offset: offset + from * bytesPerElement(type), length: count };
}

function clamp(option: string, index: number, length: number): number {
  if (typeof index !== "number" || index !== index) {
    throw badOption("slice SharedArray", option, index, "an integer", typeof index === "number");
  }
  const whole = Math.trunc(index);
  return whole < 0 ? Math.max(0, length + whole) : Math.min(whole, length);
}

function allocate(call: string, bytes: number): SharedArrayBuffer {
  try {
    return new SharedArrayBuffer(bytes);
  } catch (cause) {
    throw new RangeError(`Cannot ${call}: ${bytes} bytes of shared memory cannot be allocated: make it smaller`, {
      cause,
    });
  }
}
