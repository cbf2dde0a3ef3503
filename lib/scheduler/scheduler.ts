/**
 * Gives calls to workers. It knows nothing of how a worker is made or reached: it gets a `Launch`.
 *
 * ```
 * enqueue(work) -> Backlog -> pump -> Slot.send -> Transport
 *                     ^                  |
 *                     +---- put back ----+   (a worker died, or an idle one took over)
 * ```
 *
 * @module
 */
import { BrokenPoolError, CancelledError, PoolClosedError } from "../core/errors.ts";
import { KeepAlive, type Timer } from "../core/timer.ts";
import type { Death, Launch } from "../transport/transport.ts";
import { Abandoned } from "./abandoned.ts";
import { Backlog } from "./backlog.ts";
import { type Chunk, CLOSED, drop, type TaskEntry, type Work } from "./work.ts";
import { crash } from "./crash.ts";
import { SILENT, Slot, type SlotOwner } from "./slot.ts";
import { TaskTable } from "./task_table.ts";

/** Options of a {@linkcode Scheduler}. */
export interface SchedulerOptions {
  launch: Launch;
  /** Most workers at a time. */
  workers: number;
  /** Milliseconds between a task's signal and force. */
  killGrace: number;
}

/** Work, in milliseconds, that a worker is given at a time: long enough to hide the way to it, short enough to be fair. */
const AHEAD = 2;
/** A call that takes longer than this, in milliseconds, hides no way: the next one is sent when it is done. */
const LONG = 20;
/** Workers that die one after another without having taken a call, after which the pool is given up. */
const STILLBORN = 3;

/** Whether a scheduler takes work, finishes what it has, or has ended, and how. */
export type SchedulerState = "open" | "closing" | "closed" | "terminated" | "broken";

/** The scheduler of one pool. */
export class Scheduler implements SlotOwner {
  readonly killGrace: number;
  /** The tasks that this pool has met. */
  readonly tasks = new TaskTable();
  /** Its workers that could not be stopped. */
  readonly abandoned: Abandoned;
  state: SchedulerState = "open";
  /** Why the pool is broken. */
  cause: unknown = undefined;
  readonly #launch: Launch;
  readonly #workers: number;
  readonly #backlog = new Backlog();
  readonly #slots = new Set<Slot>();
  readonly #works = new Set<Work>();
  readonly #keepAlive = new KeepAlive();
  readonly #ended = Promise.withResolvers<void>();
  #readiness: PromiseWithResolvers<void> | undefined;
  #lastId = 0;
  #pumping = false;
  #later: Timer | undefined;
  #stillborn = 0;

  constructor(options: SchedulerOptions) {
    this.#launch = options.launch;
    this.#workers = options.workers;
    this.abandoned = new Abandoned(options.workers);
    this.killGrace = options.killGrace;
  }

  /** Resolves when the scheduler has ended: nothing runs, no worker is left. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Works that have not ended. */
  get unfinished(): number {
    return this.#works.size;
  }

  /** The living workers. */
  get slots(): ReadonlySet<Slot> {
    return this.#slots;
  }

  /** Counts a work as unfinished, so that the pool does not end before it. */
  admit(work: Work): void {
    this.#works.add(work);
    this.#keepAlive.hold();
  }

  /** A work has come to its end. */
  finish(work: Work): void {
    if (!this.#works.delete(work) || this.#works.size > 0) return;
    if (this.state === "closing") this.#end();
    this.#letGo();
  }

  /** Puts an admitted work into the waiting line. */
  enqueue(work: Work): void {
    this.#backlog.push(work);
    this.#kick();
  }

  /** Starts every worker; resolves when all take calls. */
  ready(): Promise<void> {
    this.#readiness ??= Promise.withResolvers<void>();
    const { promise } = this.#readiness;
    while (this.#slots.size < this.#workers) this.#spawn();
    this.#keepAlive.hold();
    this.#checkReadiness();
    return promise;
  }

  /** Replaces every worker by a new one, each as soon as it has done what it holds. */
  restart(): void {
    for (const slot of this.#slots) slot.retire();
    this.#kick();
  }

  /** Takes no more work and ends when all of it is done. */
  close(): void {
    if (this.state !== "open") return;
    this.state = "closing";
    if (this.#works.size === 0) this.#end();
  }

  /** Stops everything at once: what is unfinished is cancelled. */
  terminate(): Promise<void> {
    if (this.state === "open" || this.state === "closing") {
      this.#stopAll("terminated", "cancelled", new CancelledError("Task was cancelled: its pool was terminated"));
    } else if (this.state === "closed") { for (const slot of this.#slots) slot.kill(); }
    return this.ended;
  }

  /** Nothing of this work shall run any more: calls that wait are dropped, running ones told, or stopped. */
  revoke(work: Work, reason: unknown, force: boolean): void {
    this.#backlog.remove(work).forEach(drop);
    for (const slot of this.#slots) {
      for (const chunk of [...slot.chunks()]) {
        if (chunk.work !== work) continue;
        for (let offset = chunk.items.length - 1; offset >= 0; offset--) {
          if (chunk.items[offset] === CLOSED) continue;
          if (slot.withdraw(chunk, offset)) work.settle(chunk.first + offset, "cancelled", reason, undefined);
          else if (force) slot.stop(chunk, offset, "cancelled", reason);
          else slot.signal(chunk, offset, reason);
        }
      }
    }
  }

  /** {@inheritDoc SlotOwner.moved} */
  moved(slot: Slot): void {
    if (slot.served) this.#stillborn = 0;
    this.#checkReadiness();
    this.#kick();
  }

  /** {@inheritDoc SlotOwner.putBack} */
  putBack(chunk: Chunk): void {
    if (chunk.work.over) return drop(chunk);
    this.#backlog.putBack(chunk);
    this.#kick();
  }

  /** {@inheritDoc SlotOwner.died} */
  died(slot: Slot, death: Death): void {
    this.#slots.delete(slot);
    const tooMany = death.abandoned ? this.abandoned.add(slot.lost) : undefined;
    if (this.state !== "open" && this.state !== "closing") return this.#checkEnd();
    if (tooMany) {
      this.cause = tooMany;
      return this.#stopAll("broken", "rejected", tooMany);
    }
    if (death.reason !== "terminated" && !slot.lost && ++this.#stillborn >= STILLBORN) {
      this.cause = death.cause ?? crash(slot.id, death);
      const error = new BrokenPoolError(`Pool is broken: ${STILLBORN} workers in a row died before they took a task`, {
        cause: this.cause,
      });
      return this.#stopAll("broken", "rejected", error);
    }
    if (this.#readiness) this.#spawn();
    this.#kick();
  }

  #kick(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    queueMicrotask(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.state !== "open" && this.state !== "closing") return;
    let idle: Slot | undefined;
    let starting = 0;
    // Idle ones first: what was taken back for them must not return to where it came from.
    for (const slot of this.#slots) if (slot.state === "alive" && slot.held === 0) this.#fill(slot);
    for (const slot of this.#slots) {
      if (slot.state === "starting") starting++;
      if (slot.state !== "alive") continue;
      this.#fill(slot);
      if (slot.held === 0) idle = slot;
    }
    const room = this.#workers - this.#slots.size;
    const wanted = room <= 0 ? 0 : this.#backlog.demand(room + starting) - starting;
    for (let i = 0; i < Math.min(room, wanted); i++) this.#spawn();
    if (idle) this.#steal();
  }

  #fill(slot: Slot): void {
    for (let task; slot.state === "alive" && (task = this.#backlog.nextTask());) {
      const target = Math.min(this.#target(slot, task), slot.held + this.#share());
      // Topped up at half, so that a batch arrives while the one before still runs.
      if (slot.held > 0 && slot.held * 2 > target) return;
      const room = Math.min(target - slot.held, slot.free);
      if (room <= 0) return;
      const first = this.#backlog.next(room);
      if (!first) return;
      // What moves its values along cannot come back from a worker that dies before it takes it: it is not sent ahead.
      if (first.transfer.length > 0 && slot.held > 0) return this.#backlog.putBack(first);
      const chunks = [first];
      for (let count = first.items.length; count < room;) {
        const more = this.#backlog.nextLike(first, room - count);
        if (!more) break;
        chunks.push(more);
        count += more.items.length;
      }
      slot.send(chunks);
    }
  }

  // How many calls of a task a worker should hold. An unknown task is tried with one call.
  #target(slot: Slot, { estimate }: TaskEntry): number {
    if (estimate === undefined || estimate >= LONG) return 1;
    return Math.min(slot.window, Math.max(2, Math.ceil(AHEAD / estimate)));
  }

  // A worker's fair part of what waits, so that a short line is not swallowed whole by the first one.
  #share(): number {
    return Math.ceil(this.#backlog.size / this.#slots.size);
  }

  // A worker is idle and nothing waits in line: the one with the longest line of its own gives some of it back.
  #steal(): void {
    let victim: Slot | undefined;
    for (const slot of this.#slots) if (slot.held > (victim?.held ?? 1)) victim = slot;
    if (!victim) return;
    if (!victim.slow) this.#later ??= setTimeout(() => (this.#later = undefined, this.#kick()), SILENT);
    else if (victim.surrender()) this.#kick();
  }

  #spawn(): void {
    this.#slots.add(new Slot(++this.#lastId, this.#launch, this));
  }

  #checkReadiness(): void {
    if (!this.#readiness || this.#slots.size < this.#workers) return;
    for (const slot of this.#slots) if (slot.state !== "alive") return;
    this.#readiness.resolve();
    this.#readiness = undefined;
    this.#letGo();
  }

  #stopAll(state: "terminated" | "broken", outcome: "cancelled" | "rejected", error: unknown): void {
    this.state = state;
    this.#keepAlive.hold();
    for (const work of [...this.#works]) work.abandon(outcome, error);
    this.#readiness?.reject(error);
    this.#readiness = undefined;
    for (const slot of this.#slots) slot.kill();
    this.#checkEnd();
  }

  #end(): void {
    this.state = "closed";
    this.#readiness?.reject(new PoolClosedError("Cannot start workers: pool was closed"));
    this.#readiness = undefined;
    this.#keepAlive.hold();
    for (const slot of this.#slots) slot.close();
    this.#checkEnd();
  }

  #checkEnd(): void {
    if (this.#slots.size > 0) return;
    clearTimeout(this.#later);
    this.#ended.resolve();
    this.#keepAlive[Symbol.dispose]();
  }

  #letGo(): void {
    const ending = this.state !== "open" && this.state !== "closing" && this.#slots.size > 0;
    if (this.#works.size === 0 && !this.#readiness && !ending) this.#keepAlive.release();
  }
}
