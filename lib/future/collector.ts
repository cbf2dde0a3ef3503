/**
 * Between whoever produces the results of a map, in any order, and whoever reads its {@linkcode Results}.
 *
 * ```
 * producer: settle(index, ...)  end(count)  fail(error)   ->  [ results by index ]  ->  collect() | iterate()
 *           resume()  stop(reason)                        <-                        <-  read, failed, left the loop
 * ```
 *
 * @module
 */
import { Deque } from "../core/deque.ts";
import type { Failures } from "./failures.ts";
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

const EMPTY: unique symbol = Symbol("empty");

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
  // Results from index #base on.
  #results: unknown[] = [];
  #base = 0;
  #cursor = 0;
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
  #unseen: Failures | undefined;

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
  close(unseen: Failures): void {
    const failure = this.#failed ?? this.#failures[0];
    if (this.#mode !== "unread" || !failure) return;
    this.#unseen = unseen;
    unseen.add(this, failure.reason);
  }

  /** Producer: an item ended. */
  settle(index: number, ok: boolean, value: unknown): void {
    if (this.#stopped) return;
    this.#settled++;
    let result = value;
    if (this.#onError === "settle") {
      result = ok ? { status: "fulfilled", value } : { status: "rejected", reason: value };
    } else if (!ok) {
      result = new Failure(value);
      this.#failures.push({ index, reason: value });
      if (this.#onError === "throw" && this.#mode === "collect") return this.fail(value);
    }
    if (this.#ordered || this.#mode === "collect") this.#place(index, result);
    else if (this.#mode === "unread") {
      this.#place(index, result);
      this.#arrivals.push(result);
    } else this.#arrivals.push(result);
    if (this.#mode !== "collect") this.unread++;
    if (this.#mode === "iterate" || this.#settled === this.#count) this.#wake?.();
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
    if (!this.#ordered) this.#results = [];
    this.#producer.resume();
    try {
      while (this.#read < this.#count) {
        const result = this.#ordered ? this.#shift() : this.#arrivals.size > 0 ? this.#arrivals.shift() : EMPTY;
        if (result === EMPTY) {
          if (this.#failed) throw this.#failed.reason;
          await this.#news();
          continue;
        }
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

  #place(index: number, result: unknown): void {
    const at = index - this.#base;
    while (this.#results.length < at) this.#results.push(EMPTY);
    this.#results[at] = result;
  }

  // The next result in order, or EMPTY.
  #shift(): unknown {
    const at = this.#cursor - this.#base;
    const result = at < this.#results.length ? this.#results[at] : EMPTY;
    if (result === EMPTY) return EMPTY;
    this.#results[at] = EMPTY;
    this.#cursor++;
    // What was read goes in one cut now and then, so that an endless stream needs no endless array.
    if (at >= 1024 && at * 2 >= this.#results.length) {
      this.#results.splice(0, at + 1);
      this.#base = this.#cursor;
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
