/**
 * `Shutdown`: the states of a scheduler, and what it does to end.
 *
 * ```
 * open --close--> closing --the last job finishes--> closed
 *   \_______________/
 *          |---terminate---> terminated     every job is cancelled, every worker killed
 *          \---break-------> broken         every job is rejected, every worker killed
 * ```
 *
 * In the last three states nothing runs any more, and `ended` resolves when the last worker has ended.
 *
 * @module
 */
import { BrokenPoolError, CancelledError, PoolClosedError } from "../core/errors.ts";
import type { PlacedList } from "../core/placed_list.ts";
import { Promise } from "../core/platform.ts";
import { dropFrames } from "../core/stack.ts";
import type { KeepAlive } from "../core/timer.ts";
import type { Admission } from "./admission.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Failure, Job } from "./job.ts";
import type { StartFailures } from "./start_failures.ts";
import type { WorkerSet } from "./worker_set.ts";

/** Whether a scheduler takes jobs, finishes those it has, or has ended, and how. */
export type SchedulerState = "open" | "closing" | "closed" | "terminated" | "broken";

/** The public parts of a scheduler that have to end. */
export interface ShutdownParts {
  readonly jobs: PlacedList<Job>;
  readonly workerSet: WorkerSet;
  readonly admission: Admission;
  readonly startFailures: StartFailures;
}

/** The end of one scheduler. */
export class Shutdown {
  state: SchedulerState = "open";
  /** Why the pool is broken, or which cancellation has closed it. */
  cause: unknown = undefined;
  readonly #parts: ShutdownParts;
  readonly #dispatcher: Dispatcher;
  readonly #keepAlive: KeepAlive;
  readonly #ended = Promise.withResolvers<void>();

  constructor(parts: ShutdownParts, dispatcher: Dispatcher, keepAlive: KeepAlive) {
    this.#parts = parts;
    this.#dispatcher = dispatcher;
    this.#keepAlive = keepAlive;
  }

  /** Whether calls may still be sent to workers. */
  get isRunning(): boolean {
    return this.state === "open" || this.state === "closing";
  }

  /** Resolves when no worker is left. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Admits no more calls; those that were admitted still run. */
  close(cause?: unknown): void {
    this.state = "closing";
    this.cause = cause;
    this.#parts.admission.close(new PoolClosedError("Cannot wait for room: pool was closed", this.#options));
  }

  /** Cancels the calls that have not started. */
  cancelWaiting(): void {
    for (const job of this.#parts.jobs) {
      job.cancelWaiting(new CancelledError("Task was cancelled: its pool was shut down before it started"));
    }
  }

  /** Every job of a closing scheduler has finished: ends the workers, which are idle. */
  finish(): void {
    this.state = "closed";
    const failed = this.#parts.startFailures.last;
    this.#failWaiters(
      failed
        ? new BrokenPoolError(
          "Cannot start workers: the last one has failed, and the pool was closed before another one could start",
          failed,
        )
        : new PoolClosedError("Cannot start workers: pool was closed", this.#options),
    );
    this.#keepAlive.hold();
    for (const slot of this.#parts.workerSet.slots) slot.close();
    this.checkEnd();
  }

  /** Stops everything at once: every job is cancelled. */
  terminate(): Promise<void> {
    if (this.isRunning) {
      this.#stopAll("terminated", "cancelled", new CancelledError("Task was cancelled: its pool was terminated"));
    } else if (this.state === "closed") { for (const slot of this.#parts.workerSet.slots) slot.kill(); }
    return this.ended;
  }

  /** Stops everything at once: every job is rejected with `error`. */
  break(error: BrokenPoolError): void {
    if (!this.isRunning) return;
    this.cause = error.cause ?? error;
    // An error for each job: its stack gets the line that has submitted the job.
    const own = () => dropFrames(new BrokenPoolError(error.message, { cause: error.cause }));
    this.#stopAll("broken", "rejected", error, own);
  }

  /** Resolves `ended` if no worker is left. */
  checkEnd(): void {
    if (this.#parts.workerSet.slots.size > 0) return;
    this.#ended.resolve();
    this.#keepAlive[Symbol.dispose]();
  }

  // An error has no `cause` at all if there is none.
  get #options(): ErrorOptions | undefined {
    return this.cause === undefined ? undefined : { cause: this.cause };
  }

  #stopAll(state: "terminated" | "broken", outcome: Failure, error: unknown, own: () => unknown = () => error): void {
    const { jobs, workerSet } = this.#parts;
    this.state = state;
    this.#keepAlive.hold();
    // Jobs first: they take back what has not started, so that no worker starts it while it is being killed.
    for (const job of jobs) job.abandon(outcome, own());
    this.#failWaiters(error);
    for (const slot of workerSet.slots) slot.kill({ outcome, error });
    this.checkEnd();
  }

  #failWaiters(error: unknown): void {
    this.#dispatcher.stop();
    this.#parts.workerSet.fail(error);
    this.#parts.admission.close(error);
  }
}
