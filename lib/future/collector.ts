/**
 * `Collector`: puts the results of a map, which its producer delivers in any order, in order for the reader of
 * {@linkcode Results}.
 *
 * ```
 * producer: fulfill, reject, end(count), fail(error)  ->  [ results by index ]  ->  collect() | iterate()
 *           resume(), stop(reason)                    <-                        <-  read, failed, left the loop
 * ```
 *
 * @module
 */
import { Deque } from "../core/deque.ts";
import { DOMException, Promise } from "../core/platform.ts";
import type { UnobservedFailures } from "./unobserved_failures.ts";
import { aggregate, type ItemFailure } from "./item_failures.ts";
import type { OnError } from "./on_error.ts";
import type { Recorder } from "./recorder.ts";
import type { ResultsSource } from "./results.ts";

/** The producer of a map's results, as the collector calls it. */
export interface Producer {
  /** Reports that results were read, so that there may be room for more. */
  resume(): void;
  /** Stops the producer: the reader needs no more results. Called once. */
  stop(reason: unknown): void;
}

/** What an input threw while it was read. */
export interface InputFailure {
  readonly reason: unknown;
}

class Failure {
  constructor(readonly reason: unknown) {}
}

/** Collects the results of one map. */
export class Collector<R> implements ResultsSource<R> {
  /** Number of settled items that were not read, those behind a slow item included. `0` in `collect()`. */
  unread = 0;
  readonly #producer: Producer;
  readonly #ordered: boolean;
  readonly #onError: OnError;
  readonly #recorder: Recorder | undefined;
  // The results in order without gaps, and the runs of results behind a gap, by the index of the first result of each run.
  // An array without gaps keeps numbers unboxed; one with a marker for each gap could not.
  #results: unknown[] = [];
  #readIndex = 0;
  #contiguousEnd = 0;
  readonly #runsBehindGap = new Map<number, readonly unknown[]>();
  // Results in order of arrival, for unordered reading.
  readonly #arrivals = new Deque<unknown>();
  readonly #failures: ItemFailure[] = [];
  #mode: "unread" | "collect" | "iterate" = "unread";
  #settled = 0;
  #count = Infinity;
  #failed: Failure | undefined;
  #cancelled = false;
  #inputFailure: InputFailure | undefined;
  #stopped = false;
  #wake: (() => void) | undefined;
  #read = 0;
  #unobserved: UnobservedFailures | undefined;

  constructor(producer: Producer, options: { ordered: boolean; onError: OnError; recorder?: Recorder | undefined }) {
    this.#producer = producer;
    this.#ordered = options.ordered;
    this.#onError = options.onError;
    this.#recorder = options.recorder;
    options.recorder?.onFailure((error) => (producer.stop(error), this.fail(error)));
  }

  /** Whether the reader needs no more results. */
  get isStopped(): boolean {
    return this.#stopped;
  }

  /** Whether the reader awaits the array of all results, so that no result waits to be read. */
  get isCollecting(): boolean {
    return this.#mode === "collect";
  }

  /** Number of results that were read; `Infinity` in `collect()`. */
  get readCount(): number {
    return this.#mode === "collect" ? Infinity : this.#read;
  }

  /** Whether the reader waits for the next result at the moment, or for all. */
  get isReaderWaiting(): boolean {
    return this.#wake !== undefined || this.#mode === "collect";
  }

  /**
   * Producer: reports that no item runs any more. If the results have no reader, a failure goes to `unobserved`; a
   * cancellation does not, as with futures. `what` names the task.
   */
  close(unobserved: UnobservedFailures, what: string): void {
    this.#recorder?.close();
    const failure = this.#failures.find(({ isCancelled }) => !isCancelled) ?? this.#inputFailure ??
      (this.#cancelled ? undefined : this.#failed);
    if (this.#mode !== "unread" || !failure) return;
    this.#unobserved = unobserved;
    unobserved.add(this, failure.reason, what);
  }

  /** Producer: delivers the results of neighbouring items, from index `first` on. */
  fulfill(first: number, values: readonly unknown[]): void {
    this.#recorder?.fulfilled(first, values);
    if (this.#stopped) return;
    this.#add(
      first,
      this.#onError === "settle"
        ? values.map((value, i) => ({ status: "fulfilled", value, index: first + i }))
        : values,
    );
  }

  /** Producer: delivers the failure of an item, or that it was cancelled. */
  reject(index: number, reason: unknown, isCancelled = false): void {
    if (!isCancelled) this.#recorder?.rejected(index, reason);
    if (this.#stopped) return;
    if (this.#onError === "settle") return this.#add(index, [{ status: "rejected", reason, index }]);
    this.#failures.push({ index, reason, isCancelled });
    if (this.#onError === "throw" && this.#mode === "collect") return this.fail(reason);
    this.#add(index, [new Failure(reason)]);
  }

  /** Producer: sets the number of all items. If the input failed, the failure follows after the results of those items. */
  end(count: number, inputFailure?: InputFailure): void {
    this.#count = count;
    this.#inputFailure = inputFailure;
    if (inputFailure && this.#onError === "throw" && this.#mode === "collect") return this.fail(inputFailure.reason);
    if (this.#mode === "iterate" || this.#settled === count) this.#wake?.();
  }

  /** Producer: fails the map as a whole, or says that it was cancelled. */
  fail(reason: unknown, isCancelled = false): void {
    if (this.#failed || this.#stopped) return;
    this.#cancelled = isCancelled;
    this.#failed = new Failure(reason);
    this.#stop(reason);
    this.#wake?.();
  }

  /** {@inheritDoc ResultsSource.collect} */
  async collect(): Promise<R[]> {
    this.#mode = "collect";
    this.#unobserved?.delete(this);
    this.unread = 0;
    const known = this.#failures.at(0) ?? this.#inputFailure;
    if (this.#onError === "throw" && known) this.fail(known.reason);
    this.#producer.resume();
    while (!this.#failed && this.#settled < this.#count) await this.#nextEvent();
    if (this.#failed) throw this.#failed.reason;
    this.#throwAtEnd();
    return this.#results as R[];
  }

  /** {@inheritDoc ResultsSource.iterate} */
  async *iterate(): AsyncGenerator<R, void, void> {
    this.#mode = "iterate";
    this.#unobserved?.delete(this);
    if (!this.#ordered) {
      this.#results = [];
      this.#runsBehindGap.clear();
    }
    this.#producer.resume();
    try {
      while (this.#read < this.#count) {
        if (this.#ordered ? this.#readIndex === this.#results.length : this.#arrivals.size === 0) {
          if (this.#failed) throw this.#failed.reason;
          await this.#nextEvent();
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
      // All results were read, so the `finally` below must not stop the producer.
      this.#stopped = true;
      this.#throwAtEnd();
    } finally {
      this.#stop(new DOMException("The reader of the results left", "AbortError"));
    }
  }

  #add(first: number, results: readonly unknown[]): void {
    if (this.#ordered || this.#mode !== "iterate") this.#placeInOrder(first, results);
    if (this.#mode !== "collect") {
      if (!this.#ordered) { for (const result of results) this.#arrivals.push(result); }
      this.unread += results.length;
    }
    this.#settled += results.length;
    if (this.#mode === "iterate" || this.#settled === this.#count) this.#wake?.();
  }

  #placeInOrder(first: number, results: readonly unknown[]): void {
    if (first !== this.#contiguousEnd) return void this.#runsBehindGap.set(first, results);
    for (let run: readonly unknown[] | undefined = results; run;) {
      for (let i = 0; i < run.length; i++) this.#results.push(run[i]);
      this.#contiguousEnd += run.length;
      run = this.#runsBehindGap.get(this.#contiguousEnd);
      if (run) this.#runsBehindGap.delete(this.#contiguousEnd);
    }
  }

  #shift(): unknown {
    const index = this.#readIndex++;
    const result = this.#results[index];
    this.#results[index] = undefined;
    // Cuts off the results that were read, now and then: the array of an endless stream must not grow for ever.
    if (index >= 1024 && index * 2 >= this.#results.length) {
      this.#results.splice(0, this.#readIndex);
      this.#readIndex = 0;
    }
    return result;
  }

  // Throws what comes after the last result.
  #throwAtEnd(): void {
    const input = this.#inputFailure;
    if (this.#onError !== "aggregate" || this.#failures.length === 0) {
      if (input) throw input.reason;
      return;
    }
    throw aggregate(this.#failures, this.#count, input);
  }

  #stop(reason: unknown): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#recorder?.close();
    this.#producer.stop(reason);
  }

  async #nextEvent(): Promise<void> {
    await new Promise<void>((resolve) => this.#wake = resolve);
    this.#wake = undefined;
  }
}
