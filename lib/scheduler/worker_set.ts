/**
 * The workers of one pool: how many there are, when one starts, and when one goes.
 *
 * ```
 * spawn -> starting -> alive -> retiring -> leaving -> removed
 *            ^ fewer than `min`    ^ idle for long, one too many, restart, has run `maxTasks` calls
 * ```
 *
 * A worker is _staying_ while it starts or is alive; the others are about to end, and still count against the limit
 * until they have ended.
 *
 * @module
 */
import { Promise } from "../core/platform.ts";
import { clearInterval, setInterval, type Timer } from "../core/timer.ts";
import type { Launch } from "../transport/transport.ts";
import { AffinityWorkers } from "./affinity_workers.ts";
import { Backlog } from "./backlog.ts";
import { IdleTimer, isIdleSince } from "./idle_timer.ts";
import { revoke, type RunningCalls } from "./revoke.ts";
import { Slot } from "./slot.ts";
import { cannotStart, StartBackoff } from "./start_failures.ts";
import type { OwnedSlot, SlotOwner } from "./slot_owner.ts";
import type { Job, PinnedWorker } from "./job.ts";
import { WorkerWaiters } from "./worker_waiters.ts";

/** Options of a {@linkcode WorkerSet}. */
export interface WorkerSetOptions {
  launch: Launch;
  /** Maximum number of workers at a time. */
  workers: number;
  /** Number of workers that are kept even when they have nothing to do. */
  minWorkers?: number;
  /** Milliseconds after which an idle worker retires. */
  idleTimeout?: number;
}

/** Milliseconds between two checks whether the workers start the calls that they were sent. */
const LIVENESS_INTERVAL = 1_000;

/** The workers of one pool. */
export class WorkerSet {
  /** Every worker that has not ended. */
  readonly slots: Set<Slot> = new Set<Slot>();
  /** Calls with an affinity key while no worker can have the key: all are about to end, and none may start yet. */
  readonly unassigned: Backlog = new Backlog();
  /** Maximum number of workers at a time. */
  limit: number;
  readonly #launch: Launch;
  readonly #min: number;
  readonly #idleTimer: IdleTimer;
  readonly #owner: SlotOwner;
  readonly #affinityWorkers = new AffinityWorkers();
  readonly #waiters = new WorkerWaiters();
  readonly #startBackoff: StartBackoff;
  // Whether the scheduler has ended: then no path may start a worker.
  #isClosed = false;
  #lastId = 0;
  #livenessTimer: Timer | undefined;

  constructor({ launch, workers, minWorkers = 0, idleTimeout }: WorkerSetOptions, owner: SlotOwner) {
    this.#launch = launch;
    this.limit = workers;
    this.#min = minWorkers;
    this.#idleTimer = new IdleTimer(idleTimeout, (since) => this.#retireIdle(since));
    this.#owner = owner;
    this.#startBackoff = new StartBackoff(() => owner.capacityChanged());
  }

  /** Whether a call of `ready` or `restart` has not settled. */
  get hasWaiters(): boolean {
    return this.#waiters.any;
  }

  /** Whether a worker has a call in flight. */
  get busy(): boolean {
    for (const slot of this.slots) if (slot.inFlight > 0) return true;
    return false;
  }

  /** Whether a worker takes calls, or could be started. */
  get canServe(): boolean {
    return this.room > 0 || this.#staying > 0;
  }

  /** How many more workers may be started now; negative if there are too many. */
  get room(): number {
    const room = this.limit - this.slots.size;
    return this.#isClosed || this.#startBackoff.isWaiting ? Math.min(0, room) : room;
  }

  /**
   * Starts a worker. Returns `undefined` if the scheduler has ended, if the runtime refuses to start one (no further
   * thread or file descriptor), or while the set waits after such a refusal. Every start goes through here.
   */
  spawn(): Slot | undefined {
    if (this.#isClosed || this.#startBackoff.isWaiting) return undefined;
    let slot: Slot;
    try {
      slot = new Slot(++this.#lastId, this.#launch, this.#owner);
    } catch (error) {
      const isTooOften = this.#startBackoff.failed();
      const others = this.#staying;
      // The pool goes on with the others. Without them it breaks, with another error.
      if (isTooOften && others > 0) this.#waiters.fail(cannotStart(others, this.limit, error));
      this.#owner.startFailed(error, others > 0);
      return undefined;
    }
    this.#startBackoff.reset();
    this.slots.add(slot);
    this.#owner.counters.workersStarted++;
    this.#watchLiveness();
    return slot;
  }

  /** Starts the workers that are missing, and returns all that stay. */
  startAll(): Slot[] {
    // A worker that is about to end is replaced before it has ended.
    for (let missing = this.limit - this.#staying; missing > 0 && this.spawn(); missing--);
    return [...this.slots].filter((slot) => slot.isStaying);
  }

  /** Takes back every call of a job that has not started. */
  revoke(job: Job, reason: unknown, running: RunningCalls): void {
    this.unassigned.remove(job).forEach((chunk) => chunk.drop());
    for (const slot of this.slots) {
      slot.boundBacklog?.remove(job).forEach((chunk) => chunk.drop());
      revoke(slot.calls, job, reason, running);
    }
  }

  /** Tells every worker that a shared value is not needed any more. */
  drop(id: number): void {
    for (const slot of this.slots) slot.drop(id);
  }

  /** Starts as many workers as there must always be, or as many as there may be if `ready` waits for them. */
  refill(): void {
    const min = this.#waiters.needAll ? this.limit : Math.min(this.#min, this.limit);
    while (this.slots.size < min && this.spawn());
  }

  /** Retires the workers beyond the limit, those with the fewest calls in flight first. */
  trim(): void {
    if (this.room >= 0) return;
    for (let surplus = this.#staying - this.limit; surplus > 0; surplus--) {
      let leastBusy: Slot | undefined;
      for (const slot of this.slots) {
        if (!slot.isStaying) continue;
        if (!leastBusy || slot.inFlight < leastBusy.inFlight) leastBusy = slot;
      }
      leastBusy?.retire();
    }
  }

  /** Removes a worker that has ended. */
  remove(ended: OwnedSlot): void {
    const slot = this.#find(ended);
    if (!slot) return;
    this.slots.delete(slot);
    this.#waiters.ended(slot);
  }

  /** The bound backlog of the worker that must run a job; `undefined` if any worker may. */
  boundBacklog({ affinity, nested, pin }: Job): Backlog | undefined {
    // A nested job ignores its key: the worker of the key may be running the call that waits for the job.
    if (!pin && (affinity === undefined || nested)) return undefined;
    const slot = pin ? this.#find(pin.worker) : this.#affinityWorkers.find(affinity!, () => this.#leastBusy());
    return slot ? slot.boundBacklog ??= new Backlog(this.#owner.priorityAging) : this.unassigned;
  }

  /** Resolves when `limit` workers take calls. */
  ready(): Promise<void> {
    const ready = this.#waiters.untilReady();
    this.refill();
    this.checkReadiness();
    return ready;
  }

  /** Resolves what {@linkcode ready} returned, if enough workers take calls now. */
  checkReadiness(): void {
    this.#waiters.checkReadiness(this.slots, this.limit);
  }

  /** Rejects what {@linkcode ready} returned, and stops watching the workers. From now on, no worker starts. */
  fail(error: unknown): void {
    this.#isClosed = true;
    this.#idleTimer.stop();
    this.#startBackoff.stop();
    clearInterval(this.#livenessTimer);
    this.#waiters.fail(error);
  }

  /** Retires every worker. Resolves when all of them have ended. */
  restart(): Promise<void> {
    if (this.slots.size === 0) return Promise.resolve();
    const ended = this.#waiters.untilEnded(this.slots);
    for (const slot of [...this.slots]) slot.retire();
    return ended;
  }

  /** Watches idle workers, which retire when they have been idle for `idleTimeout`. */
  watchIdle(): void {
    // While `ready` waits for all workers, none retires.
    if (this.slots.size > this.#min && !this.#waiters.needAll) this.#idleTimer.watch(this.slots);
  }

  #watchLiveness(): void {
    if (this.#livenessTimer !== undefined) return;
    this.#livenessTimer = setInterval(() => {
      for (const slot of [...this.slots]) slot.checkLiveness();
    }, LIVENESS_INTERVAL);
    this.#livenessTimer.unref();
  }

  #retireIdle(since: number): void {
    let left = this.#staying;
    for (const slot of [...this.slots]) {
      if (left <= this.#min || this.#waiters.needAll) break;
      if (!isIdleSince(slot, since)) continue;
      slot.retire();
      left--;
    }
    this.watchIdle();
  }

  #find({ id }: PinnedWorker | OwnedSlot): Slot | undefined {
    for (const slot of this.slots) if (slot.id === id) return slot;
    return undefined;
  }

  // How many workers are staying.
  get #staying(): number {
    let staying = 0;
    for (const slot of this.slots) if (slot.isStaying) staying++;
    return staying;
  }

  #leastBusy(): Slot | undefined {
    let leastBusy: Slot | undefined;
    let minLoad = Infinity;
    for (const slot of this.slots) {
      if (!slot.isStaying) continue;
      const load = slot.inFlight + (slot.boundBacklog?.size ?? 0);
      // The load of every worker may be infinite: a map whose input has no known end may wait at each.
      if (!leastBusy || load < minLoad) [leastBusy, minLoad] = [slot, load];
    }
    return minLoad > 0 && this.room > 0 ? this.spawn() ?? leastBusy : leastBusy;
  }
}
