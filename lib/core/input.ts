/**
 * Opens and closes the input of a map: an iterable or async iterable that the caller gives.
 *
 * @module
 */
import { Promise } from "./platform.ts";
import { badOption, isA, isArray, refusal, show } from "./validate.ts";

/** Anything that can be mapped over. */
export type Input<T> = Iterable<T> | AsyncIterable<T>;

/** An opened input: exactly one of the two iterators. */
export type OpenInput<T> =
  | { readonly sync: Iterator<T>; readonly async?: undefined }
  | { readonly sync?: undefined; readonly async: AsyncIterator<T> };

/**
 * Opens an input.
 *
 * @param call What the caller does, for messages: "map".
 * @throws {TypeError} If it is not iterable.
 */
export function openInput<T>(call: string, items: Input<T>): OpenInput<T> {
  const input = isAsync(call, items) ? { async: items[Symbol.asyncIterator]() } : { sync: items[Symbol.iterator]() };
  if (typeof (input.async ?? input.sync)?.next === "function") return input;
  throw badOption(call, "items", items, "an iterable whose iterator has a method next()", false);
}

/**
 * Whether an iterator has ended.
 *
 * @throws {TypeError} If its `next()` has returned no object: it would never end.
 */
export function hasEnded<T, R>(next: IteratorResult<T, R>): next is IteratorReturnResult<R> {
  if (typeof next === "object" && next !== null) return Boolean(next.done);
  throw new TypeError(
    `Cannot read \`items\`: next() of the iterator returned ${show(next)}: it must return { done, value }`,
  );
}

/**
 * Whether an input is an async iterable, else it is an iterable. Does not open it.
 *
 * @throws {TypeError} If it is neither.
 */
export function isAsync<T>(call: string, items: Input<T>): items is AsyncIterable<T> {
  if (has(items, Symbol.asyncIterator)) return true;
  if (has(items, Symbol.iterator)) return false;
  if (isA(items, Promise)) throw refusal(`Cannot ${call}: \`items\` is a promise: await it`);
  throw badOption(call, "items", items, "an iterable or async iterable", false);
}

/** Whether a value is an object to iterate over; `false` for a revoked proxy. */
export function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && has(value, Symbol.iterator);
}

function has(items: unknown, method: symbol): boolean {
  if (typeof items === "string") return method === Symbol.iterator;
  try {
    return typeof items === "object" && items !== null &&
      typeof (items as Record<symbol, unknown>)[method] === "function";
  } catch {
    return false; // a revoked proxy
  }
}

/** Whether an input is an array with the built-in iterator: only then, reading by index gives the same items. */
export function isPlainArray<T>(items: Input<T>): items is T[] {
  return has(items, Symbol.iterator) && isArray(items) &&
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
