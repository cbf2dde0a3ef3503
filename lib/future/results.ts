/**
 * `Results`: the results of a map, to be awaited as one array or iterated one after another.
 *
 * @module
 */
import { Promise as RuntimePromise } from "../core/platform.ts";
import { refuseCopies } from "../core/uncopyable.ts";
import { refusal } from "../core/validate.ts";

/** The map that produces the results of a {@linkcode Results}, which calls one of these methods, at most once. */
export interface ResultsSource<R> {
  /** Returns all results at once. */
  collect(): Promise<R[]>;
  /** Returns one result after another; `return()` cancels the other items. */
  iterate(): AsyncIterableIterator<R>;
}

/**
 * Results of a map or of {@linkcode pooled}. Awaiting gives the array in input order. A loop streams the results, in input
 * order unless the map has `ordered: false`. Leaving the loop cancels the other items. Results are read once: a second
 * read is a TypeError.
 *
 * Awaiting keeps all results in memory: for a large or endless input, use a loop, which reads ahead of the map's input by
 * a limited number of items.
 *
 * @typeParam R One result.
 */
export class Results<R> implements Promise<R[]>, AsyncIterable<R> {
  /** @ignore */
  readonly [Symbol.toStringTag] = "Results";
  #source: ResultsSource<R> | undefined;

  /** @ignore What `console.log` shows: an `await` is easily forgotten. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.#source ? "Results (pending: await it, or read it with for await)" : "Results (they were read)";
  }

  /** @ignore Maps create results. */
  constructor(source: ResultsSource<R>) {
    if (typeof source?.collect !== "function") {
      throw refusal("Cannot create Results: only maps create results: call pool.map()");
    }
    this.#source = source;
  }

  /**
   * Streams the results.
   *
   * @throws {TypeError} If the results were read before.
   *
   * @example Stop after the first match
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { pooled } from "@isopool/isopool";
   *
   * let found: number | undefined;
   * for await (const square of pooled([1, 2, 3], (n) => n * n)) {
   *   if (square > 3) {
   *     found = square;
   *     break;
   *   }
   * }
   * assertEquals(found, 4);
   * ```
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<R> {
    return this.#take().iterate();
  }

  /**
   * Collects the results into an array and attaches handlers, as {@linkcode Promise.then} does. `await` calls it.
   *
   * @throws {TypeError} The promise rejects with it if the results were read before.
   *
   * @example Collect all results
   * ```ts
   * import { assertEquals, assertRejects } from "@std/assert";
   * import { pooled } from "@isopool/isopool";
   *
   * const results = pooled([1, 2, 3], (n) => n * 2);
   * assertEquals(await results, [2, 4, 6]);
   * await assertRejects(async () => await results, TypeError);
   * ```
   */
  then<T = R[], E = never>(
    onfulfilled?: ((value: R[]) => T | PromiseLike<T>) | null,
    onrejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<T | E> {
    return RuntimePromise.try(() => this.#take().collect()).then(onfulfilled, onrejected);
  }

  /**
   * Collects the results, and attaches a handler for failure.
   *
   * @example Use an empty list if the map fails
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { pooled } from "@isopool/isopool";
   *
   * assertEquals(await pooled(["{"], (text) => JSON.parse(text)).catch(() => []), []);
   * ```
   */
  catch<E = never>(onrejected?: ((reason: unknown) => E | PromiseLike<E>) | null): Promise<R[] | E> {
    return this.then(undefined, onrejected);
  }

  /**
   * Collects the results, and attaches a handler for success and failure.
   *
   * @example Clean up after a map
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { pooled } from "@isopool/isopool";
   *
   * let cleaned = false;
   * assertEquals(await pooled([1, 2], (n) => n * 2).finally(() => cleaned = true), [2, 4]);
   * assertEquals(cleaned, true);
   * ```
   */
  finally(onfinally?: (() => void) | null): Promise<R[]> {
    return this.then().finally(onfinally);
  }

  #take(): ResultsSource<R> {
    const source = this.#source;
    if (!source) {
      throw refusal("Cannot read results: they were consumed before: keep the array of the first `await`");
    }
    this.#source = undefined;
    return source;
  }
}

refuseCopies(Results, "await them, and send the array");
