/**
 * One submitted call: the work that the scheduler moves, and the control of the caller's future.
 *
 * @module
 */
import { onAbort } from "../core/abort.ts";
import { NO_TRANSFER } from "../core/move.ts";
import type { Timer } from "../core/timer.ts";
import type { UnobservedFailures } from "../future/unobserved_failures.ts";
import { Future, type FutureControl, settleFuture, trackFailure } from "../future/future.ts";
import type { Shares } from "../protocol/shared_value.ts";
import type { Slot } from "../scheduler/slot.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import { Chunk, type Failure, type Outcome, type TaskEntry } from "../scheduler/job.ts";
import type { RetryPolicy } from "../core/retry.ts";
import type { CallSite } from "./call_site.ts";
import { type JobOptions, PoolJob } from "./pool_job.ts";

/** What a call is made of, besides its arguments. */
export interface CallOptions extends JobOptions {
  retry: RetryPolicy | undefined;
  transfer: Transferable[];
  shares?: Shares;
  /** Whether there may be shared objects in the arguments. */
  handles?: boolean;
  /** The worker that alone may run it. */
  pinned?: Slot;
}

/** One call of a task. */
export class CallJob extends PoolJob implements FutureControl {
  readonly future: Future<unknown>;
  readonly spread = true;
  readonly stream = 0;
  readonly shares: Shares | undefined;
  readonly handles: boolean;
  readonly pinned: Slot | undefined;
  readonly #scheduler: Scheduler;
  readonly #options: CallOptions;
  readonly #failures: UnobservedFailures;
  readonly #site: CallSite | undefined;
  // Undefined as long as there is no signal, or while one that has aborted already ends the call.
  #stopListening: (() => void) | undefined;
  #args: unknown[] | undefined;
  #chunk: Chunk | undefined;
  #attempt = 1;
  #queued = false;
  // No attempt follows.
  #last = false;
  #retryTimer: Timer | undefined;
  #workerId: number | undefined;
  // What it ends as when its worker is taken away from under it.
  #stopOutcome: { outcome: Failure; error: unknown } | undefined;

  constructor(
    scheduler: Scheduler,
    task: TaskEntry,
    args: unknown[],
    options: CallOptions,
    failures: UnobservedFailures,
    site: CallSite | undefined,
  ) {
    super(task, options);
    this.#scheduler = scheduler;
    this.shares = options.shares;
    this.handles = options.handles ?? false;
    this.pinned = options.pinned;
    this.#args = args;
    this.#options = options;
    this.#failures = failures;
    this.#site = site;
    this.future = new Future<unknown>(this);
    scheduler.admit(this);
    scheduler.admission.enter();
    if (options.signal) this.#stopListening = onAbort(options.signal, (reason) => this.cancel(reason, true));
  }

  /** Puts the call into the waiting line, if it still waits. */
  enqueue(): void {
    if (this.isOver || this.#stopOutcome) return;
    this.#queued = true;
    this.queuedAt = performance.now();
    this.#scheduler.enqueue(this);
  }

  /** {@inheritDoc Work.waiting} */
  get waiting(): number {
    return this.#queued && !this.isOver ? 1 : 0;
  }

  /** {@inheritDoc Work.over} */
  get isOver(): boolean {
    return this.#args === undefined;
  }

  /** {@inheritDoc Work.take} */
  take(): Chunk {
    this.#queued = false;
    // What may be needed again is copied to the worker, not moved.
    const last = this.#attempt >= (this.#options.retry?.maxAttempts ?? 1);
    const transfer = last ? this.#options.transfer : NO_TRANSFER;
    return this.#chunk = new Chunk(this, 0, [this.#args], this.#attempt, transfer);
  }

  /** {@inheritDoc FutureControl.isRunning} */
  isRunning(): boolean {
    const chunk = this.#chunk;
    return chunk !== undefined && chunk.isSent && chunk.slot!.hasStarted(chunk, 0);
  }

  /** {@inheritDoc FutureControl.workerId} */
  workerId(): number | undefined {
    return this.#workerId ?? (this.isRunning() ? this.#chunk!.slot!.id : undefined);
  }

  /** {@inheritDoc FutureControl.cancel} */
  cancel(reason: unknown, force: boolean): void {
    const chunk = this.#chunk;
    if (chunk && !chunk.withdraw()) {
      if (force) chunk.slot!.stop(chunk, 0, "cancelled", reason);
      else chunk.slot!.signal(chunk, 0, reason);
    } else this.#end("cancelled", reason);
  }

  /** {@inheritDoc Work.abandon} */
  abandon(outcome: Failure, error: unknown): void {
    if (this.#chunk?.withdraw() === false) this.#stopOutcome = { outcome, error };
    else this.#end(outcome, error);
  }

  /** {@inheritDoc Work.cancelWaiting} */
  cancelWaiting(error: unknown): void {
    if (this.#chunk?.withdraw() === false) this.#last = true;
    else this.#end("cancelled", error);
  }

  /** {@inheritDoc Work.fulfil} */
  fulfill(_first: number, [value]: readonly unknown[], workerId: number): void {
    if (this.#returnedFrom(workerId)) this.#end("fulfilled", value);
  }

  /** {@inheritDoc Work.fail} */
  fail(_index: number, outcome: Failure, error: unknown, workerId: number | undefined): void {
    if (!this.#returnedFrom(workerId) || (outcome === "rejected" && this.#retry(error))) return;
    this.#end(outcome, error);
  }

  /** Ends the call without running it. */
  refuse(error: unknown): void {
    this.#end("rejected", error);
  }

  // Its worker is done with it. Whether that decides how it ends.
  #returnedFrom(workerId: number | undefined): boolean {
    if (this.isOver) return false;
    this.#workerId = workerId;
    this.#chunk = undefined;
    if (this.#stopOutcome) this.#end(this.#stopOutcome.outcome, this.#stopOutcome.error);
    return !this.#stopOutcome;
  }

  #retry(error: unknown): boolean {
    const { retry } = this.#options;
    if (!retry || this.#last || this.#attempt >= retry.maxAttempts) return false;
    try {
      if (!retry.isRetriable(error)) return false;
    } catch (thrown) {
      this.#end("rejected", thrown);
      return true;
    }
    this.#scheduler.counters.retried++;
    const wait = retry.delay(this.#attempt++);
    if (wait === 0) this.enqueue();
    else this.#retryTimer = setTimeout(() => this.enqueue(), wait);
    return true;
  }

  #end(outcome: Outcome, value: unknown): void {
    if (this.isOver) return;
    this.#args = undefined;
    this.#chunk = undefined;
    this.#stopListening?.();
    clearTimeout(this.#retryTimer);
    if (outcome === "rejected") this.#site?.addTo(value);
    this.#scheduler.counters.callEnded(outcome);
    settleFuture(this.future, outcome, value);
    trackFailure(this.future, this.#failures);
    this.#scheduler.admission.leave();
    this.#scheduler.finish(this);
  }
}
