/**
 * `corruptMemory()`: the error for shared memory whose content no code of this library can have written.
 *
 * Any thread that has a shared object can write anything into its memory. Code that uses a number from there as a length,
 * an index or a count checks it first: a wrong one must neither make the thread loop, nor take gigabytes of memory, nor
 * throw an error of the engine that names no cause.
 *
 * @module
 */
import { IsopoolError } from "./base_error.ts";

/**
 * Steps that a call takes at most without sleeping, up to 0.5 s. Each algorithm needs a few thousand at most, unless its
 * memory is corrupt: then it may try for ever to sleep until a value changes that has changed already.
 */
export const MAX_STEPS: number = 1 << 20;

/** Creates the error. `call` is what cannot be done: `get from Queue`. */
export function corruptMemory(call: string, options?: ErrorOptions): IsopoolError {
  return new IsopoolError(
    `Cannot ${call}: the shared memory of this object is corrupt: some code has written into it, so use a new object`,
    options,
  );
}
