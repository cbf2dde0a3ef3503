/**
 * Opens and closes the input of a map: an iterable or async iterable that the caller gives.
 *
 * @module
 */
import { bad } from "./validate.ts";

/** Anything that can be mapped over. */
export type Input<T> = Iterable<T> | AsyncIterable<T>;

/** An opened input: exactly one of the two iterators. */
export type OpenInput<T> =
  | { readonly sync: Iterator<T>; readonly async?: undefined }
  | { readonly sync?: undefined; readonly async: AsyncIterator<T> };

/**
 * Opens an input.
 *
 * @throws {TypeError} If it is not iterable.
 */
export function openInput<T>(call: string, items: Input<T>): OpenInput<T> {
  if (typeof items === "string" || (typeof items === "object" && items !== null)) {
    const object = Object(items);
    if (Symbol.asyncIterator in object) return { async: object[Symbol.asyncIterator]() };
    if (Symbol.iterator in object) return { sync: object[Symbol.iterator]() };
  }
  throw bad(call, "items", items, "an iterable or async iterable", false);
}

/** Whether an input is an array with the built-in iterator: only then, reading by index gives the same items. */
export function isPlainArray<T>(items: Input<T>): items is T[] {
  return Array.isArray(items) && items[Symbol.iterator] === Array.prototype[Symbol.iterator];
}

/**
 * Closes an input that is not read to its end, as leaving a `for` loop over it does (`return()`). It ignores what the
 * input throws then: the map has ended for a reason of its own, and no reader is left to get a second one.
 */
export function closeInput(input: OpenInput<unknown>): void {
  try {
    const closed: unknown = (input.sync ?? input.async).return?.();
    if (closed instanceof Promise) closed.catch(() => {});
  } catch { /* ignored, see above */ }
}
