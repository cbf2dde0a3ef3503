/**
 * One task over many items: reads its input no faster than workers take it, and puts the results in order.
 *
 * ```
 * input -> take() -> chunks -> scheduler ... settle() -> Collector -> Results
 *            ^                                 |
 *            +--------- retries ---------------+
 * ```
 *
 * @module
 */
import { onAbort } from "../core/abort.ts";
import { Deque } from "../core/deque.ts";
import { closeInput, type Input, type OpenInput, openInput } from "../core/input.ts";
import type { Timer } from "../core/timer.ts";
import { bad } from "../core/validate.ts";
import { Collector, type OnError, type Producer } from "../future/collector.ts";
import type { Failures } from "../future/failures.ts";
import { isPrimitive, snapshot } from "../protocol/envelope.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import { Chunk, type Outcome, type TaskEntry, type Work } from "../scheduler/work.ts";
import type { CallSite } from "./call_site.ts";
import type { RetryPolicy } from "../core/retry.ts";

/** What a map is made of, checked. */
export interface MapPlan {
  task: TaskEntry;
  /** Whether items are argument lists. */
  spread: boolean;
  /** Whether items are copied as they are read. */
  copy: boolean;
  timeout: number | undefined;
  signal: AbortSignal | undefined;
  retry: RetryPolicy | undefined;
  /** Most items in one chunk. */
  chunkSize: number;
  ordered: boolean;
  onError: OnError;
  /** Items that are read ahead from an asynchronous input. */
  readAhead: number;
}

interface Again {
  index: number;
  item: unknown;
  attempt: number;
}

/** A map that runs on a pool. */
export class MapJob implements Work, Producer {
  readonly task: TaskEntry;
  readonly spread: boolean;
  readonly timeout: number | undefined;
  readonly limited: boolean;
  readonly collector: Collector<unknown>;
  readonly #plan: MapPlan;
  readonly #scheduler: Scheduler;
  readonly #failures: Failures;
  readonly #site: CallSite | undefined;
  readonly #input: OpenInput<unknown>;
  #deaf = (): void => {};
  // Items read from an asynchronous input, and items to be tried again.
  readonly #ahead = new Deque<unknown>();
  readonly #again = new Deque<Again>();
  // Items that may be needed again, by index: only with `retry`.
  readonly #kept = new Map<number, Again>();
  readonly #pauses = new Set<Timer>();
  #next = 0;
  #running = 0;
  #inputEnded = false;
  #reading = false;
  #queued = false;
  #finished = false;

  constructor(plan: MapPlan, input: Input<unknown>, scheduler: Scheduler, failures: Failures, site?: CallSite) {
    this.#plan = plan;
    this.task = plan.task;
    this.spread = plan.spread;
    this.timeout = plan.timeout;
    this.limited = plan.timeout !== undefined || plan.signal !== undefined;
    this.#scheduler = scheduler;
    this.#failures = failures;
    this.#site = site;
    this.collector = new Collector<unknown>(this, plan);
    this.#input = openInput("map", input);
    scheduler.admit(this);
    this.#deaf = onAbort(plan.signal, (reason) => this.#halt(reason, true));
  }

  /** Starts reading. */
  start(): void {
    if (this.#finished) return;
    if (this.#input.async) void this.#readOn();
    else this.#enqueue();
  }

  /** {@inheritDoc Work.waiting} */
  get waiting(): number {
    if (this.collector.over) return 0;
    const ready = this.#again.size + this.#ahead.size;
    return this.#input.sync && !this.#inputEnded ? Infinity : ready;
  }

  /** {@inheritDoc Work.over} */
  get over(): boolean {
    return this.collector.over;
  }

  /** {@inheritDoc Work.take} */
  take(max: number): Chunk | undefined {
    const again = this.#again.shift();
    if (again) {
      if (this.waiting === 0) this.#queued = false;
      this.#running++;
      return new Chunk(this, again.index, [again.item], again.attempt);
    }
    const first = this.#next;
    const items: unknown[] = [];
    for (let left = Math.min(max, this.#plan.chunkSize); left > 0; left--) {
      const item = this.#input.async ? this.#readAhead() : this.#read();
      if (item === NONE) break;
      items.push(item);
    }
    if (this.waiting === 0) this.#queued = false;
    if (items.length === 0) {
      this.#checkEnd();
      return undefined;
    }
    this.#running += items.length;
    return new Chunk(this, first, items);
  }

  /** {@inheritDoc Work.settle} */
  settle(index: number, outcome: Outcome, value: unknown): void {
    this.#running--;
    if (outcome === "rejected" && this.#tryAgain(index, value)) return;
    if (this.#kept.size > 0) this.#kept.delete(index);
    const ok = outcome === "fulfilled";
    if (!ok && !this.collector.over) {
      this.#site?.addTo(value);
      if (this.#plan.onError === "throw") this.#endInput();
    }
    this.collector.settle(index, ok, value);
    this.#checkEnd();
  }

  /** {@inheritDoc Work.abandon} */
  abandon(_outcome: "rejected" | "cancelled", error: unknown): void {
    this.#halt(error, false);
  }

  /** {@inheritDoc Producer.resume} */
  resume(): void {
    // A map does not wait for its reader.
  }

  /** {@inheritDoc Producer.stop} */
  stop(reason: unknown): void {
    this.#halt(reason, false);
  }

  // Ends the map early. What runs is told; `force` also stops it.
  #halt(reason: unknown, force: boolean): void {
    if (this.#finished) return;
    this.#endInput();
    for (const pause of this.#pauses) clearTimeout(pause);
    this.#pauses.clear();
    this.#again.clear();
    this.#ahead.clear();
    this.#kept.clear();
    this.collector.fail(reason);
    this.#scheduler.revoke(this, reason, force);
    this.#checkEnd();
  }

  #enqueue(): void {
    if (this.#queued || this.waiting === 0) return;
    this.#queued = true;
    this.#scheduler.enqueue(this);
  }

  #read(): unknown {
    if (this.#inputEnded) return NONE;
    try {
      const next = this.#input.sync!.next();
      if (!next.done) return this.#number(this.#copy(next.value));
      this.#inputEnded = true;
      this.collector.end(this.#next);
    } catch (error) {
      this.#inputEnded = true;
      this.#halt(error, false);
    }
    return NONE;
  }

  #readAhead(): unknown {
    if (this.#ahead.size === 0) return NONE;
    const item = this.#number(this.#ahead.shift());
    void this.#readOn();
    return item;
  }

  // Keeps a few items of an asynchronous input at hand.
  async #readOn(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (!this.#inputEnded && this.#ahead.size < this.#plan.readAhead) {
        const next = await this.#input.async!.next();
        if (this.#inputEnded) break;
        if (next.done) {
          this.#inputEnded = true;
          this.collector.end(this.#next + this.#ahead.size);
        } else {
          this.#ahead.push(this.#copy(next.value));
          this.#enqueue();
        }
      }
    } catch (error) {
      this.#inputEnded = true;
      this.#halt(error, false);
    } finally {
      this.#reading = false;
    }
    this.#checkEnd();
  }

  #number(item: unknown): unknown {
    const index = this.#next++;
    if (this.#plan.retry) this.#kept.set(index, { index, item, attempt: 1 });
    return item;
  }

  #copy(item: unknown): unknown {
    if (this.spread) {
      if (!Array.isArray(item)) throw bad("starmap", "items", item, "argument lists: arrays", false);
      return this.#plan.copy ? copyOf(item) : item;
    }
    return !this.#plan.copy || isPrimitive(item) ? item : copyOf(item);
  }

  #tryAgain(index: number, error: unknown): boolean {
    const kept = this.#kept.get(index);
    const { retry } = this.#plan;
    if (!kept || !retry || kept.attempt >= retry.maxAttempts || this.over) return false;
    try {
      if (!retry.isRetriable(error)) return false;
    } catch (thrown) {
      this.#halt(thrown, false);
      return true;
    }
    const wait = retry.delay(kept.attempt++);
    if (wait === 0) this.#retry(kept);
    else {
      const pause = setTimeout(() => {
        this.#pauses.delete(pause);
        this.#retry(kept);
      }, wait);
      this.#pauses.add(pause);
    }
    return true;
  }

  #retry(kept: Again): void {
    this.#again.push(kept);
    this.#enqueue();
  }

  #endInput(): void {
    if (this.#inputEnded) return;
    this.#inputEnded = true;
    closeInput(this.#input);
  }

  #checkEnd(): void {
    const left = this.#running + this.#again.size + this.#ahead.size + this.#pauses.size;
    if (this.#finished || !this.#inputEnded || left > 0 || (this.#reading && !this.over)) return;
    this.#finished = true;
    this.#deaf();
    this.collector.close(this.#failures);
    this.#scheduler.finish(this);
  }
}

// What cannot be copied stays as it is: sending it fails, and then its own item fails and not the map.
function copyOf(item: unknown): unknown {
  try {
    return snapshot([item], []).args[0];
  } catch {
    return item;
  }
}

const NONE: unique symbol = Symbol("none");
