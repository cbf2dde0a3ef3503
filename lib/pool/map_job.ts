/**
 * The job of one map: runs a task on many items. It reads its input as workers take items, and orders the results.
 *
 * ```
 * input -> take() -> chunks -> scheduler ... fulfill() -> Collector -> Results
 *            ^                                 |
 *            +--------- retries ---------------+
 * ```
 *
 * @module
 */
import type { Recorded } from "../checkpoint/recorded.ts";
import type { Input } from "../core/input.ts";
import { Collector } from "../future/collector.ts";
import { itemFrame } from "../future/failed_items.ts";
import type { Producer } from "../future/producer.ts";
import type { Shares } from "../protocol/shared_value.ts";
import { describeTask } from "../scheduler/task_name.ts";
import { expire } from "../scheduler/expire.ts";
import { Chunk, type Failure } from "../scheduler/job.ts";
import type { RunningCalls } from "../scheduler/revoke.ts";
import type { CallSite } from "./call_site.ts";
import type { PoolCore } from "./core.ts";
import { unreadError } from "./drain.ts";
import { onCancel } from "./drain_on.ts";
import { ItemLimits } from "./item_limits.ts";
import type { MapPlan } from "./map_plan.ts";
import { MapInput, readAhead } from "./map_input.ts";
import { PoolJob } from "./pool_job.ts";
import { sentItem } from "./sent_item.ts";

/** A map that runs on a pool. */
export class MapJob extends PoolJob implements Producer {
  readonly spread: boolean;
  readonly collector: Collector<unknown>;
  readonly #plan: MapPlan;
  readonly #core: PoolCore;
  readonly #site: CallSite | undefined;
  readonly #input: MapInput;
  readonly #limits: ItemLimits;
  #stopListening = (): void => {};
  #next = 0;
  #running = 0;
  #state: "new" | "running" | "finished" = "new";
  #queued = false;
  // What happens to running calls when the map ends early; "finish" while it drains.
  #runningCalls: RunningCalls = "signal";

  constructor(plan: MapPlan, input: Input<unknown>, core: PoolCore, site: CallSite | undefined) {
    super("map", plan.task, plan);
    this.#plan = plan;
    this.spread = plan.spread;
    this.#core = core;
    this.#site = site;
    this.#limits = new ItemLimits(plan, core.scheduler.counters, {
      onDue: () => this.#enqueue(),
      onThrown: (error) => this.stop(error),
      onExpired: (index) => this.#expire(index),
    });
    this.collector = new Collector<unknown>(this, plan);
    this.#input = new MapInput(input, plan, {
      readLimit: () => Math.min(readAhead(plan.running, plan.task), this.#room),
      arrived: () => (this.#limits.read(this.#next + this.#input.waiting - 1), this.#enqueue()),
      ended: (ahead, failure) => this.collector.end(this.#next + ahead, failure),
      readReturned: () => this.#checkEnd(),
    });
    if (plan.buffer === undefined) this.#admit();
  }

  /** {@inheritDoc Job.waiting} */
  get waiting(): number {
    if (this.isOver) return 0;
    return this.#limits.due + Math.min(this.#input.waiting, this.#room);
  }

  /** {@inheritDoc Job.shares} */
  get shares(): Shares | undefined {
    return this.#input.shares;
  }

  /** {@inheritDoc Job.handles} */
  get handles(): boolean {
    return this.#input.handles;
  }

  /** {@inheritDoc Job.isOver} */
  get isOver(): boolean {
    return this.collector.isStopped || this.#runningCalls === "finish";
  }

  /** {@inheritDoc Job.take} */
  take(max: number): Chunk | undefined {
    const due = this.#limits.takeDue();
    const chunk = due ? new Chunk(this, due.index, [due.item], due.attempt) : this.#takeNext(max);
    if (this.waiting === 0) this.#queued = false;
    if (chunk) this.#running += chunk.items.length;
    else this.#checkEnd();
    return chunk;
  }

  #takeNext(max: number): Chunk | undefined {
    for (let recorded; this.#room > 0 && (recorded = this.#input.takeRecorded());) this.#deliver(recorded);
    const first = this.#next;
    const items = this.#input.take(Math.min(max, this.#plan.chunkSize, this.#room));
    this.#next += items.length;
    this.#limits.started(first, items);
    this.#input.readOn();
    return items.length > 0 ? new Chunk(this, first, items) : undefined;
  }

  /** {@inheritDoc Job.fulfill} */
  fulfill(first: number, values: readonly unknown[]): void {
    this.#running -= values.length;
    this.#core.scheduler.counters.fulfilled += values.length;
    this.#limits.ended(first, values.length);
    this.#plan.progress?.fulfilled(first, values.length);
    this.collector.fulfill(first, values);
    this.#checkEnd();
  }

  /** {@inheritDoc Job.fail} */
  fail(index: number, outcome: Failure, error: unknown, _workerId: unknown, sent?: unknown): void {
    this.#running--;
    if (outcome === "rejected" && !this.isOver && this.#limits.triesAgain(index, error)) return;
    this.#limits.ended(index);
    this.#core.scheduler.counters.callEnded(outcome);
    if (this.#runningCalls === "finish" && outcome === "cancelled") return this.#checkEnd();
    this.#plan.progress?.rejected(index, error);
    const item = sentItem(sent, this.spread, this.shares);
    if (!this.collector.isStopped) {
      this.#site?.addTo(error, itemFrame(index, item));
      if (this.#plan.onError === "throw") this.failure ??= { outcome, error };
      if (this.#plan.onError === "throw") this.#input.close();
    }
    this.collector.reject(index, error, item, outcome === "cancelled");
    this.#checkEnd();
  }

  /** {@inheritDoc Job.abandon} */
  abandon(outcome: Failure, error: unknown): void {
    if (outcome === "rejected") this.#site?.addTo(error);
    this.stop(error, outcome);
  }

  /** {@inheritDoc Job.cancelWaiting} */
  cancelWaiting(error: unknown): void {
    this.stop(error, "cancelled", "go on");
  }

  /** {@inheritDoc Job.poolDrains} */
  poolDrains(): void {
    if (this.#plan.buffer === undefined || this.collector.isReaderWaiting) return;
    this.#input.close(); // What was sent is still done, and can be read after the pool's end.
    this.collector.end(this.#next, { reason: unreadError("Map") });
    this.#checkEnd();
  }

  /** {@inheritDoc Producer.resume} A map without a buffer does not wait for its reader. */
  resume(): void {
    const { buffer } = this.#plan;
    if (buffer === undefined || this.#state === "finished") return;
    // With a large buffer, resuming for each item costs more than the items themselves. The reader calls this again.
    if (this.#room < buffer >> 6 && this.#running + this.collector.unread > 0) return;
    if (this.#state === "running") return this.readOn();
    try {
      this.#plan.checkOpen();
    } catch (error) {
      this.stop(error);
      return void (this.#state = "finished");
    }
    this.#admit();
    this.readOn();
  }

  /** {@inheritDoc Producer.stop} */
  stop(reason: unknown, outcome: Failure = "rejected", running = this.#runningCalls): void {
    if (this.#state === "finished") return;
    this.failure ??= { outcome, error: reason };
    this.#input.close();
    this.#limits.clear();
    if (this.#state === "new") this.#plan.progress?.end();
    this.#runningCalls = running;
    if (running !== "finish") this.collector.fail(reason, outcome === "cancelled");
    this.#core.scheduler.revoke(this, reason, running);
    this.#checkEnd();
  }

  // How many more items may be sent before the reader takes a result.
  get #room(): number {
    return this.#plan.buffer === undefined ? Infinity : this.#plan.buffer - (this.#next - this.collector.readCount);
  }

  #admit(): void {
    this.#core.scheduler.admit(this);
    this.#state = "running";
    this.beginProgress(this.#core.scheduler);
    this.#stopListening = onCancel(this.#plan, this.#core, (why, running) => this.stop(why, "cancelled", running));
  }

  // Gives the reader the outcome of the next item, which an earlier run has recorded.
  #deliver(recorded: Recorded): void {
    const index = this.#next++;
    this.#limits.ended(index);
    recorded.deliver(index, this.collector, this.#plan.progress);
    this.#checkEnd();
  }

  // Fails or stops an item whose deadline has passed.
  #expire(index: number): void {
    const isRead = index < this.#next;
    const wasTried = this.#limits.wasTried(index);
    const errorOf = (isRunning: boolean) => this.deadlineError(isRunning, wasTried);
    const due = isRead ? this.#limits.cancelAttempts(index) : undefined;
    if (isRead && !due) return expire(this.#core.scheduler, this, index, errorOf);
    // The item waits for its next attempt (`due`), or for a worker. Then it is the first one that waits: items of one map
    // have the same deadline, in the order in which they were read.
    const recorded = isRead ? undefined : this.#input.takeRecorded();
    if (recorded) return this.#deliver(recorded);
    const [sent] = due ? [due.item] : this.#input.take(1);
    if (!isRead) this.#next++;
    if (this.waiting === 0) this.#queued = false;
    this.#running++;
    this.fail(index, "rejected", errorOf(false), undefined, sent);
    this.#input.readOn();
  }

  /** Reads the input, as far as there is room. A lazy map does not read before its results are read. */
  readOn(): void {
    if (this.#state !== "running") return;
    this.#input.readOn();
    this.#enqueue();
  }

  #enqueue(): void {
    if (this.#queued || this.waiting === 0) return;
    this.#queued = true;
    this.#core.scheduler.enqueue(this);
  }

  #checkEnd(): void {
    if (this.#state !== "running" || this.#running + this.#limits.waiting + this.#input.waiting > 0) return;
    if (!this.#input.hasEnded || (this.#input.isReading && !this.isOver)) return;
    this.#state = "finished";
    this.#stopListening();
    this.#plan.progress?.end();
    if (this.#runningCalls === "finish") this.collector.drained(this.failure!.error);
    this.collector.close(this.#core.failures, describeTask(this.task));
    this.#core.scheduler.finish(this);
  }
}
