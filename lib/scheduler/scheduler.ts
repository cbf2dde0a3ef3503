/**
 * Gives calls to workers. It knows nothing of how a worker is made or reached: it gets a `Launch`.
 *
 * ```
 * enqueue(work) -> Backlog -> pump -> Slot.send -> Transport
 *                     ^                  |
 *                     +---- put back ----+   (a worker died, or an idle one took over)
 * ```
 *
 * How much a worker is given is decided in dispatch.ts, how many workers there are in crew.ts.
 *
 * @module
 */
import { BrokenPoolError, CancelledError, PoolClosedError } from "../core/errors.ts";
import { KeepAlive } from "../core/timer.ts";
import type { Death } from "../transport/transport.ts";
import { Abandoned } from "./abandoned.ts";
import { Backlog } from "./backlog.ts";
import { crash } from "./crash.ts";
import { Crew } from "./crew.ts";
import { Dispatch } from "./dispatch.ts";
import { Entrance } from "./entrance.ts";
import type { SchedulerOptions } from "./options.ts";
import { revoke } from "./revoke.ts";
import type { Slot } from "./slot.ts";
import type { SlotOwner } from "./slot_owner.ts";
import { type Observer, Tally } from "./tally.ts";
import { TaskTable } from "./task_table.ts";
import type { Chunk, Work } from "./work.ts";

/** Workers that die one after another without having taken a call, after which the pool is given up. */
const STILLBORN = 3;

/** Whether it takes work, finishes what it has, or has ended, and how. */
export type SchedulerState = "open" | "closing" | "closed" | "terminated" | "broken";

/** The scheduler of one pool. */
export class Scheduler implements SlotOwner {
  readonly killGrace: number;
  readonly hookTimeout: number | undefined;
  readonly maxTasks: number;
  /** The tasks that this pool has met. */
  readonly tasks: TaskTable = new TaskTable();
  readonly tally: Tally = new Tally();
  readonly crew: Crew;
  /** Its workers that could not be stopped. */
  readonly abandoned: Abandoned;
  /** Where calls come in when there is a limit to how many may wait. */
  readonly entrance: Entrance;
  observer: Observer | undefined;
  state: SchedulerState = "open";
  /** Why the pool is broken. */
  cause: unknown = undefined;
  readonly #backlog = new Backlog();
  readonly #dispatch: Dispatch;
  readonly #onFailure: ((error: unknown) => void) | undefined;
  readonly #works = new Set<Work>();
  readonly #keepAlive: KeepAlive;
  readonly #ended = Promise.withResolvers<void>();
  #pumping = false;
  #paused = false;
  #stillborn = 0;

  constructor(options: SchedulerOptions) {
    const { killGrace, hookTimeout, maxTasks = Infinity, concurrency = 1, maxQueue = Infinity, rate } = options;
    this.killGrace = killGrace;
    this.#keepAlive = new KeepAlive(options.daemon);
    this.hookTimeout = hookTimeout;
    this.maxTasks = maxTasks;
    this.#onFailure = options.onFailure;
    this.crew = new Crew(options, this);
    this.abandoned = new Abandoned(options.workers);
    this.entrance = new Entrance(() => maxQueue + this.crew.limit * concurrency);
    this.#dispatch = new Dispatch(this.#backlog, this.crew, concurrency, rate, () => this.#kick());
    this.crew.refill();
  }

  /** Resolves when the scheduler has ended: nothing runs, no worker is left. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Works that have not ended. */
  get works(): ReadonlySet<Work> {
    return this.#works;
  }

  /** Whether calls are held back. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Counts a work as unfinished, so that the pool does not end before it. */
  admit(work: Work): void {
    this.#works.add(work);
    if (work.nested) this.crew.limit++;
    this.#keepAlive.hold();
  }

  /** A work has come to its end. */
  finish(work: Work): void {
    if (!this.#works.delete(work)) return;
    if (work.nested) {
      this.crew.limit--;
      this.#kick();
    }
    if (this.#works.size > 0) return;
    this.observer?.drained();
    if (this.state === "closing") this.#end();
    this.#letGo();
  }

  /** Puts an admitted work into its waiting line. */
  enqueue(work: Work): void {
    if (work.pinned?.death) return work.abandon("rejected", crash(work.pinned.id, work.pinned.death));
    (this.crew.lineOf(work) ?? this.#backlog).push(work);
    this.#kick();
  }

  /** Starts every worker; resolves when all take calls. */
  ready(): Promise<void> {
    this.#keepAlive.hold();
    return this.crew.ready().finally(() => this.#letGo());
  }

  /** Replaces every worker once it has done what it holds; resolves when the old ones are gone. */
  restart(): Promise<void> {
    this.#keepAlive.hold();
    return this.crew.restart().finally(() => this.#letGo());
  }

  /** Changes how many workers there may be, by so many. */
  resize(by: number): void {
    this.crew.limit += by;
    this.entrance.tell();
    this.#kick();
  }

  /** Holds back what has not started. */
  pause(): void {
    this.#paused = true;
    for (const slot of this.crew.slots) slot.surrender(slot.held, true);
    this.#letGo();
  }

  /** Goes on. */
  resume(): void {
    this.#paused = false;
    if (this.#works.size > 0) this.#keepAlive.hold();
    this.#kick();
  }

  /** Takes no more work and ends when all of it is done. What was paused goes on, or it would never end. */
  close(): void {
    if (this.state !== "open") return;
    this.state = "closing";
    this.entrance.close(new PoolClosedError("Cannot wait for room: pool was closed"));
    this.resume();
    if (this.#works.size === 0) this.#end();
  }

  /** Cancels what has not started. */
  cancelWaiting(): void {
    for (const work of [...this.#works]) {
      work.cancelWaiting(new CancelledError("Task was cancelled: its pool was shut down before it started"));
    }
  }

  /** Stops everything at once: what is unfinished is cancelled. */
  terminate(): Promise<void> {
    if (this.state === "open" || this.state === "closing") {
      this.#stopAll("terminated", "cancelled", new CancelledError("Task was cancelled: its pool was terminated"));
    } else if (this.state === "closed") { for (const slot of this.crew.slots) slot.kill(); }
    return this.ended;
  }

  /** Gives the pool up. */
  break(error: BrokenPoolError): void {
    if (this.state !== "open" && this.state !== "closing") return;
    this.cause = error.cause ?? error;
    this.#stopAll("broken", "rejected", error);
  }

  /** Nothing of this work shall run any more: calls that wait are dropped, running ones told, or stopped. */
  revoke(work: Work, reason: unknown, force: boolean): void {
    for (const line of [this.#backlog, this.crew.homeless]) line.remove(work).forEach((chunk) => chunk.drop());
    for (const slot of this.crew.slots) {
      slot.line?.remove(work).forEach((chunk) => chunk.drop());
      revoke(slot, work, reason, force);
    }
  }

  /** {@inheritDoc SlotOwner.moved} */
  moved(slot: Slot): void {
    if (slot.ended > 0) this.#stillborn = 0;
    this.#kick();
  }

  /** {@inheritDoc SlotOwner.putBack} */
  putBack(chunk: Chunk): void {
    const { work } = chunk;
    // Where nothing runs any more, it would wait for ever.
    if (work.over || (this.state !== "open" && this.state !== "closing")) return chunk.drop();
    if (work.pinned?.death) return work.abandon("rejected", crash(work.pinned.id, work.pinned.death));
    (this.crew.lineOf(work) ?? this.#backlog).putBack(chunk);
    this.#kick();
  }

  /** {@inheritDoc SlotOwner.rehome} */
  rehome(slot: Slot): void {
    const left = slot.line?.drain();
    // What only it may run goes back into its line, or fails if it is dead; the rest finds another worker.
    if (left) this.#scatter(left);
  }

  /** {@inheritDoc SlotOwner.died} */
  died(slot: Slot, death: Death): void {
    this.crew.remove(slot);
    this.tally.died(death);
    if (death.reason === "finalizer") this.#onFailure?.(death.cause);
    this.observer?.workerEnded(slot.id, death);
    this.rehome(slot);
    const tooMany = death.abandoned ? this.abandoned.add(slot.lost) : undefined;
    if (this.state !== "open" && this.state !== "closing") return this.#checkEnd();
    if (tooMany) return this.break(tooMany);
    const told = death.reason === "terminated" || death.reason === "finalizer";
    if (told || slot.ended > 0) this.#stillborn = 0;
    else if (++this.#stillborn >= STILLBORN) {
      const why = death.reason === "initializer"
        ? `its initializer failed ${STILLBORN} times in a row`
        : `${STILLBORN} workers in a row died before they took a task`;
      return this.break(new BrokenPoolError(`Pool is broken: ${why}`, { cause: death.cause ?? crash(slot.id, death) }));
    }
    this.#letGo();
    this.#kick();
  }

  #scatter({ returned, works }: ReturnType<Backlog["drain"]>): void {
    for (const work of works) this.enqueue(work);
    for (const chunk of returned.reverse()) this.putBack(chunk);
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
    this.crew.trim();
    this.crew.refill();
    this.crew.checkReadiness();
    if (this.crew.homeless.size > 0 && this.crew.open) this.#scatter(this.crew.homeless.drain());
    if (this.#paused) this.#letGo();
    else this.#dispatch.run();
    this.crew.watchIdle();
  }

  #stopAll(state: "terminated" | "broken", outcome: "cancelled" | "rejected", error: unknown): void {
    this.state = state;
    this.#keepAlive.hold();
    for (const work of [...this.#works]) work.abandon(outcome, error);
    this.#giveUp(error);
    for (const slot of this.crew.slots) slot.kill({ outcome, error });
    this.#checkEnd();
  }

  #end(): void {
    this.state = "closed";
    this.#giveUp(new PoolClosedError("Cannot start workers: pool was closed"));
    this.#keepAlive.hold();
    for (const slot of this.crew.slots) slot.close();
    this.#checkEnd();
  }

  #giveUp(error: unknown): void {
    this.#dispatch.stop();
    this.crew.giveUp(error);
    this.entrance.close(error);
  }

  #checkEnd(): void {
    if (this.crew.slots.size > 0) return;
    this.#ended.resolve();
    this.#keepAlive[Symbol.dispose]();
  }

  #letGo(): void {
    const ending = this.state !== "open" && this.state !== "closing" && this.crew.slots.size > 0;
    if (ending || this.crew.awaited) return;
    // A paused pool in which nothing runs waits for its script, not the other way round.
    if (this.#works.size === 0 || (this.#paused && !this.crew.busy)) this.#keepAlive.release();
  }
}
