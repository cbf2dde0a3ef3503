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
import type { Work } from "./work.ts";

/** Options of a {@linkcode Crew}. */
export interface CrewOptions {
  launch: Launch;
  /** Most workers at a time. */
  workers: number;
  /** Workers that are kept even when they have nothing to do. */
  minWorkers?: number;
  /** Milliseconds after which an idle worker goes. */
  idleTimeout?: number;
}

/** How often, in milliseconds, it is looked whether workers take what they hold. */
const WATCH = 1_000;

/** Keys whose worker is remembered. */
const KEYS = 10_000;

/** The workers of one pool. */
export class Crew {
  /** All that are not gone. */
  readonly slots: Set<Slot> = new Set<Slot>();
  /** What belongs to one worker, while all are on their way out and no other may be started yet. */
  readonly homeless: Backlog = new Backlog();
  /** Most workers at a time. */
  limit: number;
  readonly #launch: Launch;
  readonly #min: number;
  readonly #idleTimeout: number | undefined;
  readonly #owner: SlotOwner;
  // The most recently used last.
  readonly #homes = new Map<string | number, Slot>();
  readonly #leaving = new Set<{ slots: Set<Slot>; resolve: () => void }>();
  #readiness: PromiseWithResolvers<void> | undefined;
  #lastId = 0;
  #sweep: Timer | undefined;
  #watch: Timer | undefined;

  constructor({ launch, workers, minWorkers = 0, idleTimeout }: CrewOptions, owner: SlotOwner) {
    this.#launch = launch;
    this.limit = workers;
    this.#min = minWorkers;
    this.#idleTimeout = idleTimeout;
    this.#owner = owner;
  }

  /** Whether somebody waits for workers to come or to go. */
  get awaited(): boolean {
    return this.#readiness !== undefined || this.#leaving.size > 0;
  }

  /** Whether one of them holds a call. */
  get busy(): boolean {
    for (const slot of this.slots) if (slot.held > 0) return true;
    return false;
  }

  /** Whether one of them takes calls, or could be started. */
  get open(): boolean {
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
    this.#owner.tally.workersStarted++;
    this.#watchPulse();
    return slot;
  }

  /** Every worker that takes calls; starts those that are missing. */
  all(): Slot[] {
    // The place of one that is on its way out is taken early.
    for (let missing = this.limit - this.#staying; missing > 0; missing--) this.spawn();
    return [...this.slots].filter(stays);
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
        if (!stays(slot)) continue;
        if (!least || slot.held < least.held) least = slot;
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
  lineOf({ affinity, nested, pinned }: Work): Backlog | undefined {
    // A nested work may be waited for by the very worker that its key belongs to.
    if (!pinned && (affinity === undefined || nested)) return undefined;
    const slot = pinned ?? this.#home(affinity!);
    return slot ? slot.line ??= new Backlog() : this.homeless;
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
  giveUp(error: unknown): void {
    clearTimeout(this.#sweep);
    clearInterval(this.#watch);
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
    if (idleTimeout === undefined || this.#sweep !== undefined || this.slots.size <= this.#min) return;
    if (this.#readiness) return; // None goes while all are waited for.
    const now = performance.now();
    let wait = Infinity;
    for (const slot of this.slots) {
      if (slot.state === "alive" && slot.held === 0) wait = Math.min(wait, slot.idleSince + idleTimeout - now);
    }
    if (wait === Infinity) return;
    this.#sweep = setTimeout(() => this.#sendIdleAway(idleTimeout), Math.max(1, Math.ceil(wait)));
    // An idle pool does not keep the script alive.
    this.#sweep.unref();
  }

  #watchPulse(): void {
    if (this.#watch !== undefined) return;
    this.#watch = setInterval(() => {
      for (const slot of [...this.slots]) slot.checkPulse();
    }, WATCH);
    this.#watch.unref();
  }

  #sendIdleAway(idleTimeout: number): void {
    this.#sweep = undefined;
    const due = performance.now() - idleTimeout;
    let left = this.#staying;
    for (const slot of [...this.slots]) {
      if (left <= this.#min || this.#readiness) break;
      // While the pool is paused, an idle worker may have a line of its own.
      if (slot.state !== "alive" || slot.held > 0 || slot.idleSince > due || (slot.line?.size ?? 0) > 0) continue;
      slot.retire();
      left--;
    }
    this.watchIdle();
  }

  // The worker of an affinity key: the one that had it last while it lives, else the one that has least to do.
  #home(key: string | number): Slot | undefined {
    let slot = this.#homes.get(key);
    this.#homes.delete(key);
    if (!slot || !stays(slot)) slot = this.#leastBusy();
    if (!slot) return undefined;
    this.#homes.set(key, slot);
    if (this.#homes.size > KEYS) this.#homes.delete(this.#homes.keys().next().value!);
    return slot;
  }

  // How many are not on their way out.
  get #staying(): number {
    let staying = 0;
    for (const slot of this.slots) if (stays(slot)) staying++;
    return staying;
  }

  #leastBusy(): Slot | undefined {
    let least: Slot | undefined;
    let load = Infinity;
    for (const slot of this.slots) {
      if (!stays(slot)) continue;
      const its = slot.held + (slot.line?.size ?? 0);
      // All of them may have a map without a known end in their line.
      if (!least || its < load) [least, load] = [slot, its];
    }
    return load > 0 && this.room > 0 ? this.spawn() : least;
  }
}

function stays({ state }: Slot): boolean {
  return state === "starting" || state === "alive";
}
