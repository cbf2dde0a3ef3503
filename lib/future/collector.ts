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
import { noteItem } from "./failed_items.ts";
import type { FailureBudget, OnErrorPlan } from "./failure_budget.ts";
import { aggregate, type ItemFailure } from "./item_failures.ts";
import { OrderedResults } from "./ordered_results.ts";
import type { InputFailure, Producer } from "./producer.ts";
import type { Recorder } from "./recorder.ts";
import type { ResultsSource } from "./results.ts";

/** Stands among the results for an item that has failed. */
class Failure {
  constructor(readonly reason: unknown) {}
}

/** Collects the results of one map. */
export class Collector<R> implements ResultsSource<R> {
  /** Number of settled items that were not read, those behind a slow item included. `0` in `collect()`. */
  unread = 0;
  readonly #producer: Producer;
  readonly #ordered: boolean;
  readonly #onError: OnErrorPlan["onError"];
  readonly #budget: FailureBudget | undefined;
  readonly #recorder: Recorder | undefined;
  readonly #results = new OrderedResults();
  // Results in order of arrival, for unordered reading.
  readonly #arrivals = new Deque<unknown>();
  readonly #failures: ItemFailure[] = [];
  #mode: "unread" | "collect" | "iterate" = "unread";
  #settled = 0;
  #count = Infinity;
  #failed: Failure | undefined;
  #recordingFailed: Failure | undefined;
  #cancelled = false;
  #inputFailure: InputFailure | undefined;
  #stopped = false;
  #wake: (() => void) | undefined;
  #read = 0;
  #unobserved: UnobservedFailures | undefined;

  constructor(producer: Producer, options: OnErrorPlan & { ordered: boolean; recorder?: Recorder | undefined }) {
    this.#producer = producer;
    this.#ordered = options.ordered;
    this.#onError = options.onError;
    this.#budget = options.budget;
    this.#recorder = options.recorder;
    options.recorder?.onFailure((error) => {
      this.#recordingFailed = new Failure(error);
      this.fail(error);
    });
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
    const failures = this.#onError === "settle" ? [] : this.#failures;
    const failure = failures.find(({ isCancelled }) => !isCancelled) ?? this.#inputFailure ??
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
  reject(index: number, reason: unknown, item: unknown, isCancelled = false): void {
    if (!isCancelled) this.#recorder?.rejected(index, reason);
    if (this.#stopped) return;
    if (!isCancelled) noteItem(this, { index, item, reason });
    if (this.#budget ? !isCancelled : this.#onError !== "settle") {
      this.#failures.push({ index, item, reason, isCancelled });
    }
    if (this.#onError === "settle") {
      this.#add(index, [{ status: "rejected", reason, index, item }]);
      const error = this.#overBudget();
      // The producer fails the map when it has stopped.
      if (error) this.#producer.stop(error);
      return;
    }
    if (this.#onError === "throw" && this.#mode === "collect") return this.fail(reason);
    this.#add(index, [new Failure(reason)]);
  }

  /** Producer: sets the number of all items. If the input failed, the failure follows after the results of those items. */
  end(count: number, inputFailure?: InputFailure): void {
    this.#count = count;
    this.#inputFailure = inputFailure;
    if (inputFailure && this.#onError === "throw" && this.#mode === "collect") return this.fail(inputFailure.reason);
    const error = this.#overBudget();
    if (error) return this.fail(error);
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

  /** Producer: says that the map was cancelled and that no item runs any more. It fails, unless every item has settled. */
  drained(reason: unknown): void {
    if (this.#settled < this.#count) this.fail(reason, true);
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
    // Closing writes the records that it has gathered, and may fail.
    this.#recorder?.close();
    if (this.#failed) throw this.#failed.reason;
    this.#throwAtEnd();
    return this.#results.all as R[];
  }

  /** {@inheritDoc ResultsSource.iterate} */
  async *iterate(): AsyncGenerator<R, void, void> {
    this.#mode = "iterate";
    this.#unobserved?.delete(this);
    if (!this.#ordered) this.#results.clear();
    this.#producer.resume();
    try {
      while (this.#read < this.#count) {
        if (this.#ordered ? !this.#results.hasNext : this.#arrivals.size === 0) {
          if (this.#failed) throw this.#failed.reason;
          await this.#nextEvent();
          continue;
        }
        const result = this.#ordered ? this.#results.shift() : this.#arrivals.shift();
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
      this.#recorder?.close();
      if (this.#failed) throw this.#failed.reason;
      // All results were read, so the `finally` below must not stop the producer.
      this.#stopped = true;
      this.#throwAtEnd();
    } finally {
      this.#readerLeaves();
    }
  }

  #add(first: number, results: readonly unknown[]): void {
    if (this.#ordered || this.#mode !== "iterate") this.#results.add(first, results);
    if (this.#mode !== "collect") {
      if (!this.#ordered) { for (const result of results) this.#arrivals.push(result); }
      this.unread += results.length;
    }
    this.#settled += results.length;
    if (this.#mode === "iterate" || this.#settled === this.#count) this.#wake?.();
  }

  #overBudget(): AggregateError | undefined {
    if (!this.#budget?.isSpent(this.#failures.length, this.#settled, this.#count)) return undefined;
    return aggregate(this, this.#failures, this.#settled);
  }

  // Throws what comes after the last result.
  #throwAtEnd(): void {
    const input = this.#inputFailure;
    if (this.#onError !== "aggregate" || this.#failures.length === 0) {
      if (input) throw input.reason;
      return;
    }
    throw aggregate(this, this.#failures, this.#count, input);
  }

  #stop(reason: unknown): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#recorder?.close();
    this.#producer.stop(reason);
  }

  // A reader that needs no more results must know, too, that some could not be recorded.
  #readerLeaves(): void {
    this.#stop(new DOMException("The reader of the results left", "AbortError"));
    if (this.#recordingFailed) throw this.#recordingFailed.reason;
  }

  async #nextEvent(): Promise<void> {
    await new Promise<void>((resolve) => this.#wake = resolve);
    this.#wake = undefined;
  }
}
