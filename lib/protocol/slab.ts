/**
 * `fillSlab()`: memory for small frames, one behind the other: memory for each would cost more than to fill it.
 *
 * @module
 */

/** Bytes of a slab. */
const SLAB = 2 ** 16;
/** Minimum bytes of a frame that has memory of its own. */
const LARGE = 2 ** 13;

let free = new Uint8Array();

/**
 * Returns new memory.
 *
 * @param max Maximum number of bytes.
 * @param fill Writes from the start of the memory that it gets, and returns how many bytes. The rest is used for others.
 */
export function fillSlab(max: number, fill: (bytes: Uint8Array<ArrayBuffer>) => number): Uint8Array<ArrayBuffer> {
  if (max >= LARGE) {
    const bytes = new Uint8Array(max);
    return bytes.subarray(0, fill(bytes));
  }
  if (free.length < max) free = new Uint8Array(SLAB);
  const bytes = free;
  const length = fill(bytes);
  free = bytes.subarray(length);
  return bytes.subarray(0, length);
}
