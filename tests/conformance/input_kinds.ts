/**
 * The two kinds of input that the tests of `pooled()` run with.
 *
 * @module
 */

/** An input as a sync and as an async iterable. */
export const KINDS: [string, <T>(items: Iterable<T>) => Iterable<T> | AsyncIterable<T>][] = [
  ["sync", (items) => items],
  ["async", async function* (items) {
    for (const item of items) {
      await Promise.resolve();
      yield item;
    }
  }],
];
