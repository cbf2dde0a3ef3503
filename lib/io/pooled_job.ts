/**
 * `PooledJob`: one run of `pooled()`. A few loops read the items and call `fn`, each loop one item after another.
 *
 * ```
 * items -> loop: read, await fn(item), settle, next \
 *       -> loop: ...                                 >-> Collector -> Results
 *       -> loop: ...     (at most `concurrency`)    /
 * ```
 *
 * @module
 */
import { Recorded } from "../checkpoint/recorded.ts";
import { AsyncContext } from "../core/async_context.ts";
import type { OpenInput } from "../core/input.ts";
import { Collector } from "../future/collector.ts";
import type { Producer } from "../future/producer.ts";
import { itemName, noteItem } from "../future/failed_items.ts";
import type { Settled } from "../future/on_error.ts";
import { UnobservedFailures } from "../future/unobserved_failures.ts";
import { AdaptiveLimit } from "./adaptive.ts";
import { Attempts, type Limits } from "./attempts.ts";
import { AttemptContext, type PooledContext } from "./context.ts";
import { EarlyEnd, type EndingRun } from "./early_end.ts";
import { Gate } from "./gate.ts";
import { type KeyedItem, KeyLimit } from "./key_limit.ts";
import type { PooledPlan } from "./options.ts";
import { PooledInput } from "./pooled_input.ts";
import type { ProgressCounter } from "../progress/counter.ts";

/** The failures of unread results, which are reported when the script ends. */
let failures: UnobservedFailures | undefined;

/** The function of a map. */
export type PooledFunction<T, R> = (item: T, context: PooledContext) => R | PromiseLike<R>;

/** Reads the items, calls the function, and delivers the results. */
export class PooledJob<T, R> implements Producer, EndingRun {
  readonly collector: Collector<R | Settled<R>>;
  readonly #plan: PooledPlan;
  readonly #fn: PooledFunction<T, R>;
  readonly #input: PooledInput<T | Recorded>;
  readonly #progress: ProgressCounter | undefined;
  // Only with an option that needs them: without one, an item has no Attempts.
  readonly #limits: Limits | undefined;
  readonly #adaptive: AdaptiveLimit | undefined;
  readonly #keys: KeyLimit<T> | undefined;
  readonly #early: EarlyEnd;
  // The caller's asynchronous context, in which the input and the function run, whichever code reads the results.
  readonly #context = new AsyncContext();
  #loops = 0;
  // Number of loops that wait for the input. It may never answer, and a failure must not wait for it.
  #waitingLoops = 0;
  #ended = false;

  constructor(
    input: OpenInput<T | Recorded>,
    fn: PooledFunction<T, R>,
    plan: PooledPlan,
    progress: ProgressCounter | undefined,
  ) {
    this.#plan = plan;
    this.#early = new EarlyEnd(plan);
    this.#progress = progress;
    this.#input = new PooledInput(input, this.#context, (reason) => {
      // The input has failed. A loop still gets the results of the items before; an `await` rejects, so they are cancelled.
      if (this.collector.isCollecting && plan.onError === "throw") this.stop(reason);
    });
    const { timeout, retry, rate, adaptive, per } = plan;
    if (adaptive) this.#adaptive = new AdaptiveLimit(adaptive, plan.concurrency, () => this.resume());
    this.#fn = this.#adaptive?.watch(fn, timeout !== undefined) ?? fn;
    if (timeout !== undefined || retry || rate || per) {
      // The loops limit the concurrency, so the gate only limits the rate.
      this.#limits = { timeout, retry, gate: rate && new Gate(plan.concurrency, rate) };
    }
    if (per) this.#keys = new KeyLimit<T>(per);
    this.collector = new Collector(this, plan);
  }

  /** Starts to read the input. */
  start(): void {
    this.#early.listen(this);
    this.resume();
    this.checkEnd();
  }

  /** {@inheritDoc Producer.resume} */
  resume(): void {
    if (!this.#hasRoomForLoop) return;
    this.#context.run(() => {
      do void this.#runLoop(); while (this.#hasRoomForLoop);
    });
  }

  /** {@inheritDoc EndingRun.stop} */
  stop(reason: unknown): void {
    if (this.#ended || this.#early.cancellation.aborted) return;
    this.close();
    this.#early.cancellation.abort(reason);
    this.checkEnd();
  }

  /** {@inheritDoc EndingRun.close} */
  close(): void {
    this.#input.close();
    this.#keys?.clear();
  }

  /** {@inheritDoc EndingRun.checkEnd} */
  checkEnd(): void {
    const failed = this.#early.cause;
    const running = this.#early.isGraceOver ? 0 : this.#loops - (failed ? this.#waitingLoops : 0);
    if (this.#ended || running > 0 || !this.#input.hasEnded || this.#keys?.waiting) return;
    this.#ended = true;
    this.#early.clear();
    this.#progress?.end();
    const { cancellation, isCancelled } = this.#early;
    if (cancellation.aborted) this.collector.fail(cancellation.aborted.reason, isCancelled);
    else {
      if (!this.#input.wasClosed) this.collector.end(this.#input.count, this.#input.failure);
      if (failed) this.collector.drained(failed.reason);
    }
    this.collector.close(failures ??= new UnobservedFailures(), "pooled()");
  }

  // Maximum number of items in progress at the moment.
  get #concurrency(): number {
    return this.#adaptive?.limit ?? this.#plan.concurrency;
  }

  get #hasRoomForLoop(): boolean {
    return this.#loops < this.#concurrency && !this.#hasReader && this.#hasRoom();
  }

  // Whether a loop reads an asynchronous input. One at a time: not every iterator allows overlapping calls of next(), and
  // a loop costs memory. The loop starts the next one when it has an item.
  get #hasReader(): boolean {
    return this.#waitingLoops > 0 && this.#input.isAsync && !this.#keys?.hasReady;
  }

  #hasRoom(loops = this.#loops): boolean {
    if (!this.#keys?.hasReady && (this.#input.hasEnded || this.#keys?.isFull)) return false;
    return this.collector.isCollecting || loops + this.collector.unread < this.#concurrency + this.#plan.buffer;
  }

  // Processes items one after another, while there is room for their results.
  async #runLoop(): Promise<void> {
    this.#loops++;
    // Called as a function, and not as a method of this class, which stacks would name.
    const fn = this.#fn;
    do {
      const ready = this.#keys?.shift();
      if (ready) {
        this.resume(); // One item fewer waits, so more may be read.
        await this.#runKeyed(ready);
        continue;
      }
      this.#waitingLoops++;
      const { isAsync } = this.#input;
      const read = isAsync ? await this.#input.readAsync() : this.#input.read();
      this.#waitingLoops--;
      if (read === undefined) break;
      if (isAsync) {
        // The map may have been cancelled since the item came.
        if (this.#early.cancellation.aborted) break;
        this.resume();
      }
      const item = read.value;
      const index = this.#input.count - 1;
      if (Recorded.is(item)) {
        item.deliver(index, this.collector, this.#progress);
        continue;
      }
      if (this.#keys) {
        const keyed = this.#admit(this.#keys, item, index);
        if (keyed) await this.#runKeyed(keyed);
        continue;
      }
      if (this.#limits) {
        await this.#runAttempts(item, index, this.#limits);
        continue;
      }
      const context = new AttemptContext(this.#early.cancellation, index, 1);
      let ok = true;
      let value: unknown;
      try {
        value = await fn(item, context);
      } catch (error) {
        ok = false;
        value = error;
      }
      context.end();
      this.#settle(index, item, ok, value);
    } while (this.#loops <= this.#concurrency && !this.#hasReader && this.#hasRoom(this.#loops - 1));
    this.#loops--;
    this.checkEnd();
  }

  // Returns the item if its key is free; a key function that throws fails the item.
  #admit(keys: KeyLimit<T>, item: T, index: number): KeyedItem<T> | undefined {
    try {
      return keys.admit(item, index);
    } catch (error) {
      this.#settle(index, item, false, error);
      return undefined;
    }
  }

  async #runKeyed(keyed: KeyedItem<T>): Promise<void> {
    await this.#runAttempts(keyed.item, keyed.index, this.#limits!);
    this.#keys!.release(keyed);
  }

  async #runAttempts(item: T, index: number, limits: Limits): Promise<void> {
    const name = () => itemName(index, item);
    const fn = (context: AttemptContext) => this.#fn(item, context);
    const attempts = new Attempts<R>(limits, this.#early.cancellation, index, name, fn);
    let ok = true;
    let value: unknown;
    try {
      await limits.gate?.takeStart(this.#early.starts);
      value = await attempts.run();
    } catch (error) {
      ok = false;
      value = error;
    }
    this.#settle(index, item, ok, value);
    await attempts.overdue;
  }

  #settle(index: number, item: T, ok: boolean, value: unknown): void {
    if (ok) {
      // After a cancellation, too. A failure is only its consequence then.
      this.#progress?.fulfilled(index, 1);
      return this.collector.fulfill(index, [value]);
    }
    this.#progress?.rejected(index, value);
    const { cancellation, cause } = this.#early;
    if (cancellation.aborted || (cause && value === cause.reason)) return;
    if (this.#plan.onError === "throw") {
      this.#plan.recorder?.rejected(index, value);
      noteItem(this.collector, { index, item, reason: value });
      this.stop(value);
    } else this.collector.reject(index, value, item);
  }
}
