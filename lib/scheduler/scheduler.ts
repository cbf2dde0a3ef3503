/**
 * Gives calls to workers. It knows nothing of how a worker is made or reached: it gets a `Launch`.
 *
 * ```
 * enqueue(work) -> Backlog -> pump -> Slot.send -> Transport
 *                     ^                  |
 *                     +---- put back ----+   (a worker died, or an idle one took over)
 * ```
 *
 * How much a worker is given is decided in dispatcher.ts, how many workers there are in worker_set.ts.
 *
 * @module
 */
import { BrokenPoolError, CancelledError, PoolClosedError } from "../core/errors.ts";
import { KeepAlive } from "../core/timer.ts";
import type { Death } from "../transport/transport.ts";
import { AbandonedWorkers } from "./abandoned_workers.ts";
import { Backlog } from "./backlog.ts";
import { crashError } from "./worker_death.ts";
import { WorkerSet } from "./worker_set.ts";
import { Dispatcher } from "./dispatcher.ts";
import { Admission } from "./admission.ts";
import type { SchedulerOptions } from "./options.ts";
import { revoke } from "./revoke.ts";
import type { Slot } from "./slot.ts";
import type { SlotOwner } from "./slot_owner.ts";
import { Counters, type Observer } from "./counters.ts";
import { TaskTable } from "./task_table.ts";
import type { Chunk, Job } from "./job.ts";

/** Workers that die one after another without having taken a call, after which the pool is given up. */
const MAX_START_FAILURES = 3;

/** Whether it takes work, finishes what it has, or has ended, and how. */
export type SchedulerState = "open" | "closing" | "closed" | "terminated" | "broken";

/** The scheduler of one pool. */
export class Scheduler implements SlotOwner {
  readonly killGrace: number;
  readonly hookTimeout: number | undefined;
  readonly maxTasks: number;
  /** The tasks that this pool has met. */
  readonly tasks: TaskTable = new TaskTable();
  readonly counters: Counters = new Counters();
  readonly workerSet: WorkerSet;
  /** Its workers that could not be stopped. */
  readonly abandoned: AbandonedWorkers;
  /** Where calls come in when there is a limit to how many may wait. */
  readonly admission: Admission;
  observer: Observer | undefined;
  state: SchedulerState = "open";
  /** Why the pool is broken. */
  cause: unknown = undefined;
  readonly #backlog = new Backlog();
  readonly #dispatch: Dispatcher;
  readonly #onFailure: ((error: unknown) => void) | undefined;
  readonly #jobs = new Set<Job>();
  readonly #keepAlive: KeepAlive;
  readonly #ended = Promise.withResolvers<void>();
  #pumping = false;
  #paused = false;
  #startFailures = 0;

  constructor(options: SchedulerOptions) {
    const { killGrace, hookTimeout, maxTasks = Infinity, concurrency = 1, maxQueue = Infinity, rate } = options;
    this.killGrace = killGrace;
    this.#keepAlive = new KeepAlive(options.daemon);
    this.hookTimeout = hookTimeout;
    this.maxTasks = maxTasks;
    this.#onFailure = options.onFailure;
    this.workerSet = new WorkerSet(options, this);
    this.abandoned = new AbandonedWorkers(options.workers);
    this.admission = new Admission(() => maxQueue + this.workerSet.limit * concurrency);
    this.#dispatch = new Dispatcher(this.#backlog, this.workerSet, concurrency, rate, () => this.#schedulePump());
    this.workerSet.refill();
  }

  /** Resolves when the scheduler has ended: nothing runs, no worker is left. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Works that have not ended. */
  get jobs(): ReadonlySet<Job> {
    return this.#jobs;
  }

  /** Whether calls are held back. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Counts a work as unfinished, so that the pool does not end before it. */
  admit(work: Job): void {
    this.#jobs.add(work);
    if (work.nested) this.workerSet.limit++;
    this.#keepAlive.hold();
  }

  /** A work has come to its end. */
  finish(work: Job): void {
    if (!this.#jobs.delete(work)) return;
    if (work.nested) {
      this.workerSet.limit--;
      this.#schedulePump();
    }
    if (this.#jobs.size > 0) return;
    this.observer?.drained();
    if (this.state === "closing") this.#end();
    this.#releaseKeepAlive();
  }

  /** Puts an admitted work into its waiting line. */
  enqueue(work: Job): void {
    if (work.pinned?.death) return work.abandon("rejected", crashError(work.pinned.id, work.pinned.death));
    (this.workerSet.boundBacklog(work) ?? this.#backlog).push(work);
    this.#schedulePump();
  }

  /** Starts every worker; resolves when all take calls. */
  ready(): Promise<void> {
    this.#keepAlive.hold();
    return this.workerSet.ready().finally(() => this.#releaseKeepAlive());
  }

  /** Replaces every worker once it has done what it holds; resolves when the old ones are gone. */
  restart(): Promise<void> {
    this.#keepAlive.hold();
    return this.workerSet.restart().finally(() => this.#releaseKeepAlive());
  }

  /** Changes how many workers there may be, by so many. */
  resize(by: number): void {
    this.workerSet.limit += by;
    this.admission.admitWaiters();
    this.#schedulePump();
  }

  /** Holds back what has not started. */
  pause(): void {
    this.#paused = true;
    for (const slot of this.workerSet.slots) slot.reclaim(slot.inFlight, true);
    this.#releaseKeepAlive();
  }

  /** Goes on. */
  resume(): void {
    this.#paused = false;
    if (this.#jobs.size > 0) this.#keepAlive.hold();
    this.#schedulePump();
  }

  /** Takes no more work and ends when all of it is done. What was paused goes on, or it would never end. */
  close(): void {
    if (this.state !== "open") return;
    this.state = "closing";
    this.admission.close(new PoolClosedError("Cannot wait for room: pool was closed"));
    this.resume();
    if (this.#jobs.size === 0) this.#end();
  }

  /** Cancels what has not started. */
  cancelWaiting(): void {
    for (const work of [...this.#jobs]) {
      work.cancelWaiting(new CancelledError("Task was cancelled: its pool was shut down before it started"));
    }
  }

  /** Stops everything at once: what is unfinished is cancelled. */
  terminate(): Promise<void> {
    if (this.state === "open" || this.state === "closing") {
      this.#stopAll("terminated", "cancelled", new CancelledError("Task was cancelled: its pool was terminated"));
    } else if (this.state === "closed") { for (const slot of this.workerSet.slots) slot.kill(); }
    return this.ended;
  }

  /** Gives the pool up. */
  break(error: BrokenPoolError): void {
    if (this.state !== "open" && this.state !== "closing") return;
    this.cause = error.cause ?? error;
    this.#stopAll("broken", "rejected", error);
  }

  /** Nothing of this work shall run any more: calls that wait are dropped, running ones told, or stopped. */
  revoke(work: Job, reason: unknown, force: boolean): void {
    for (const line of [this.#backlog, this.workerSet.unassigned]) line.remove(work).forEach((chunk) => chunk.drop());
    for (const slot of this.workerSet.slots) {
      slot.boundBacklog?.remove(work).forEach((chunk) => chunk.drop());
      revoke(slot, work, reason, force);
    }
  }

  /** {@inheritDoc SlotOwner.moved} */
  slotChanged(slot: Slot): void {
    if (slot.ended > 0) this.#startFailures = 0;
    this.#schedulePump();
  }

  /** {@inheritDoc SlotOwner.putBack} */
  putBack(chunk: Chunk): void {
    const { job: work } = chunk;
    // Where nothing runs any more, it would wait for ever.
    if (work.isOver || (this.state !== "open" && this.state !== "closing")) return chunk.drop();
    if (work.pinned?.death) return work.abandon("rejected", crashError(work.pinned.id, work.pinned.death));
    (this.workerSet.boundBacklog(work) ?? this.#backlog).putBack(chunk);
    this.#schedulePump();
  }

  /** {@inheritDoc SlotOwner.rehome} */
  redistribute(slot: Slot): void {
    const left = slot.boundBacklog?.drain();
    // What only it may run goes back into its line, or fails if it is dead; the rest finds another worker.
    if (left) this.#requeue(left);
  }

  /** {@inheritDoc SlotOwner.died} */
  workerDied(slot: Slot, death: Death): void {
    this.workerSet.remove(slot);
    this.counters.workerDied(death);
    if (death.reason === "finalizer") this.#onFailure?.(death.cause);
    this.observer?.workerEnded(slot.id, death);
    this.redistribute(slot);
    const tooMany = death.abandoned ? this.abandoned.add(slot.lostTask) : undefined;
    if (this.state !== "open" && this.state !== "closing") return this.#checkEnd();
    if (tooMany) return this.break(tooMany);
    const told = death.reason === "terminated" || death.reason === "finalizer";
    if (told || slot.ended > 0) this.#startFailures = 0;
    else if (++this.#startFailures >= MAX_START_FAILURES) {
      const why = death.reason === "initializer"
        ? `its initializer failed ${MAX_START_FAILURES} times in a row`
        : `${MAX_START_FAILURES} workers in a row died before they took a task`;
      return this.break(
        new BrokenPoolError(`Pool is broken: ${why}`, { cause: death.cause ?? crashError(slot.id, death) }),
      );
    }
    this.#releaseKeepAlive();
    this.#schedulePump();
  }

  #requeue({ returned, works }: ReturnType<Backlog["drain"]>): void {
    for (const work of works) this.enqueue(work);
    for (const chunk of returned.reverse()) this.putBack(chunk);
  }

  #schedulePump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    queueMicrotask(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.state !== "open" && this.state !== "closing") return;
    this.workerSet.trim();
    this.workerSet.refill();
    this.workerSet.checkReadiness();
    if (this.workerSet.unassigned.size > 0 && this.workerSet.canServe) this.#requeue(this.workerSet.unassigned.drain());
    if (this.#paused) this.#releaseKeepAlive();
    else this.#dispatch.run();
    this.workerSet.watchIdle();
  }

  #stopAll(state: "terminated" | "broken", outcome: "cancelled" | "rejected", error: unknown): void {
    this.state = state;
    this.#keepAlive.hold();
    for (const work of [...this.#jobs]) work.abandon(outcome, error);
    this.#failWaiters(error);
    for (const slot of this.workerSet.slots) slot.kill({ outcome, error });
    this.#checkEnd();
  }

  #end(): void {
    this.state = "closed";
    this.#failWaiters(new PoolClosedError("Cannot start workers: pool was closed"));
    this.#keepAlive.hold();
    for (const slot of this.workerSet.slots) slot.close();
    this.#checkEnd();
  }

  #failWaiters(error: unknown): void {
    this.#dispatch.stop();
    this.workerSet.fail(error);
    this.admission.close(error);
  }

  #checkEnd(): void {
    if (this.workerSet.slots.size > 0) return;
    this.#ended.resolve();
    this.#keepAlive[Symbol.dispose]();
  }

  #releaseKeepAlive(): void {
    const ending = this.state !== "open" && this.state !== "closing" && this.workerSet.slots.size > 0;
    if (ending || this.workerSet.hasWaiters) return;
    // A paused pool in which nothing runs waits for its script, not the other way round.
    if (this.#jobs.size === 0 || (this.#paused && !this.workerSet.busy)) this.#keepAlive.release();
  }
}
