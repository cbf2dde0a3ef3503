/**
 * The job of one `submit`: a single call, which also controls the caller's future.
 *
 * ```
 * submitCall -> enqueue -> take -> (worker) -> fulfill | fail -> the future settles
 *                  ^                              |
 *                  +---------- retry -------------+
 * ```
 *
 * @module
 */
import { onAbort } from "../core/abort.ts";
import { atCaller } from "../core/at_caller.ts";
import { TransferError } from "../core/errors.ts";
import { NO_TRANSFER } from "../core/move.ts";
import { performance } from "../core/platform.ts";
import type { RetryPolicy } from "../core/retry.ts";
import { captureStack } from "../core/stack.ts";
import { clearTimeout, setTimeout, type Timer } from "../core/timer.ts";
import { createFuture, type Future, type FutureControl, settleFuture, trackFailure } from "../future/future.ts";
import type { UnobservedFailures } from "../future/unobserved_failures.ts";
import { forgetCopies, reuseCopies } from "../protocol/copy_memory.ts";
import type { Shares } from "../protocol/shared_value.ts";
import { expire } from "../scheduler/expire.ts";
import { Chunk, type Failure, type Outcome, type Pin, type TaskEntry } from "../scheduler/job.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import { describeTask } from "../scheduler/task_name.ts";
import type { CallSite, PublicMethod } from "./call_site.ts";
import type { PoolCore } from "./core.ts";
import { Deadlines } from "./deadlines.ts";
import type { CallOptions } from "./call_options.ts";
import { type CallArguments, copyArguments, PoolJob } from "./pool_job.ts";
import type { AnyRunnable } from "./runnable.ts";
import { sentItem } from "./sent_item.ts";

/**
 * Submits one call.
 *
 * @param pin The only worker that may run it; such a call does not count against `maxQueue`.
 */
export function submitCall(
  core: PoolCore,
  method: PublicMethod,
  task: AnyRunnable,
  args: unknown[],
  pin?: Pin,
): Future<unknown> {
  try {
    return submit(core, method, task, args, pin);
  } catch (error) {
    throw atCaller(error, method);
  }
}

function submit(
  core: PoolCore,
  method: PublicMethod,
  task: AnyRunnable,
  args: unknown[],
  pin: Pin | undefined,
): Future<unknown> {
  const { action } = method;
  core.checkOpen(action);
  if (!pin) core.checkRoom(action);
  const { entry, options: given, verified } = core.resolve(action, task);
  const options = core.callOptions(action, given);
  const copy = copyArguments(core, args, given);
  const now = performance.now();
  const site = core.callSite(method, entry, options.timeout ?? options.deadline, now);
  const job = new CallJob(core, entry, copy, options, pin, site);
  if (copy.refused) {
    const { error } = copy.refused;
    if (error instanceof TransferError) captureStack(error, method.method);
    job.abandon("rejected", error);
  } else if (verified) verified.then(() => job.enqueue(), (error) => job.abandon("rejected", error));
  else job.enqueue(now);
  return job.future;
}

/** A call of a task, from `submit` until its future settles. */
export class CallJob extends PoolJob implements FutureControl {
  readonly future: Future<unknown>;
  readonly spread = true;
  readonly shares: Shares | undefined;
  readonly handles: boolean;
  readonly pin: Pin | undefined;
  readonly #scheduler: Scheduler;
  readonly #transfer: Transferable[];
  readonly #retryPolicy: RetryPolicy | undefined;
  readonly #failures: UnobservedFailures;
  readonly #site: CallSite | undefined;
  // Undefined without a signal, and while the constructor ends a call whose signal has aborted already.
  #stopListening: (() => void) | undefined;
  #args: unknown[] | undefined;
  #chunk: Chunk | undefined;
  #attempt = 1;
  #queued = false;
  // Set by a shutdown that cancels, and at the deadline: the running attempt is the last one.
  #noRetry = false;
  #deadlines: Deadlines | undefined;
  #retryTimer: Timer | undefined;
  #workerId: number | undefined;
  // How the call ends when its worker is stopped.
  #stopOutcome: { outcome: Failure; error: unknown } | undefined;

  constructor(
    { scheduler, failures }: Pick<PoolCore, "scheduler" | "failures">,
    task: TaskEntry,
    { args, transfer, handles, shares }: CallArguments,
    options: CallOptions,
    pin: Pin | undefined,
    site: CallSite | undefined,
  ) {
    super("call", task, options);
    this.#scheduler = scheduler;
    this.shares = shares;
    this.handles = handles;
    this.pin = pin;
    this.#args = args;
    this.#transfer = transfer;
    this.#retryPolicy = options.retry;
    this.#failures = failures;
    this.#site = site;
    this.future = createFuture<unknown>(this);
    scheduler.admit(this);
    scheduler.admission.enter();
    if (this.deadline !== undefined) (this.#deadlines = new Deadlines(this.deadline, () => this.#expire())).add(0);
    if (options.signal) this.#stopListening = onAbort(options.signal, (reason) => this.cancel(reason, true));
  }

  /** Puts the call into the backlog at time `now`, unless it has ended or its worker is being stopped. */
  enqueue(now: number = performance.now()): void {
    if (this.isOver || this.#stopOutcome) return;
    this.#queued = true;
    this.queuedAt = now;
    this.#scheduler.enqueue(this);
  }

  /** {@inheritDoc Job.waiting} */
  get waiting(): number {
    return this.#queued && !this.isOver ? 1 : 0;
  }

  /** {@inheritDoc Job.isOver} */
  get isOver(): boolean {
    return this.#args === undefined;
  }

  /** {@inheritDoc Job.take} */
  take(): Chunk {
    this.#queued = false;
    // Moved values would be lost to another attempt: only the last attempt moves them, earlier ones copy.
    const isLast = this.#attempt >= (this.#retryPolicy?.maxAttempts ?? 1);
    const transfer = isLast ? this.#transfer : NO_TRANSFER;
    return this.#chunk = new Chunk(this, 0, [this.#args], this.#attempt, transfer);
  }

  /** {@inheritDoc FutureControl.isRunning} */
  isRunning(): boolean {
    const chunk = this.#chunk;
    return chunk !== undefined && chunk.isSent && chunk.holder!.hasStarted(chunk, 0);
  }

  /** {@inheritDoc FutureControl.workerId} */
  workerId(): number | undefined {
    return this.#workerId ?? (this.isRunning() ? this.#chunk!.holder!.id : undefined);
  }

  /** {@inheritDoc FutureControl.cancel} */
  cancel(reason: unknown, force: boolean): void {
    const chunk = this.#chunk;
    if (chunk && !chunk.withdraw()) {
      if (force) chunk.holder!.stop(chunk, 0, "cancelled", reason);
      else chunk.holder!.signal(chunk, 0, reason);
    } else this.#end("cancelled", reason);
  }

  /** {@inheritDoc Job.abandon} */
  abandon(outcome: Failure, error: unknown): void {
    if (this.#chunk?.withdraw() === false) this.#stopOutcome = { outcome, error };
    else this.#end(outcome, error);
  }

  /** {@inheritDoc Job.cancelWaiting} */
  cancelWaiting(error: unknown): void {
    if (this.#chunk?.withdraw() === false) this.#noRetry = true;
    else this.#end("cancelled", error);
  }

  /** {@inheritDoc Job.fulfill} */
  fulfill(_first: number, values: readonly unknown[], workerId: number): void {
    if (this.#returnedFrom(workerId)) this.#end("fulfilled", values[0]);
  }

  /** {@inheritDoc Job.fail} */
  fail(_index: number, outcome: Failure, error: unknown, workerId: number | undefined): void {
    if (!this.#returnedFrom(workerId) || (outcome === "rejected" && this.#retry(error))) return;
    this.#end(outcome, error);
  }

  #expire(): void {
    this.#noRetry = true;
    const errorOf = (isRunning: boolean) => this.deadlineError(isRunning, this.#attempt > 1);
    if (!this.#chunk) this.#end("rejected", errorOf(false));
    else expire(this.#scheduler, this, 0, errorOf);
  }

  // Notes that the worker is done with the call. Returns whether the worker's reply decides how the call ends.
  #returnedFrom(workerId: number | undefined): boolean {
    if (this.isOver) return false;
    this.#workerId = workerId;
    this.#chunk = undefined;
    if (this.#stopOutcome) this.#end(this.#stopOutcome.outcome, this.#stopOutcome.error);
    return !this.#stopOutcome;
  }

  #retry(error: unknown): boolean {
    const retry = this.#retryPolicy;
    if (!retry || this.#noRetry || this.#attempt >= retry.maxAttempts) return false;
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
    const args = outcome === "rejected" ? sentItem(this.#args, true, this.shares) as unknown[] : undefined;
    if (outcome === "fulfilled") reuseCopies(this.#args!);
    else this.failure = { outcome, error: value };
    if (args) forgetCopies(this.#args!);
    this.#args = this.#chunk = undefined;
    this.#stopListening?.();
    this.#deadlines?.clear();
    clearTimeout(this.#retryTimer);
    if (outcome === "rejected") this.#site?.addTo(value);
    this.#scheduler.counters.callEnded(outcome);
    settleFuture(this.future, outcome, value, args);
    if (outcome === "rejected") trackFailure(this.future, this.#failures, describeTask(this.task));
    this.#scheduler.admission.leave();
    this.#scheduler.finish(this);
  }
}
