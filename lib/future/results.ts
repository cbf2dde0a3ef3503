/**
 * What a map gives back: await it for the whole array, or iterate it for one result after another.
 *
 * @module
 */

/** The end of a {@linkcode Results} that belongs to whoever produces them. Each is called at most once. */
export interface ResultsSource<R> {
  /** All results at once. */
  collect(): Promise<R[]>;
  /** One result after another; `return()` cancels what is left. */
  iterate(): AsyncIterableIterator<R>;
}

/**
 * Results of a map or of {@linkcode pooled}. Awaiting it gives the array in input order; iterating it streams, in input
 * order unless `ordered: false` was asked for. It is read once: a second consumption is a TypeError. Leaving a loop over
 * it cancels the rest.
 *
 * @typeParam R One result.
 *
 * @example Both ways of reading
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { pooled } from "@isopool/isopool";
 *
 * const double = (n: number) => n * 2;
 * assertEquals(await pooled([1, 2, 3], double), [2, 4, 6]);
 *
 * const results = pooled([1, 2, 3], double);
 * for await (const n of results) if (n === 2) break;
 * await assertRejects(async () => await results, TypeError);
 * ```
 */
export class Results<R> implements Promise<R[]>, AsyncIterable<R> {
  /** @ignore */
  readonly [Symbol.toStringTag] = "Results";
  #source: ResultsSource<R> | undefined;

  /** @ignore Results are made by maps. */
  constructor(source: ResultsSource<R>) {
    this.#source = source;
  }

  /**
   * Streams the results.
   *
   * @throws {TypeError} If the results were consumed before.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<R> {
    return this.#take().iterate();
  }

  /** Collects the results into an array, as awaiting does. */
  then<T = R[], E = never>(
    onfulfilled?: ((value: R[]) => T | PromiseLike<T>) | null,
    onrejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<T | E> {
    return Promise.try(() => this.#take().collect()).then(onfulfilled, onrejected);
  }

  /** Collects, and attaches a handler for failure. */
  catch<E = never>(onrejected?: ((reason: unknown) => E | PromiseLike<E>) | null): Promise<R[] | E> {
    return this.then(undefined, onrejected);
  }

  /** Collects, and attaches a handler for either end. */
  finally(onfinally?: (() => void) | null): Promise<R[]> {
    return this.then().finally(onfinally);
  }

  #take(): ResultsSource<R> {
    const source = this.#source;
    if (!source) {
      throw new TypeError("Cannot read results: they were consumed before: keep the array of the first `await`");
    }
    this.#source = undefined;
    return source;
  }
}
