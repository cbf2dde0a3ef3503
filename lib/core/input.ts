/**
 * Opens and closes the input of a map: an iterable or async iterable that the caller gives.
 *
 * @module
 */
import { Promise } from "./platform.ts";
import { badOption } from "./validate.ts";

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
  return isAsync(call, items) ? { async: items[Symbol.asyncIterator]() } : { sync: items[Symbol.iterator]() };
}

/**
 * Whether an input is an async iterable, else it is an iterable. Does not open it.
 *
 * @throws {TypeError} If it is neither.
 */
export function isAsync<T>(call: string, items: Input<T>): items is AsyncIterable<T> {
  if (has(items, Symbol.asyncIterator)) return true;
  if (has(items, Symbol.iterator)) return false;
  throw badOption(call, "items", items, "an iterable or async iterable", false);
}

function has(items: unknown, method: symbol): boolean {
  if (typeof items === "string") return method === Symbol.iterator;
  try {
    return typeof items === "object" && items !== null && method in items;
  } catch {
    return false; // a revoked proxy
  }
}

/** Whether an input is an array with the built-in iterator: only then, reading by index gives the same items. */
export function isPlainArray<T>(items: Input<T>): items is T[] {
  return has(items, Symbol.iterator) && Array.isArray(items) &&
    items[Symbol.iterator] === Array.prototype[Symbol.iterator];
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
