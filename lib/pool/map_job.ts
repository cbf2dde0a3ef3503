/**
 * One task over many items: reads its input no faster than workers take it, and puts the results in order.
 *
 * ```
 * input -> take() -> chunks -> scheduler ... fulfil() -> Collector -> Results
 *            ^                                 |
 *            +--------- retries ---------------+
 * ```
 *
 * A lazy one starts when it is read, and stays at most `buffer` items ahead of its reader.
 *
 * @module
 */
import { onAbort } from "../core/abort.ts";
import { CancelledError } from "../core/errors.ts";
import type { Input } from "../core/input.ts";
import { bad } from "../core/validate.ts";
import { Collector, type Producer } from "../future/collector.ts";
import type { UnobservedFailures } from "../future/unobserved_failures.ts";
import { isPrimitive, snapshot, Uncopyable } from "../protocol/envelope.ts";
import type { SharedEntry, Shares } from "../protocol/shared_value.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import { Chunk, type Failure } from "../scheduler/job.ts";
import type { CallSite } from "./call_site.ts";
import type { MapPlan } from "./map_plan.ts";
import { MapInput, type MapReader } from "./map_input.ts";
import { PoolJob } from "./pool_job.ts";
import { Retries } from "./retries.ts";
import { refer } from "./shared_value.ts";

/** A map that runs on a pool. */
export class MapJob extends PoolJob implements Producer, MapReader {
  readonly spread: boolean;
  readonly stream = 0;
  readonly collector: Collector<unknown>;
  readonly #plan: MapPlan;
  readonly #scheduler: Scheduler;
  readonly #failures: UnobservedFailures;
  readonly #site: CallSite | undefined;
  readonly #input: MapInput;
  readonly #retries: Retries;
  #stopListening = (): void => {};
  // Shared values that its items name, by id.
  readonly #shares = new Map<number, SharedEntry>();
  #handles = false;
  #next = 0;
  #running = 0;
  #state: "new" | "going" | "finished" = "new";
  #queued = false;

  constructor(
    plan: MapPlan,
    input: Input<unknown>,
    scheduler: Scheduler,
    failures: UnobservedFailures,
    site?: CallSite,
  ) {
    super(plan.task, plan);
    this.#plan = plan;
    this.spread = plan.spread;
    this.#scheduler = scheduler;
    this.#failures = failures;
    this.#site = site;
    this.#retries = new Retries(plan.retry, () => this.#enqueue());
    this.collector = new Collector<unknown>(this, plan);
    this.#input = new MapInput(input, this);
    if (plan.buffer === undefined) this.#admit();
  }

  /** Starts reading; a lazy map does when it is read itself. */
  start(): void {
    if (this.#plan.buffer === undefined) this.#go();
  }

  /** {@inheritDoc Work.waiting} */
  get waiting(): number {
    if (this.collector.over) return 0;
    return this.#retries.due + Math.min(this.#input.waiting, this.#room);
  }

  /** {@inheritDoc Work.shares} */
  get shares(): Shares | undefined {
    return this.#shares.size > 0 ? this.#shares : undefined;
  }

  /** {@inheritDoc Work.handles} */
  get handles(): boolean {
    return this.#handles;
  }

  /** {@inheritDoc Work.over} */
  get isOver(): boolean {
    return this.collector.over;
  }

  /** {@inheritDoc Work.take} */
  take(max: number): Chunk | undefined {
    const again = this.#retries.take();
    if (again) {
      if (this.waiting === 0) this.#queued = false;
      this.#running++;
      return new Chunk(this, again.index, [again.item], again.attempt);
    }
    const first = this.#next;
    const items = this.#input.take(Math.min(max, this.#plan.chunkSize, this.#room));
    this.#next += items.length;
    this.#retries.keep(first, items);
    this.#input.readOn();
    if (this.waiting === 0) this.#queued = false;
    if (items.length === 0) {
      this.#checkEnd();
      return undefined;
    }
    this.#running += items.length;
    return new Chunk(this, first, items);
  }

  /** {@inheritDoc Work.fulfil} */
  fulfill(first: number, values: readonly unknown[]): void {
    this.#running -= values.length;
    this.#scheduler.counters.fulfilled += values.length;
    this.#retries.forget(first, values.length);
    const { progress: tally } = this.#plan;
    for (let i = 0; tally && i < values.length; i++) tally.count(true);
    this.collector.fulfill(first, values);
    this.#checkEnd();
  }

  /** {@inheritDoc Work.fail} */
  fail(index: number, outcome: Failure, error: unknown): void {
    this.#running--;
    if (outcome === "rejected" && this.#retry(index, error)) return;
    this.#retries.forget(index, 1);
    this.#scheduler.counters.callEnded(outcome);
    this.#plan.progress?.count(false);
    if (!this.collector.over) {
      this.#site?.addTo(error);
      if (this.#plan.onError === "throw") this.#input.close();
    }
    this.collector.reject(index, error);
    this.#checkEnd();
  }

  /** {@inheritDoc Work.abandon} */
  abandon(_outcome: Failure, error: unknown): void {
    this.#stop(error, false);
  }

  /** {@inheritDoc Work.cancelWaiting} */
  cancelWaiting(error: unknown): void {
    this.#stop(error, false);
  }

  /** {@inheritDoc Work.blockEnded} */
  blockEnded(): void {
    if (this.#plan.buffer === undefined || this.collector.awaited) return;
    this.#stop(new CancelledError("Results were cancelled: their pool's block ended before they were read"), false);
  }

  /** {@inheritDoc MapReader.readLimit} */
  get readLimit(): number {
    return Math.min(this.#plan.readAhead, this.#room);
  }

  /** {@inheritDoc MapReader.accept} */
  accept(item: unknown): unknown {
    if (this.spread && !Array.isArray(item)) throw bad("starmap", "items", item, "argument lists: arrays", false);
    if (isPrimitive(item)) return item;
    const referred = refer(item, this.spread, this.#shares);
    return this.#plan.copy ? this.#copy(referred) : referred;
  }

  /** {@inheritDoc MapReader.arrived} */
  arrived(): void {
    this.#enqueue();
  }

  /** {@inheritDoc MapReader.ended} */
  ended(ahead: number): void {
    this.collector.end(this.#next + ahead);
  }

  /** {@inheritDoc MapReader.failed} */
  failed(error: unknown): void {
    this.#stop(error, false);
  }

  /** {@inheritDoc MapReader.paused} */
  readReturned(): void {
    this.#checkEnd();
  }

  /** {@inheritDoc Producer.resume} */
  resume(): void {
    if (this.#plan.buffer === undefined) return; // It does not wait for its reader.
    if (this.#state === "going") return this.#go();
    if (this.#state === "finished") return;
    try {
      this.#plan.checkOpen();
    } catch (error) {
      this.#state = "finished";
      this.#input.close();
      this.#plan.progress?.end();
      return this.collector.fail(error);
    }
    this.#admit();
    this.#go();
  }

  /** {@inheritDoc Producer.stop} */
  stop(reason: unknown): void {
    this.#stop(reason, false);
  }

  // How many more items may be read before results are.
  get #room(): number {
    const { buffer } = this.#plan;
    return buffer === undefined ? Infinity : buffer - (this.#next - this.collector.taken);
  }

  #admit(): void {
    this.#scheduler.admit(this);
    this.#state = "going";
    this.#stopListening = onAbort(this.#plan.signal, (reason) => this.#stop(reason, true));
  }

  #go(): void {
    if (this.#state !== "going") return;
    this.#input.readOn();
    this.#enqueue();
  }

  // Ends the map early. What runs is told; `force` also stops it.
  #stop(reason: unknown, force: boolean): void {
    if (this.#state === "finished") return;
    this.#input.close();
    this.#retries.clear();
    if (this.#state === "new") this.#plan.progress?.end();
    this.collector.fail(reason);
    this.#scheduler.revoke(this, reason, force);
    this.#checkEnd();
  }

  #enqueue(): void {
    if (this.#queued || this.waiting === 0) return;
    this.#queued = true;
    this.#scheduler.enqueue(this);
  }

  // What cannot be copied fails when it is sent: then its own item fails and not the map.
  #copy(item: unknown): unknown {
    try {
      const { args, handles } = snapshot(this.spread ? item as unknown[] : [item], []);
      this.#handles ||= handles;
      return this.spread ? args : args[0];
    } catch (error) {
      return new Uncopyable(item, (error as Error).cause);
    }
  }

  #retry(index: number, error: unknown): boolean {
    if (this.isOver) return false;
    try {
      if (!this.#retries.again(index, error)) return false;
      this.#scheduler.counters.retried++;
    } catch (thrown) {
      this.#stop(thrown, false);
    }
    return true;
  }

  #checkEnd(): void {
    const left = this.#running + this.#retries.waiting + this.#input.waiting;
    if (this.#state !== "going" || !this.#input.over || left > 0 || (this.#input.reading && !this.isOver)) return;
    this.#state = "finished";
    this.#stopListening();
    this.#plan.progress?.end();
    this.collector.close(this.#failures);
    this.#scheduler.finish(this);
  }
}
