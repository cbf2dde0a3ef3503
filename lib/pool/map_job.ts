/**
 * The job of one map: runs a task on many items. It reads its input no faster than workers take the items, and puts the
 * results in order.
 *
 * ```
 * input -> take() -> chunks -> scheduler ... fulfill() -> Collector -> Results
 *            ^                                 |
 *            +--------- retries ---------------+
 * ```
 *
 * @module
 */
import { onAbort } from "../core/abort.ts";
import type { Input } from "../core/input.ts";
import { Collector, type Producer } from "../future/collector.ts";
import type { UnobservedFailures } from "../future/unobserved_failures.ts";
import type { Shares } from "../protocol/shared_value.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import { describeTask } from "../scheduler/task_name.ts";
import { expire } from "../scheduler/expire.ts";
import { Chunk, type Failure } from "../scheduler/job.ts";
import type { Site } from "./call_site.ts";
import type { PoolCore } from "./core.ts";
import { Deadlines } from "./deadlines.ts";
import { unreadError } from "./drain.ts";
import type { MapPlan } from "./map_plan.ts";
import { MapInput, readAhead } from "./map_input.ts";
import { PoolJob } from "./pool_job.ts";
import { Retries } from "./retries.ts";

/** A map that runs on a pool. */
export class MapJob extends PoolJob implements Producer {
  readonly spread: boolean;
  readonly stream = 0;
  readonly collector: Collector<unknown>;
  readonly #plan: MapPlan;
  readonly #scheduler: Scheduler;
  readonly #failures: UnobservedFailures;
  readonly #site: Site | undefined;
  readonly #input: MapInput;
  readonly #retries: Retries;
  readonly #deadlines: Deadlines | undefined;
  #stopListening = (): void => {};
  #next = 0;
  #running = 0;
  #state: "new" | "running" | "finished" = "new";
  #queued = false;

  constructor(plan: MapPlan, input: Input<unknown>, { scheduler, failures }: PoolCore, site: Site | undefined) {
    super("map", plan.task, plan);
    this.#plan = plan;
    this.spread = plan.spread;
    this.#scheduler = scheduler;
    this.#failures = failures;
    this.#site = site;
    this.#retries = new Retries(plan.retry, scheduler.counters, () => this.#enqueue(), (error) => this.stop(error));
    this.collector = new Collector<unknown>(this, plan);
    if (plan.deadline !== undefined) this.#deadlines = new Deadlines(plan.deadline, (index) => this.#expire(index));
    this.#input = new MapInput(input, plan, {
      readLimit: () => Math.min(readAhead(plan.running, plan.task), this.#room),
      arrived: () => {
        this.#deadlines?.add(this.#next + this.#input.waiting - 1);
        this.#enqueue();
      },
      ended: (ahead, failure) => this.collector.end(this.#next + ahead, failure),
      readReturned: () => this.#checkEnd(),
    });
    if (plan.buffer === undefined) this.#admit();
  }

  /** Starts reading the input, once the task's code is verified. A lazy map starts when its results are read. */
  start(): void {
    const { verified, buffer } = this.#plan;
    const start = () => buffer === undefined && this.#readOn();
    if (verified) verified.then(start, (error) => this.abandon("rejected", error));
    else start();
  }

  /** {@inheritDoc Job.waiting} */
  get waiting(): number {
    if (this.collector.isStopped) return 0;
    return this.#retries.due + Math.min(this.#input.waiting, this.#room);
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
    return this.collector.isStopped;
  }

  /** {@inheritDoc Job.take} */
  take(max: number): Chunk | undefined {
    const retry = this.#retries.take();
    if (retry) {
      if (this.waiting === 0) this.#queued = false;
      this.#running++;
      return new Chunk(this, retry.index, [retry.item], retry.attempt);
    }
    const first = this.#next;
    const items = this.#input.take(Math.min(max, this.#plan.chunkSize, this.#room));
    this.#next += items.length;
    this.#retries.add(first, items);
    this.#deadlines?.add(first, items.length);
    this.#input.readOn();
    if (this.waiting === 0) this.#queued = false;
    if (items.length === 0) {
      this.#checkEnd();
      return undefined;
    }
    this.#running += items.length;
    return new Chunk(this, first, items);
  }

  /** {@inheritDoc Job.fulfill} */
  fulfill(first: number, values: readonly unknown[]): void {
    this.#running -= values.length;
    this.#scheduler.counters.fulfilled += values.length;
    this.#retries.delete(first, values.length);
    this.#deadlines?.remove(first, values.length);
    this.#plan.progress?.fulfilled(first, values.length);
    this.collector.fulfill(first, values);
    this.#checkEnd();
  }

  /** {@inheritDoc Job.fail} */
  fail(index: number, outcome: Failure, error: unknown): void {
    this.#running--;
    if (outcome === "rejected" && !this.isOver && this.#retries.schedule(index, error)) return;
    this.#retries.delete(index, 1);
    this.#deadlines?.remove(index);
    this.#scheduler.counters.callEnded(outcome);
    this.#plan.progress?.rejected(index, error);
    if (!this.collector.isStopped) {
      this.#site?.addTo(error, `at items[${index}]`);
      if (this.#plan.onError === "throw") this.failure ??= { outcome, error };
      if (this.#plan.onError === "throw") this.#input.close();
    }
    this.collector.reject(index, error, outcome === "cancelled");
    this.#checkEnd();
  }

  /** {@inheritDoc Job.abandon} */
  abandon(outcome: Failure, error: unknown): void {
    this.#stop(error, outcome);
  }

  /** {@inheritDoc Job.cancelWaiting} */
  cancelWaiting(error: unknown): void {
    this.#stop(error, "cancelled");
  }

  /** {@inheritDoc Job.poolDrains} */
  poolDrains(): void {
    if (this.#plan.buffer === undefined || this.collector.isReaderWaiting) return;
    // What was sent is still done, and can be read after the pool's end.
    this.#input.close();
    this.collector.end(this.#next, { reason: unreadError("Map") });
    this.#checkEnd();
  }

  /** {@inheritDoc Producer.resume} A map without a buffer does not wait for its reader. */
  resume(): void {
    if (this.#plan.buffer === undefined || this.#state === "finished") return;
    if (this.#state === "running") return this.#readOn();
    try {
      this.#plan.checkOpen();
    } catch (error) {
      this.stop(error);
      this.#state = "finished";
      return;
    }
    this.#admit();
    this.#readOn();
  }

  /** {@inheritDoc Producer.stop} */
  stop(reason: unknown): void {
    this.#stop(reason, "rejected");
  }

  // The calls that run get the signal; with `force` their workers are stopped, too.
  #stop(reason: unknown, outcome: Failure, force = false): void {
    if (this.#state === "finished") return;
    this.failure ??= { outcome, error: reason };
    this.#input.close();
    this.#retries.clear();
    this.#deadlines?.clear();
    if (this.#state === "new") this.#plan.progress?.end();
    this.collector.fail(reason, outcome === "cancelled");
    this.#scheduler.revoke(this, reason, force);
    this.#checkEnd();
  }

  // Number of items that may be read before a result is.
  get #room(): number {
    const { buffer } = this.#plan;
    return buffer === undefined ? Infinity : buffer - (this.#next - this.collector.readCount);
  }

  #admit(): void {
    this.#scheduler.admit(this);
    this.#state = "running";
    this.#stopListening = onAbort(this.#plan.signal, (reason) => this.#stop(reason, "cancelled", true));
  }

  // The deadline of an item has passed.
  #expire(index: number): void {
    const isRead = index < this.#next;
    if (isRead && !this.#retries.cancel(index)) {
      return expire(this.#scheduler, this, index, (isRunning) => this.deadlineError(isRunning));
    }
    // It waits: for a worker, then it is the first that does, or for its next attempt.
    if (!isRead) this.#next += this.#input.take(1).length;
    if (this.waiting === 0) this.#queued = false;
    this.#running++;
    this.fail(index, "rejected", this.deadlineError(false));
    this.#input.readOn();
  }

  #readOn(): void {
    if (this.#state !== "running") return;
    this.#input.readOn();
    this.#enqueue();
  }

  #enqueue(): void {
    if (this.#queued || this.waiting === 0) return;
    this.#queued = true;
    this.#scheduler.enqueue(this);
  }

  #checkEnd(): void {
    if (this.#state !== "running" || this.#running + this.#retries.waiting + this.#input.waiting > 0) return;
    if (!this.#input.hasEnded || (this.#input.isReading && !this.isOver)) return;
    this.#state = "finished";
    this.#stopListening();
    this.#plan.progress?.end();
    this.collector.close(this.#failures, describeTask(this.task));
    this.#scheduler.finish(this);
  }
}
