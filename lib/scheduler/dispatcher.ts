/**
 * `Dispatcher`: decides how many calls each worker is given. It sends the next calls of the backlog to workers with
 * room, and takes calls back from a busy worker for an idle one. README.md has the reasons, in "How much a worker is
 * given".
 *
 * @module
 */
import { performance } from "../core/platform.ts";
import { clearTimeout, setTimeout, type Timer } from "../core/timer.ts";
import type { Backlog } from "./backlog.ts";
import { Burst } from "./burst.ts";
import type { Job, TaskEntry } from "./job.ts";
import type { Slot } from "./slot.ts";
import { REPORT_TIMEOUT } from "./throughput.ts";
import type { WorkerSet } from "./worker_set.ts";

/** Limits how often calls may start. */
export interface Rate {
  /** Takes a start and returns `0`, or returns the milliseconds to wait before asking again. */
  take(now: number): number;
}

/** Milliseconds of work that a worker holds: enough to hide the time a call takes to arrive, and little enough to be fair. */
const LOOKAHEAD = 2;
/** Milliseconds of work for which a second worker is not woken: to wake it takes 50 us, and as much time of this thread. */
const WORTH_WAKING = 0.1;
/** Calls of a task that takes longer than this, in milliseconds, are sent one by one: there is no time worth hiding. */
const LONG_CALL = 20;

/** Gives the calls of the backlog to the workers. */
export class Dispatcher {
  readonly #backlog: Backlog;
  readonly #workerSet: WorkerSet;
  readonly #concurrency: number;
  readonly #rate: Rate | undefined;
  readonly #schedulePump: () => void;
  // Set while a call waits at a worker, and another worker could have it if the call does not start soon.
  #stealTimer: Timer | undefined;
  // Set until the rate allows the next call.
  #rateTimer: Timer | undefined;
  // Whether a call that waits at a worker could run elsewhere: at a worker that is not stuck, or at one to be started.
  #canMove = false;
  readonly #burst = new Burst();

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

  /** Counts a job that has entered the backlog. Returns whether the dispatcher should run before the caller pauses. */
  entered(job: Job): boolean {
    return this.#burst.add(job, this.#backlog);
  }

  /** Sends what can be sent now. */
  run(): void {
    if (!this.#hasCalls) return;
    this.#burst.sending(this.#backlog);
    this.#run();
    this.#burst.sent(this.#backlog);
  }

  #run(): void {
    const { slots } = this.#workerSet;
    const now = performance.now();
    this.#reclaimFromStuck(now);
    let anyIdle = false;
    let starting = 0;
    // Workers that can run a call at once go first: no call waits behind others while one of them is free, and a call
    // that was taken back for an idle worker must not return to the worker it came from.
    for (const slot of this.#concurrency === 1 ? slots : [...slots].sort((a, b) => a.inFlight - b.inFlight)) {
      if (!slot.accepts || slot.inFlight >= this.#concurrency) continue;
      this.#fill(slot, now, this.#concurrency > 1 ? this.#concurrency : Infinity);
    }
    for (const slot of slots) {
      if (slot.state === "starting") starting++;
      if (!slot.accepts) continue;
      this.#fill(slot, now);
      if (slot.inFlight === 0) anyIdle = true;
    }
    const { room } = this.#workerSet;
    const wanted = room <= 0 || this.#rateTimer !== undefined ? 0 : this.#backlog.demand(room + starting) - starting;
    for (let i = Math.min(room, wanted); i > 0; i--) this.#workerSet.spawn();
    if (anyIdle) this.#stealForIdle();
    this.#watchWaiting(now);
  }

  // Whether any call waits or is in flight. Between single calls none is, and every second run is then saved.
  get #hasCalls(): boolean {
    if (this.#backlog.size > 0) return true;
    for (const { inFlight, boundBacklog } of this.#workerSet.slots) {
      if (inFlight > 0 || (boundBacklog !== undefined && boundBacklog.size > 0)) return true;
    }
    return false;
  }

  /** Clears the timers. */
  stop(): void {
    clearTimeout(this.#stealTimer);
    clearTimeout(this.#rateTimer);
  }

  // What waits behind a long call, or at a worker whose event loop stands still, goes back to the head of the backlog, so
  // that no later call starts before it.
  #reclaimFromStuck(now: number): void {
    this.#canMove = this.#workerSet.room > 0;
    const stuck: Slot[] = [];
    for (const slot of this.#workerSet.slots) {
      if (slot.state === "leaving" || slot.state === "dead") continue;
      if (slot.state !== "starting" && this.#isStuck(slot, now)) stuck.push(slot);
      else if (slot.state !== "retiring") this.#canMove = true;
    }
    if (!this.#canMove) return;
    for (const slot of stuck) {
      if (this.#concurrency === 1) slot.calls.reclaim(slot.inFlight - 1);
      else if (slot.calls.throughput.overdueAt <= now) {
        const hadRoom = slot.inFlight <= this.#concurrency;
        const found = slot.calls.reclaim(slot.inFlight - 1);
        slot.calls.throughput.checked(found && hadRoom);
      }
    }
  }

  // Whether a worker that has calls is busy with long ones, so that a further call would have to wait.
  #isStuck({ inFlight, calls: { throughput } }: Slot, now: number): boolean {
    if (inFlight === 0) return false;
    if (this.#concurrency === 1) return throughput.stuckAt <= now;
    return throughput.blockedUntil > now || throughput.overdueAt <= now;
  }

  // Checks again when the calls that wait at a worker are overdue, if another worker could have them. It does not poll
  // behind a long call: what is overdue has just been taken back, or cannot be.
  #watchWaiting(now: number): void {
    if (!this.#canMove || this.#stealTimer !== undefined) return;
    let next = Infinity;
    for (const { inFlight, calls: { throughput } } of this.#workerSet.slots) {
      if (inFlight === 0) continue;
      const runsOneAtATime = this.#concurrency === 1;
      const due = runsOneAtATime ? (inFlight > 1 ? throughput.stuckAt : Infinity) : throughput.overdueAt;
      if (due > now) next = Math.min(next, due);
      if (!runsOneAtATime && throughput.blockedUntil > now && this.#backlog.size > 0) {
        next = Math.min(next, throughput.blockedUntil);
      }
    }
    if (next < Infinity) this.#runAgainIn(next - now);
  }

  #runAgainIn(ms: number): void {
    this.#stealTimer ??= setTimeout(() => {
      this.#stealTimer = undefined;
      this.#schedulePump();
    }, Math.ceil(ms));
  }

  #fill(slot: Slot, now: number, max = Infinity): void {
    while (slot.accepts) {
      const backlog = this.#backlogFor(slot);
      const task = backlog.nextTask();
      if (!task || (this.#canMove && this.#isStuck(slot, now))) return;
      const wanted = Math.min(max, this.#target(slot, task));
      const target = backlog === this.#backlog ? Math.min(wanted, slot.inFlight + this.#fairShare(task)) : wanted;
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
      if (this.#concurrency > 1) slot.calls.throughput.sent();
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
  #fairShare({ estimate = Infinity }: TaskEntry): number {
    return Math.max(Math.ceil(this.#backlog.size / this.#workerSet.slots.size), Math.ceil(WORTH_WAKING / estimate));
  }

  // A worker is idle and the backlog is empty: takes half of what the worker with the most calls has not started; or
  // from the next one, where those calls may be run by no other.
  #stealForIdle(): void {
    const victims: Slot[] = [];
    for (const slot of this.#workerSet.slots) if (slot.inFlight > this.#concurrency) victims.push(slot);
    if (victims.length > 1) victims.sort((a, b) => b.inFlight - a.inFlight);
    for (const victim of victims) {
      if (!victim.calls.throughput.isSlow) return this.#runAgainIn(REPORT_TIMEOUT);
      if (victim.calls.reclaim(Math.ceil((victim.inFlight - this.#concurrency) / 2))) return this.#schedulePump();
    }
  }
}
