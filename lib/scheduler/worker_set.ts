/**
 * Which workers there are: how many, when one starts, when one goes.
 *
 * ```
 * spawn -> starting -> alive -> retiring -> leaving -> gone
 *            fewer than `min`       ^ idle for long, one too many, restart, has done its share
 * ```
 *
 * @module
 */
import type { Timer } from "../core/timer.ts";
import type { Launch } from "../transport/transport.ts";
import { Backlog } from "./backlog.ts";
import { Slot } from "./slot.ts";
import type { SlotOwner } from "./slot_owner.ts";
import type { Job } from "./job.ts";

/** Options of a {@linkcode WorkerSet}. */
export interface WorkerSetOptions {
  launch: Launch;
  /** Most workers at a time. */
  workers: number;
  /** Workers that are kept even when they have nothing to do. */
  minWorkers?: number;
  /** Milliseconds after which an idle worker goes. */
  idleTimeout?: number;
}

/** How often, in milliseconds, it is looked whether workers take what they hold. */
const LIVENESS_INTERVAL = 1_000;

/** Keys whose worker is remembered. */
const MAX_KEYS = 10_000;

/** The workers of one pool. */
export class WorkerSet {
  /** All that are not gone. */
  readonly slots: Set<Slot> = new Set<Slot>();
  /** What belongs to one worker, while all are on their way out and no other may be started yet. */
  readonly unassigned: Backlog = new Backlog();
  /** Most workers at a time. */
  limit: number;
  readonly #launch: Launch;
  readonly #min: number;
  readonly #idleTimeout: number | undefined;
  readonly #owner: SlotOwner;
  // The most recently used last.
  readonly #affinityWorkers = new Map<string | number, Slot>();
  readonly #leaving = new Set<{ slots: Set<Slot>; resolve: () => void }>();
  #readiness: PromiseWithResolvers<void> | undefined;
  #lastId = 0;
  #idleTimer: Timer | undefined;
  #livenessTimer: Timer | undefined;

  constructor({ launch, workers, minWorkers = 0, idleTimeout }: WorkerSetOptions, owner: SlotOwner) {
    this.#launch = launch;
    this.limit = workers;
    this.#min = minWorkers;
    this.#idleTimeout = idleTimeout;
    this.#owner = owner;
  }

  /** Whether somebody waits for workers to come or to go. */
  get hasWaiters(): boolean {
    return this.#readiness !== undefined || this.#leaving.size > 0;
  }

  /** Whether one of them holds a call. */
  get busy(): boolean {
    for (const slot of this.slots) if (slot.inFlight > 0) return true;
    return false;
  }

  /** Whether one of them takes calls, or could be started. */
  get canServe(): boolean {
    return this.room > 0 || this.#staying > 0;
  }

  /** How many more may be started. */
  get room(): number {
    return this.limit - this.slots.size;
  }

  /** Starts one. */
  spawn(): Slot {
    const slot = new Slot(++this.#lastId, this.#launch, this.#owner);
    this.slots.add(slot);
    this.#owner.counters.workersStarted++;
    this.#watchLiveness();
    return slot;
  }

  /** Every worker that takes calls; starts those that are missing. */
  startAll(): Slot[] {
    // The place of one that is on its way out is taken early.
    for (let missing = this.limit - this.#staying; missing > 0; missing--) this.spawn();
    return [...this.slots].filter(isStaying);
  }

  /** A shared value is not needed any more. */
  drop(id: number): void {
    for (const slot of this.slots) slot.drop(id);
  }

  /** Starts what must always be there, and all if somebody waits for that. */
  refill(): void {
    const least = this.#readiness ? this.limit : Math.min(this.#min, this.limit);
    while (this.slots.size < least) this.spawn();
  }

  /** Sends away those that are too many, idle ones first. */
  trim(): void {
    if (this.room >= 0) return;
    for (let surplus = this.#staying - this.limit; surplus > 0; surplus--) {
      let least: Slot | undefined;
      for (const slot of this.slots) {
        if (!isStaying(slot)) continue;
        if (!least || slot.inFlight < least.inFlight) least = slot;
      }
      least?.retire();
    }
  }

  /** One is gone. */
  remove(slot: Slot): void {
    this.slots.delete(slot);
    for (const wait of this.#leaving) {
      wait.slots.delete(slot);
      if (wait.slots.size > 0) continue;
      this.#leaving.delete(wait);
      wait.resolve();
    }
  }

  /** The line of the worker that alone may run a work, if it is bound to one. */
  boundBacklog({ affinity, nested, pinned }: Job): Backlog | undefined {
    // A nested work may be waited for by the very worker that its key belongs to.
    if (!pinned && (affinity === undefined || nested)) return undefined;
    const slot = pinned ?? this.#workerForKey(affinity!);
    return slot ? slot.boundBacklog ??= new Backlog() : this.unassigned;
  }

  /** Resolves when as many as there may be take calls. */
  ready(): Promise<void> {
    this.#readiness ??= Promise.withResolvers<void>();
    const { promise } = this.#readiness;
    this.refill();
    this.checkReadiness();
    return promise;
  }

  /** Answers who waits for {@linkcode ready}, if it is time. */
  checkReadiness(): void {
    if (!this.#readiness) return;
    let alive = 0;
    for (const slot of this.slots) if (slot.state === "alive") alive++;
    if (alive < this.limit) return;
    this.#readiness.resolve();
    this.#readiness = undefined;
  }

  /** Nobody can be waited for any more. */
  fail(error: unknown): void {
    clearTimeout(this.#idleTimer);
    clearInterval(this.#livenessTimer);
    this.#readiness?.reject(error);
    this.#readiness = undefined;
  }

  /** Replaces all of them: each finishes what it holds. Resolves when the old ones are gone. */
  restart(): Promise<void> {
    if (this.slots.size === 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#leaving.add({ slots: new Set(this.slots), resolve });
    for (const slot of [...this.slots]) slot.retire();
    return promise;
  }

  /** A worker may have become idle. */
  watchIdle(): void {
    const idleTimeout = this.#idleTimeout;
    if (idleTimeout === undefined || this.#idleTimer !== undefined || this.slots.size <= this.#min) return;
    if (this.#readiness) return; // None goes while all are waited for.
    const now = performance.now();
    let wait = Infinity;
    for (const slot of this.slots) {
      if (slot.state === "alive" && slot.inFlight === 0) wait = Math.min(wait, slot.idleSince + idleTimeout - now);
    }
    if (wait === Infinity) return;
    this.#idleTimer = setTimeout(() => this.#retireIdle(idleTimeout), Math.max(1, Math.ceil(wait)));
    // An idle pool does not keep the script alive.
    this.#idleTimer.unref();
  }

  #watchLiveness(): void {
    if (this.#livenessTimer !== undefined) return;
    this.#livenessTimer = setInterval(() => {
      for (const slot of [...this.slots]) slot.checkLiveness();
    }, LIVENESS_INTERVAL);
    this.#livenessTimer.unref();
  }

  #retireIdle(idleTimeout: number): void {
    this.#idleTimer = undefined;
    const due = performance.now() - idleTimeout;
    let left = this.#staying;
    for (const slot of [...this.slots]) {
      if (left <= this.#min || this.#readiness) break;
      // While the pool is paused, an idle worker may have a line of its own.
      if (slot.state !== "alive" || slot.inFlight > 0 || slot.idleSince > due || (slot.boundBacklog?.size ?? 0) > 0) {
        continue;
      }
      slot.retire();
      left--;
    }
    this.watchIdle();
  }

  // The worker of an affinity key: the one that had it last while it lives, else the one that has least to do.
  #workerForKey(key: string | number): Slot | undefined {
    let slot = this.#affinityWorkers.get(key);
    this.#affinityWorkers.delete(key);
    if (!slot || !isStaying(slot)) slot = this.#leastBusy();
    if (!slot) return undefined;
    this.#affinityWorkers.set(key, slot);
    if (this.#affinityWorkers.size > MAX_KEYS) this.#affinityWorkers.delete(this.#affinityWorkers.keys().next().value!);
    return slot;
  }

  // How many are not on their way out.
  get #staying(): number {
    let staying = 0;
    for (const slot of this.slots) if (isStaying(slot)) staying++;
    return staying;
  }

  #leastBusy(): Slot | undefined {
    let least: Slot | undefined;
    let load = Infinity;
    for (const slot of this.slots) {
      if (!isStaying(slot)) continue;
      const its = slot.inFlight + (slot.boundBacklog?.size ?? 0);
      // All of them may have a map without a known end in their line.
      if (!least || its < load) [least, load] = [slot, its];
    }
    return load > 0 && this.room > 0 ? this.spawn() : least;
  }
}

function isStaying({ state }: Slot): boolean {
  return state === "starting" || state === "alive";
}
