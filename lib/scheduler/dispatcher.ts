/**
 * `Dispatcher`: decides how many calls each worker is given. It sends the next calls of the backlog to workers with
 * room, and takes calls back from a busy worker for an idle one. README.md has the reasons, in "How much a worker is
 * given".
 *
 * @module
 */
import type { Timer } from "../core/timer.ts";
import type { Backlog } from "./backlog.ts";
import type { WorkerSet } from "./worker_set.ts";
import { SILENCE } from "./throughput.ts";
import type { Slot } from "./slot.ts";
import type { TaskEntry } from "./job.ts";

/** Limits how often calls may start. */
export interface Rate {
  /** Takes a start and returns `0`, or returns the milliseconds to wait before asking again. */
  take(now: number): number;
}

/** Milliseconds of work that a worker holds: enough to hide the time a call takes to arrive, and little enough to be fair. */
const LOOKAHEAD = 2;
/** Calls of a task that takes longer than this, in milliseconds, are sent one by one: there is no time worth hiding. */
const LONG_CALL = 20;

/** Gives the calls of the backlog to the workers. */
export class Dispatcher {
  readonly #backlog: Backlog;
  readonly #workerSet: WorkerSet;
  readonly #concurrency: number;
  readonly #rate: Rate | undefined;
  readonly #schedulePump: () => void;
  // Set while no silent worker has been silent for long enough to steal from it.
  #stealTimer: Timer | undefined;
  // Set until the rate allows the next call.
  #rateTimer: Timer | undefined;
  // Whether some worker is not in a long call.
  #anyResponsive = false;

  constructor(
    backlog: Backlog,
    workerSet: WorkerSet,
    concurrency: number,
    rate: Rate | undefined,
    schedulePump: () => void,
  ) {
    this.#backlog = backlog;
    this.#workerSet = workerSet;
    this.#concurrency = concurrency;
    this.#rate = rate;
    this.#schedulePump = schedulePump;
  }

  /** Sends what can be sent now. */
  run(): void {
    const { slots } = this.#workerSet;
    this.#reclaimFromStuck();
    let anyIdle = false;
    let starting = 0;
    // Workers that can run a call at once go first: no call waits behind others while one of them is free, and a call
    // that was taken back for an idle worker must not return to the worker it came from.
    for (const slot of slots) {
      if (!slot.accepts || slot.inFlight >= this.#concurrency) continue;
      this.#fill(slot, this.#concurrency > 1 ? this.#concurrency : Infinity);
    }
    for (const slot of slots) {
      if (slot.state === "starting") starting++;
      if (!slot.accepts) continue;
      this.#fill(slot);
      if (slot.inFlight === 0) anyIdle = true;
    }
    const { room } = this.#workerSet;
    const wanted = room <= 0 || this.#rateTimer !== undefined ? 0 : this.#backlog.demand(room + starting) - starting;
    for (let i = Math.min(room, wanted); i > 0; i--) this.#workerSet.spawn();
    if (anyIdle) this.#stealForIdle();
  }

  /** Clears the timers. */
  stop(): void {
    clearTimeout(this.#stealTimer);
    clearTimeout(this.#rateTimer);
  }

  // What waits behind a long call goes back to the head of the backlog, so that no later call starts before it.
  #reclaimFromStuck(): void {
    const now = performance.now();
    this.#anyResponsive = false;
    const stuck: Slot[] = [];
    for (const slot of this.#workerSet.slots) {
      if (slot.state !== "alive") continue;
      if (slot.inFlight === 0 || !slot.calls.throughput.isStuck(now)) this.#anyResponsive = true;
      else if (slot.inFlight > this.#concurrency) stuck.push(slot);
    }
    if (this.#anyResponsive) { for (const slot of stuck) slot.calls.reclaim(slot.inFlight - this.#concurrency); }
  }

  #fill(slot: Slot, max = Infinity): void {
    while (slot.accepts) {
      const backlog = this.#backlogFor(slot);
      const task = backlog.nextTask();
      if (
        !task ||
        (this.#anyResponsive && slot.inFlight >= this.#concurrency && slot.calls.throughput.isStuck(performance.now()))
      ) return;
      const wanted = Math.min(max, this.#target(slot, task));
      const target = backlog === this.#backlog ? Math.min(wanted, slot.inFlight + this.#fairShare()) : wanted;
      // Topped up at half, so that a batch arrives while the one before still runs; a call that can run at once never waits.
      if (slot.inFlight >= this.#concurrency && slot.inFlight * 2 > target) return;
      // A full window goes in halves, so that one runs while the host reads the replies of the other.
      const batch = Math.max(this.#concurrency, Math.ceil(slot.window / 2));
      const room = Math.min(batch, target - slot.inFlight, slot.free, this.#allowedByRate());
      if (room <= 0) return;
      const first = backlog.next(room);
      if (!first) return;
      // Moved values cannot come back from a worker that dies before it starts the call: the call is not sent ahead.
      if (first.transfer.length > 0 && slot.inFlight >= this.#concurrency) return backlog.putBack(first);
      const chunks = [first];
      for (let count = first.items.length; count < room;) {
        const more = backlog.nextLike(first, room - count);
        if (!more) break;
        chunks.push(more);
        count += more.items.length;
      }
      slot.send(chunks);
    }
  }

  // What only this worker may run goes first, unless something more urgent waits for any worker.
  #backlogFor({ boundBacklog, state }: Slot): Backlog {
    if (state === "retiring") return boundBacklog!;
    if (!boundBacklog || boundBacklog.size === 0) return this.#backlog;
    return boundBacklog.priority >= this.#backlog.priority ? boundBacklog : this.#backlog;
  }

  // How many calls may start now.
  #allowedByRate(): number {
    if (!this.#rate) return Infinity;
    const wait = this.#rate.take(performance.now());
    if (wait <= 0) return 1;
    this.#rateTimer ??= setTimeout(() => {
      this.#rateTimer = undefined;
      this.#schedulePump();
    }, Math.ceil(wait));
    return 0;
  }

  // How many calls of a task a worker should hold. As long as the task's time is unknown: as many as run at once.
  #target(slot: Slot, { estimate }: TaskEntry): number {
    const concurrency = this.#concurrency;
    if (estimate === undefined || estimate >= LONG_CALL) return concurrency;
    const ahead = Math.ceil(LOOKAHEAD / estimate);
    return Math.min(slot.window, concurrency === 1 ? Math.max(2, ahead) : concurrency + ahead);
  }

  // A worker's share of a short backlog, which the first worker would otherwise take whole.
  #fairShare(): number {
    return Math.ceil(this.#backlog.size / this.#workerSet.slots.size);
  }

  // A worker is idle and the backlog is empty: takes half of what the worker with the most calls has not started; or
  // from the next one, where those calls may be run by no other.
  #stealForIdle(): void {
    const victims = [...this.#workerSet.slots].filter(({ inFlight }) => inFlight > this.#concurrency)
      .sort((a, b) => b.inFlight - a.inFlight);
    for (const victim of victims) {
      if (!victim.calls.throughput.isSlow) {
        this.#stealTimer ??= setTimeout(() => {
          this.#stealTimer = undefined;
          this.#schedulePump();
        }, SILENCE);
        return;
      }
      if (victim.calls.reclaim(Math.ceil((victim.inFlight - this.#concurrency) / 2))) return this.#schedulePump();
    }
  }
}
