/**
 * Reading what a caller wants mapped.
 *
 * @module
 */
import { bad } from "./validate.ts";

/** Anything that can be mapped over. */
export type Input<T> = Iterable<T> | AsyncIterable<T>;

/** An opened input: one of the two. */
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

/** Whether an input is an array whose iterator is the language's own, so that reading by index gives the same items. */
export function isPlainArray<T>(items: Input<T>): items is T[] {
  return Array.isArray(items) && items[Symbol.iterator] === Array.prototype[Symbol.iterator];
}

/**
 * Tells an input that it is not read further, as leaving a loop over it would. What it throws at that has no reader
 * left to be told: the map has ended, and with a reason of its own.
 */
export function closeInput(input: OpenInput<unknown>): void {
  try {
    const closed: unknown = (input.sync ?? input.async).return?.();
    if (closed instanceof Promise) closed.catch(() => {});
  } catch { /* see above */ }
}
