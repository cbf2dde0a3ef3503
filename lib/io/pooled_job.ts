/**
 * One run of `pooled()`.
 *
 * ```
 * items -> lane: read, await fn(item), settle, next \
 *       -> lane: ...                                 >-> Collector -> Results
 *       -> lane: ...     (at most `concurrency`)    /
 * ```
 *
 * @module
 */
import { onAbort } from "../core/abort.ts";
import { closeInput, type OpenInput } from "../core/input.ts";
import { Collector, type Producer } from "../future/collector.ts";
import { UnobservedFailures } from "../future/unobserved_failures.ts";
import { AdaptiveLimit } from "./adaptive.ts";
import { Attempts, type Limits } from "./attempts.ts";
import { Cancellation } from "./cancellation.ts";
import { AttemptContext, type PooledContext } from "./context.ts";
import { Gate } from "./gate.ts";
import type { PooledPlan } from "./options.ts";
import type { ProgressCounter } from "../progress/counter.ts";

/** Failures of results that nobody reads are reported as the script ends. */
let failures: UnobservedFailures | undefined;

/** What is mapped over the items. */
export type PooledFunction<T, R> = (item: T, context: PooledContext) => R | PromiseLike<R>;

/** Reads, runs, settles. */
export class PooledJob<T, R> implements Producer {
  readonly collector: Collector<R | PromiseSettledResult<R>>;
  readonly #plan: PooledPlan;
  readonly #fn: PooledFunction<T, R>;
  readonly #input: OpenInput<T>;
  readonly #tally: ProgressCounter | undefined;
  // Only where an option asks for it: the plain way has none.
  readonly #limits: Limits | undefined;
  readonly #adaptive: AdaptiveLimit | undefined;
  readonly #cancellation = new Cancellation();
  #deaf = (): void => {};
  #lanes = 0;
  // Lanes that wait for the input; it may never answer, which must not hold up a failure.
  #waiting = 0;
  #ended = false;
  #next = 0;
  #inputEnded = false;
  // Reads of an asynchronous input, one after another: not every iterator takes overlapping calls.
  #reading: Promise<unknown> = Promise.resolve();

  constructor(input: OpenInput<T>, fn: PooledFunction<T, R>, plan: PooledPlan, tally: ProgressCounter | undefined) {
    this.#plan = plan;
    this.#tally = tally;
    this.#input = input;
    const { timeout, retry, rate, adaptive } = plan;
    if (adaptive) this.#adaptive = new AdaptiveLimit(adaptive, plan.concurrency, () => this.resume());
    this.#fn = this.#adaptive?.watch(fn, timeout !== undefined) ?? fn;
    if (timeout !== undefined || retry || rate) {
      // The lanes are the places; the gate is for the rate alone.
      this.#limits = { timeout, retry, gate: rate && new Gate(plan.concurrency, rate) };
    }
    this.collector = new Collector(this, plan);
  }

  /** Starts reading. */
  start(): void {
    this.#deaf = onAbort(this.#plan.signal, (reason) => this.#halt(reason));
    this.resume();
    this.#checkEnd();
  }

  /** {@inheritDoc Producer.resume} */
  resume(): void {
    while (this.#lanes < this.#concurrency && this.#hasRoom()) void this.#lane();
  }

  /** {@inheritDoc Producer.stop} */
  stop(reason: unknown): void {
    this.#halt(reason);
  }

  // How many items may be in progress now.
  get #concurrency(): number {
    return this.#adaptive?.limit ?? this.#plan.concurrency;
  }

  #hasRoom(): boolean {
    if (this.#inputEnded) return false;
    return this.collector.collecting || this.#lanes + this.collector.unread < this.#concurrency + this.#plan.buffer;
  }

  // Works through items, one at a time, while there is room.
  async #lane(): Promise<void> {
    this.#lanes++;
    do {
      this.#waiting++;
      const read = this.#input.sync ? this.#read() : await this.#readInTurn();
      this.#waiting--;
      if (read === undefined) break;
      const index = this.#next++;
      if (this.#limits) {
        await this.#limited(read.value, index, this.#limits);
        continue;
      }
      const context = new AttemptContext(this.#cancellation, index, 1);
      let ok = true;
      let value: unknown;
      try {
        value = await this.#fn(read.value, context);
      } catch (error) {
        ok = false;
        value = error;
      }
      context.end();
      this.#settle(index, ok, value);
    } while (this.#lanes <= this.#concurrency && this.#hasRoomForOneMore());
    this.#lanes--;
    this.#checkEnd();
  }

  async #limited(item: T, index: number, limits: Limits): Promise<void> {
    const attempts = new Attempts<R>(limits, this.#cancellation, index, (context) => this.#fn(item, context));
    let ok = true;
    let value: unknown;
    try {
      await limits.gate?.turn(this.#cancellation);
      value = await attempts.run();
    } catch (error) {
      ok = false;
      value = error;
    }
    this.#settle(index, ok, value);
    await attempts.left;
  }

  #settle(index: number, ok: boolean, value: unknown): void {
    this.#tally?.count(ok);
    // A result that comes after a failure is still worth reading; a failure that comes after one is its consequence.
    if (ok) this.collector.fulfill(index, [value]);
    else if (this.#cancellation.aborted) return;
    else if (this.#plan.onError === "throw") this.#halt(value);
    else this.collector.reject(index, value);
  }

  #hasRoomForOneMore(): boolean {
    // This lane counts as one already.
    this.#lanes--;
    const room = this.#hasRoom();
    this.#lanes++;
    return room;
  }

  #read(): IteratorYieldResult<T> | undefined {
    if (this.#inputEnded) return undefined;
    try {
      const next = this.#input.sync!.next();
      if (!next.done) return next;
      this.#inputEnded = true;
    } catch (error) {
      this.#inputEnded = true;
      this.#halt(error);
    }
    return undefined;
  }

  #readInTurn(): Promise<IteratorYieldResult<T> | undefined> {
    const turn = this.#reading.then(async () => {
      if (this.#inputEnded) return undefined;
      try {
        const next = await this.#input.async!.next();
        // The map may have ended during the wait.
        if (this.#inputEnded) return undefined;
        if (!next.done) return next;
        this.#inputEnded = true;
      } catch (error) {
        // An input that throws is at its end; it is not to be closed.
        this.#inputEnded = true;
        this.#halt(error);
      }
      return undefined;
    });
    this.#reading = turn;
    return turn;
  }

  // Nothing more is wanted: stops reading, tells what is in progress.
  #halt(reason: unknown): void {
    if (this.#ended || this.#cancellation.aborted) return;
    if (!this.#inputEnded) {
      this.#inputEnded = true;
      closeInput(this.#input);
    }
    this.#cancellation.abort(reason);
    this.#checkEnd();
  }

  #checkEnd(): void {
    const failed = this.#cancellation.aborted;
    const busy = this.#lanes - (failed ? this.#waiting : 0);
    if (this.#ended || busy > 0 || !this.#inputEnded) return;
    this.#ended = true;
    this.#deaf();
    this.#tally?.end();
    if (failed) this.collector.fail(failed.reason);
    else this.collector.end(this.#next);
    this.collector.close(failures ??= new UnobservedFailures());
  }
}
