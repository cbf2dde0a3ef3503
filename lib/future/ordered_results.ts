/**
 * `OrderedResults`: puts results that come in any order into the order of their items.
 *
 * @module
 */

/** The results of one map. */
export class OrderedResults {
  // The results in order without gaps, and the runs of results behind a gap, by the index of the first result of each run.
  // An array without gaps keeps numbers unboxed; one with a marker for each gap could not.
  #results: unknown[] = [];
  readonly #runsBehindGap = new Map<number, readonly unknown[]>();
  #contiguousEnd = 0;
  #readIndex = 0;

  /** The results in order, up to the first gap. Complete only while `shift` has taken none. */
  get all(): unknown[] {
    return this.#results;
  }

  /** Whether the next result in order is here. */
  get hasNext(): boolean {
    return this.#readIndex < this.#results.length;
  }

  /** Adds the results of neighbouring items, from index `first` on. */
  add(first: number, results: readonly unknown[]): void {
    if (first !== this.#contiguousEnd) return void this.#runsBehindGap.set(first, results);
    for (let run: readonly unknown[] | undefined = results; run;) {
      for (let i = 0; i < run.length; i++) this.#results.push(run[i]);
      this.#contiguousEnd += run.length;
      run = this.#runsBehindGap.get(this.#contiguousEnd);
      if (run) this.#runsBehindGap.delete(this.#contiguousEnd);
    }
  }

  /** Takes the next result. */
  shift(): unknown {
    const index = this.#readIndex++;
    const result = this.#results[index];
    this.#results[index] = undefined;
    // Cuts off the results that were read once they are half of the array, so that each is moved once on average: the
    // array of an endless stream must not grow for ever.
    if (index >= 1024 && index * 2 >= this.#results.length) {
      this.#results.splice(0, this.#readIndex);
      this.#readIndex = 0;
    }
    return result;
  }

  /** Drops all results. */
  clear(): void {
    this.#results = [];
    this.#runsBehindGap.clear();
  }
}
