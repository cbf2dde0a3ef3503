/**
 * `Scheduler`: gives the calls of jobs to workers, which it makes and reaches through the pool's `Launch` only.
 *
 * ```
 * enqueue(job) -> Backlog -> pump -> Slot.send -> Transport
 *                    ^                  |
 *                    +---- put back ----+   (a worker died, or an idle worker takes over)
 * ```
 *
 * README.md, beside this file, has the files, the states and the invariants.
 *
 * @module
 */
import { PlacedList } from "../core/placed_list.ts";
import { KeepAlive, queueMicrotask } from "../core/timer.ts";
import type { Death } from "../transport/transport.ts";
import { AbandonedWorkers } from "./abandoned_workers.ts";
import { Admission } from "./admission.ts";
import { Backlog } from "./backlog.ts";
import { Counters } from "./counters.ts";
import { Dispatcher } from "./dispatcher.ts";
import type { Chunk, Job } from "./job.ts";
import type { Observers } from "./observers.ts";
import type { SchedulerOptions } from "./options.ts";
import { keepPinned } from "./pins.ts";
import type { RunningCalls } from "./revoke.ts";
import { type SchedulerState, Shutdown } from "./shutdown.ts";
import type { OwnedSlot, SlotOwner } from "./slot_owner.ts";
import { StartFailures } from "./start_failures.ts";
import { TaskTable } from "./task_table.ts";
import { WorkerSet } from "./worker_set.ts";

/** The scheduler of one pool. */
export class Scheduler implements SlotOwner {
  readonly killGrace: number;
  readonly hookTimeout: number | undefined;
  readonly maxTasks: number;
  readonly priorityAging: number;
  /** The tasks that this pool has met. */
  readonly tasks: TaskTable = new TaskTable();
  readonly counters: Counters = new Counters();
  readonly workerSet: WorkerSet;
  /** The workers that could not be stopped. */
  readonly abandoned: AbandonedWorkers;
  /** Where single calls come in when there is a limit to how many may wait. */
  readonly admission: Admission;
  readonly startFailures: StartFailures = new StartFailures();
  observer: Observers | undefined;
  /** Whether calls are held back; `pause` and `resume` set it. */
  paused = false;
  /** Jobs that were admitted and have not finished. */
  readonly jobs: PlacedList<Job> = new PlacedList<Job>();
  /** The calls that wait for any worker. */
  readonly backlog: Backlog;
  readonly #dispatcher: Dispatcher;
  readonly #shutdown: Shutdown;
  readonly #onFailure: ((error: unknown) => void) | undefined;
  readonly #keepAlive: KeepAlive;
  #isPumpScheduled = false;

  constructor(options: SchedulerOptions) {
    const { maxTasks = Infinity, concurrency = 1, maxQueue = Infinity, rate } = options;
    this.killGrace = options.killGrace;
    this.#keepAlive = new KeepAlive(options.daemon);
    this.hookTimeout = options.hookTimeout;
    this.maxTasks = maxTasks;
    this.#onFailure = options.onFailure;
    this.backlog = new Backlog(this.priorityAging = options.priorityAging ?? Infinity);
    this.workerSet = new WorkerSet(options, this);
    this.abandoned = new AbandonedWorkers(options.workers, options.maxAbandoned);
    this.admission = new Admission(() => maxQueue + this.workerSet.limit * concurrency);
    this.#dispatcher = new Dispatcher(this.backlog, this.workerSet, concurrency, rate, () => this.#schedulePump());
    this.#shutdown = new Shutdown(this, this.#dispatcher, this.#keepAlive);
    options.verified?.catch((error) => this.#shutdown.break(error));
    this.workerSet.refill();
  }

  /** {@inheritDoc Shutdown.state} */
  get state(): SchedulerState {
    return this.#shutdown.state;
  }

  /** Why the pool is broken. */
  get cause(): unknown {
    return this.#shutdown.cause;
  }

  /** Resolves when the scheduler has ended: nothing runs, no worker is left. */
  get ended(): Promise<void> {
    return this.#shutdown.ended;
  }

  /** Counts a job as unfinished, so that the pool does not end before it. */
  admit(job: Job): void {
    this.jobs.add(job);
    if (job.nested) this.workerSet.limit++;
    this.#keepAlive.hold();
    this.observer?.jobSubmitted(job);
  }

  /** Counts a job as finished. */
  finish(job: Job): void {
    if (!this.jobs.remove(job)) return;
    this.observer?.jobFinished(job);
    if (job.nested) {
      this.workerSet.limit--;
      this.#schedulePump();
    }
    if (this.jobs.size > 0) return;
    this.observer?.drained();
    if (this.state === "closing") this.#shutdown.finish();
    this.#releaseKeepAlive();
  }

  /** Puts an admitted job into its backlog. */
  enqueue(job: Job): void {
    if (job.isOver) return;
    if (!keepPinned(job, this.workerSet)) return;
    (this.workerSet.boundBacklog(job) ?? this.backlog).push(job);
    this.#schedulePump();
    if (this.#dispatcher.entered(job) && !this.paused && this.#shutdown.isRunning) this.#dispatcher.run();
  }

  /** Starts every worker; resolves when all take calls. */
  ready(): Promise<void> {
    this.#keepAlive.hold();
    return this.workerSet.ready().finally(() => this.#releaseKeepAlive());
  }

  /** Replaces every worker once its calls have ended; resolves when the old workers have ended. */
  restart(): Promise<void> {
    this.#keepAlive.hold();
    return this.workerSet.restart().finally(() => this.#releaseKeepAlive());
  }

  /** Adds `by` to the number of workers there may be. */
  resize(by: number): void {
    this.workerSet.limit += by;
    this.admission.admitWaiters();
    this.#schedulePump();
  }

  /** Holds back every call that has not started. */
  pause(): void {
    this.paused = true;
    for (const slot of this.workerSet.slots) slot.calls.reclaim(slot.inFlight, true);
    this.#releaseKeepAlive();
  }

  /** Sends calls again. */
  resume(): void {
    this.paused = false;
    if (this.jobs.size > 0) this.#keepAlive.hold();
    this.#schedulePump();
  }

  /** Takes no more jobs, and ends when those it has are finished. Resumes what is paused: else it would never end. */
  close(cause?: unknown): void {
    if (this.state !== "open") return;
    this.#shutdown.close(cause);
    this.resume();
    if (this.jobs.size === 0) this.#shutdown.finish();
  }

  /** Cancels the calls that have not started. */
  cancelWaiting(): void {
    this.#shutdown.cancelWaiting();
  }

  /** Cancels every job and stops every worker at once. Resolves when the workers have ended. */
  terminate(): Promise<void> {
    return this.#shutdown.terminate();
  }

  /** Ends a job early: drops its calls that wait. */
  revoke(job: Job, reason: unknown, running: RunningCalls): void {
    this.backlog.remove(job).forEach((chunk) => chunk.drop());
    this.workerSet.revoke(job, reason, running);
  }

  /** {@inheritDoc SlotOwner.capacityChanged} */
  capacityChanged(slot?: OwnedSlot): void {
    if (slot && slot.ended > 0) this.startFailures.reset();
    this.#schedulePump();
  }

  /** {@inheritDoc SlotOwner.putBack} */
  putBack(chunk: Chunk): void {
    const { job } = chunk;
    // Once nothing runs any more, the chunk would wait for ever.
    if (job.isOver || !this.#shutdown.isRunning) return chunk.drop();
    if (!keepPinned(job, this.workerSet)) return;
    (this.workerSet.boundBacklog(job) ?? this.backlog).putBack(chunk);
    this.#schedulePump();
  }

  /** {@inheritDoc SlotOwner.redistribute} */
  redistribute({ boundBacklog }: OwnedSlot): void {
    // What is pinned to the worker goes back into its bound backlog, or to its successor if it is dead.
    if (boundBacklog) boundBacklog.moveTo(this);
  }

  /** {@inheritDoc SlotOwner.startFailed} */
  startFailed(cause: unknown, othersLive: boolean): void {
    const error = this.startFailures.refused(cause, othersLive);
    // Not at once: the caller is in the middle of placing jobs.
    if (error) queueMicrotask(() => this.#shutdown.break(error));
  }

  /** {@inheritDoc SlotOwner.workerDied} */
  workerDied(slot: OwnedSlot, death: Death): void {
    this.workerSet.remove(slot);
    this.counters.workerDied(death);
    if (death.reason === "finalizer") this.#onFailure?.(death.cause);
    this.observer?.workerEnded(slot.id, death);
    this.redistribute(slot);
    const { isRunning } = this.#shutdown;
    const tooMany = death.abandoned ? this.abandoned.add(slot.lostTask, !isRunning) : undefined;
    if (!isRunning) return this.#shutdown.checkEnd();
    const error = tooMany ?? this.startFailures.add(slot, death);
    if (error) return this.#shutdown.break(error);
    this.#releaseKeepAlive();
    this.#schedulePump();
  }

  #schedulePump(): void {
    if (this.#isPumpScheduled) return;
    this.#isPumpScheduled = true;
    queueMicrotask(this.#pump);
  }

  // A function of its own, and not a method: each pump would make a closure.
  readonly #pump = (): void => {
    this.#isPumpScheduled = false;
    if (!this.#shutdown.isRunning) return;
    this.workerSet.trim();
    this.workerSet.refill();
    this.workerSet.checkReadiness();
    if (this.workerSet.unassigned.size > 0 && this.workerSet.canServe) this.workerSet.unassigned.moveTo(this);
    if (this.paused) this.#releaseKeepAlive();
    else this.#dispatcher.run();
    this.workerSet.watchIdle();
  };

  #releaseKeepAlive(): void {
    if (this.workerSet.hasWaiters || (!this.#shutdown.isRunning && this.workerSet.slots.size > 0)) return;
    // The script waits for a paused pool only while a worker still has a call: otherwise the pool waits for the script.
    if (this.jobs.size === 0 || (this.paused && !this.workerSet.busy)) this.#keepAlive.release();
  }
}
