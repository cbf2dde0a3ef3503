/**
 * One submitted call: the work that the scheduler moves, and the control of the caller's future.
 *
 * @module
 */
import { onAbort } from "../core/abort.ts";
import { guarded } from "../core/guarded.ts";
import type { Timer } from "../core/timer.ts";
import type { Failures } from "../future/failures.ts";
import { Future, type FutureControl, settleFuture, trackFailure } from "../future/future.ts";
import type { Shares } from "../protocol/shared_value.ts";
import type { Slot } from "../scheduler/slot.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import { Chunk, type Outcome, type TaskEntry, type Work } from "../scheduler/work.ts";
import type { RetryPolicy } from "../core/retry.ts";
import type { CallSite } from "./call_site.ts";

/** What a call is made of, besides its arguments. */
export interface CallOptions {
  timeout: number | undefined;
  signal: AbortSignal | undefined;
  retry: RetryPolicy | undefined;
  transfer: Transferable[];
  priority?: number;
  affinity?: string | number;
  onEmit?: (value: unknown) => void;
  onProgress?: (done: number, total: number | undefined) => void;
  shares?: Shares;
  /** Whether there may be shared objects in the arguments. */
  handles?: boolean;
  /** The worker that alone may run it. */
  pinned?: Slot;
  /** Whether it comes from a call of the same pool, which may wait for it: it must not wait for that one's worker. */
  nested?: boolean;
}

/** One call of a task. */
export class Call implements Work, FutureControl {
  readonly future: Future<unknown>;
  readonly task: TaskEntry;
  readonly spread = true;
  readonly stream = 0;
  readonly timeout: number | undefined;
  readonly limited: boolean;
  readonly priority: number;
  readonly affinity: string | number | undefined;
  readonly shares: Shares | undefined;
  readonly handles: boolean;
  readonly pinned: Slot | undefined;
  readonly nested: boolean;
  queuedAt = 0;
  readonly #scheduler: Scheduler;
  readonly #options: CallOptions;
  readonly #failures: Failures;
  readonly #site: CallSite | undefined;
  readonly #deaf: () => void;
  #args: unknown[] | undefined;
  #chunk: Chunk | undefined;
  #attempt = 1;
  #queued = false;
  // No attempt follows.
  #last = false;
  #pause: Timer | undefined;
  #workerId: number | undefined;
  // What it ends as when its worker is taken away from under it.
  #verdict: { outcome: "rejected" | "cancelled"; error: unknown } | undefined;

  constructor(
    scheduler: Scheduler,
    task: TaskEntry,
    args: unknown[],
    options: CallOptions,
    failures: Failures,
    site: CallSite | undefined,
  ) {
    this.#scheduler = scheduler;
    this.task = task;
    this.timeout = options.timeout;
    this.limited = options.timeout !== undefined || options.signal !== undefined;
    this.nested = options.nested ?? false;
    this.priority = this.nested ? Infinity : options.priority ?? 0;
    this.affinity = options.affinity;
    this.shares = options.shares;
    this.handles = options.handles ?? false;
    this.pinned = options.pinned;
    this.#args = args;
    this.#options = options;
    this.#failures = failures;
    this.#site = site;
    this.future = new Future<unknown>(this);
    scheduler.admit(this);
    scheduler.entrance.enter();
    // By way of a variable: a signal that has aborted already calls back before onAbort returns.
    let deaf = (): void => {};
    this.#deaf = () => deaf();
    deaf = onAbort(options.signal, (reason) => this.cancel(reason, true));
  }

  /** Puts the call into the waiting line, if it still waits. */
  enqueue(): void {
    if (this.over || this.#verdict) return;
    this.#queued = true;
    this.queuedAt = performance.now();
    this.#scheduler.enqueue(this);
  }

  /** {@inheritDoc Work.waiting} */
  get waiting(): number {
    return this.#queued && !this.over ? 1 : 0;
  }

  /** {@inheritDoc Work.over} */
  get over(): boolean {
    return this.#args === undefined;
  }

  /** {@inheritDoc Work.take} */
  take(): Chunk {
    this.#queued = false;
    // What may be needed again is copied to the worker, not moved.
    const last = this.#attempt >= (this.#options.retry?.maxAttempts ?? 1);
    const transfer = last ? this.#options.transfer : [];
    return this.#chunk = new Chunk(this, 0, [this.#args], this.#attempt, transfer);
  }

  /** {@inheritDoc FutureControl.isRunning} */
  isRunning(): boolean {
    const chunk = this.#chunk;
    return chunk?.slot !== undefined && chunk.open > 0 && chunk.slot.hasStarted(chunk, 0);
  }

  /** {@inheritDoc FutureControl.workerId} */
  workerId(): number | undefined {
    return this.#workerId ?? (this.isRunning() ? this.#chunk!.slot!.id : undefined);
  }

  /** {@inheritDoc FutureControl.cancel} */
  cancel(reason: unknown, force: boolean): void {
    const chunk = this.#chunk;
    if (chunk?.slot && chunk.open > 0 && !chunk.slot.withdraw(chunk, 0)) {
      if (force) chunk.slot.stop(chunk, 0, "cancelled", reason);
      else chunk.slot.signal(chunk, 0, reason);
    } else this.#end("cancelled", reason);
  }

  /** {@inheritDoc Work.abandon} */
  abandon(outcome: "rejected" | "cancelled", error: unknown): void {
    const chunk = this.#chunk;
    if (chunk?.slot && chunk.open > 0 && !chunk.slot.withdraw(chunk, 0)) this.#verdict = { outcome, error };
    else this.#end(outcome, error);
  }

  /** {@inheritDoc Work.cancelWaiting} */
  cancelWaiting(error: unknown): void {
    const chunk = this.#chunk;
    if (chunk?.slot && chunk.open > 0 && !chunk.slot.withdraw(chunk, 0)) this.#last = true;
    else this.#end("cancelled", error);
  }

  /** {@inheritDoc Work.item} */
  item(_index: number, value: unknown): void {
    const { onEmit } = this.#options;
    if (onEmit) guarded(() => onEmit(value));
  }

  /** {@inheritDoc Work.progress} */
  progress(_index: number, done: number, total: number | undefined): void {
    const { onProgress } = this.#options;
    if (onProgress) guarded(() => onProgress(done, total));
  }

  /** {@inheritDoc Work.settle} */
  settle(_index: number, outcome: Outcome, value: unknown, workerId: number | undefined): void {
    if (this.over) return;
    this.#workerId = workerId;
    this.#chunk = undefined;
    if (this.#verdict) return this.#end(this.#verdict.outcome, this.#verdict.error);
    if (outcome === "rejected" && this.#again(value)) return;
    this.#end(outcome, value);
  }

  /** Ends the call without running it. */
  fail(error: unknown): void {
    this.#end("rejected", error);
  }

  #again(error: unknown): boolean {
    const { retry } = this.#options;
    if (!retry || this.#last || this.#attempt >= retry.maxAttempts) return false;
    try {
      if (!retry.isRetriable(error)) return false;
    } catch (thrown) {
      this.#end("rejected", thrown);
      return true;
    }
    this.#scheduler.tally.retried++;
    const wait = retry.delay(this.#attempt++);
    if (wait === 0) this.enqueue();
    else this.#pause = setTimeout(() => this.enqueue(), wait);
    return true;
  }

  #end(outcome: Outcome, value: unknown): void {
    if (this.over) return;
    this.#args = undefined;
    this.#chunk = undefined;
    this.#deaf();
    clearTimeout(this.#pause);
    if (outcome === "rejected") this.#site?.addTo(value);
    this.#scheduler.tally.ended(outcome);
    settleFuture(this.future, outcome, value);
    trackFailure(this.future, this.#failures);
    this.#scheduler.entrance.leave();
    this.#scheduler.finish(this);
  }
}
