/**
 * Between whoever produces the results of a map, in any order, and whoever reads its {@linkcode Results}.
 *
 * ```
 * producer: fulfil, reject, end(count), fail(error)   ->  [ results by index ]  ->  collect() | iterate()
 *           resume(), stop(reason)                    <-                        <-  read, failed, left the loop
 * ```
 *
 * @module
 */
import { Deque } from "../core/deque.ts";
import type { UnobservedFailures } from "./unobserved_failures.ts";
import type { ResultsSource } from "./results.ts";

/**
 * What a failed item does. `"throw"`: the first failure ends the map. `"settle"`: every item gives a
 * `PromiseSettledResult`. `"aggregate"`: all items run, then the failures are thrown as one `AggregateError`.
 */
export type OnError = "throw" | "settle" | "aggregate";

/** The producing end, as the collector calls it. */
export interface Producer {
  /** Results were read: there may be room for more. */
  resume(): void;
  /** Nothing more is wanted. Called once. */
  stop(reason: unknown): void;
}

class Failure {
  constructor(readonly reason: unknown) {}
}

/** Gathers the results of one map. */
export class Collector<R> implements ResultsSource<R> {
  /** Items that are settled and wait to be read, counting those behind a slow one. `0` while all are collected. */
  unread = 0;
  readonly #producer: Producer;
  readonly #ordered: boolean;
  readonly #onError: OnError;
  // Results in order, from the first that was not read on; and those behind a gap, by the index of the first of each run.
  // A list without gaps keeps numbers as numbers, which a list with a mark for each gap could not.
  #results: unknown[] = [];
  #cursor = 0;
  #next = 0;
  readonly #apart = new Map<number, readonly unknown[]>();
  // Unordered reading goes by this instead.
  readonly #arrivals = new Deque<unknown>();
  readonly #failures: { index: number; reason: unknown }[] = [];
  #mode: "unread" | "collect" | "iterate" = "unread";
  #settled = 0;
  #count = Infinity;
  #failed: Failure | undefined;
  #stopped = false;
  #wake: (() => void) | undefined;
  #read = 0;
  #unseen: UnobservedFailures | undefined;

  constructor(producer: Producer, options: { ordered: boolean; onError: OnError }) {
    this.#producer = producer;
    this.#ordered = options.ordered;
    this.#onError = options.onError;
  }

  /** Whether nothing more is wanted. */
  get over(): boolean {
    return this.#stopped;
  }

  /** Whether the array of all results is what is wanted, so that reading cannot fall behind. */
  get collecting(): boolean {
    return this.#mode === "collect";
  }

  /** How many results have been read; `Infinity` while all are collected. */
  get taken(): number {
    return this.#mode === "collect" ? Infinity : this.#read;
  }

  /** Whether somebody waits for the next result at this moment. */
  get awaited(): boolean {
    return this.#wake !== undefined;
  }

  /** Producer: nothing runs any more. A failure that nobody reads is kept for the report. */
  close(unseen: UnobservedFailures): void {
    const failure = this.#failed ?? this.#failures[0];
    if (this.#mode !== "unread" || !failure) return;
    this.#unseen = unseen;
    unseen.add(this, failure.reason);
  }

  /** Producer: neighbouring items have returned, from index `first` on. */
  fulfill(first: number, values: readonly unknown[]): void {
    if (this.#stopped) return;
    this.#add(first, this.#onError === "settle" ? values.map((value) => ({ status: "fulfilled", value })) : values);
  }

  /** Producer: an item has failed. */
  reject(index: number, reason: unknown): void {
    if (this.#stopped) return;
    if (this.#onError === "settle") return this.#add(index, [{ status: "rejected", reason }]);
    this.#failures.push({ index, reason });
    if (this.#onError === "throw" && this.#mode === "collect") return this.fail(reason);
    this.#add(index, [new Failure(reason)]);
  }

  /** Producer: there are `count` items in all. */
  end(count: number): void {
    this.#count = count;
    if (this.#mode === "iterate" || this.#settled === count) this.#wake?.();
  }

  /** Producer: the map as a whole has failed. */
  fail(reason: unknown): void {
    if (this.#failed || this.#stopped) return;
    this.#failed = new Failure(reason);
    this.#stop(reason);
    this.#wake?.();
  }

  /** {@inheritDoc ResultsSource.collect} */
  async collect(): Promise<R[]> {
    this.#mode = "collect";
    this.#unseen?.delete(this);
    this.unread = 0;
    if (this.#onError === "throw" && this.#failures.length > 0) this.fail(this.#failures[0].reason);
    this.#producer.resume();
    while (!this.#failed && this.#settled < this.#count) await this.#news();
    if (this.#failed) throw this.#failed.reason;
    this.#throwAggregate();
    return this.#results as R[];
  }

  /** {@inheritDoc ResultsSource.iterate} */
  async *iterate(): AsyncGenerator<R, void, void> {
    this.#mode = "iterate";
    this.#unseen?.delete(this);
    if (!this.#ordered) {
      this.#results = [];
      this.#apart.clear();
    }
    this.#producer.resume();
    try {
      while (this.#read < this.#count) {
        if (this.#ordered ? this.#cursor === this.#results.length : this.#arrivals.size === 0) {
          if (this.#failed) throw this.#failed.reason;
          await this.#news();
          continue;
        }
        const result = this.#ordered ? this.#shift() : this.#arrivals.shift();
        this.#read++;
        this.unread--;
        if (result instanceof Failure) {
          if (this.#onError === "throw") throw result.reason;
          this.#producer.resume();
          continue;
        }
        this.#producer.resume();
        yield result as R;
      }
      if (this.#failed) throw this.#failed.reason;
      // Read to the end: nobody left.
      this.#stopped = true;
      this.#throwAggregate();
    } finally {
      this.#stop(new DOMException("The reader of the results left", "AbortError"));
    }
  }

  #add(first: number, results: readonly unknown[]): void {
    if (this.#ordered || this.#mode !== "iterate") this.#place(first, results);
    if (this.#mode !== "collect") {
      if (!this.#ordered) { for (const result of results) this.#arrivals.push(result); }
      this.unread += results.length;
    }
    this.#settled += results.length;
    if (this.#mode === "iterate" || this.#settled === this.#count) this.#wake?.();
  }

  #place(first: number, results: readonly unknown[]): void {
    if (first !== this.#next) return void this.#apart.set(first, results);
    for (let run: readonly unknown[] | undefined = results; run;) {
      for (let i = 0; i < run.length; i++) this.#results.push(run[i]);
      this.#next += run.length;
      run = this.#apart.get(this.#next);
      if (run) this.#apart.delete(this.#next);
    }
  }

  #shift(): unknown {
    const at = this.#cursor++;
    const result = this.#results[at];
    this.#results[at] = undefined;
    // What was read goes in one cut now and then, so that an endless stream needs no endless array.
    if (at >= 1024 && at * 2 >= this.#results.length) {
      this.#results.splice(0, this.#cursor);
      this.#cursor = 0;
    }
    return result;
  }

  #throwAggregate(): void {
    if (this.#onError !== "aggregate" || this.#failures.length === 0) return;
    const reasons = this.#failures.sort((a, b) => a.index - b.index).map((failure) => failure.reason);
    throw new AggregateError(reasons, `${reasons.length} (of ${this.#count}) items failed`);
  }

  #stop(reason: unknown): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#producer.stop(reason);
  }

  async #news(): Promise<void> {
    await new Promise<void>((resolve) => this.#wake = resolve);
    this.#wake = undefined;
  }
}
