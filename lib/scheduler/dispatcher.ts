/**
 * How much each worker is given, and by whom: the next calls in line to whoever has room, and what waits at a busy
 * worker to an idle one. The reasoning is in README.md, "How much a worker is given".
 *
 * @module
 */
import type { Timer } from "../core/timer.ts";
import type { Backlog } from "./backlog.ts";
import type { WorkerSet } from "./worker_set.ts";
import { SILENT } from "./throughput.ts";
import type { Slot } from "./slot.ts";
import type { TaskEntry } from "./job.ts";

/** Says when the next call may start. */
export interface Rate {
  /** `0`: a start was taken; else the milliseconds to wait before asking again. */
  take(now: number): number;
}

/** Work, in milliseconds, that a worker is given at a time: long enough to hide the way to it, short enough to be fair. */
const LOOKAHEAD = 2;
/** A call that takes longer than this, in milliseconds, hides no way: the next one is sent when it is done. */
const LONG_CALL = 20;

/** Gives the calls in line to the workers. */
export class Dispatcher {
  readonly #backlog: Backlog;
  readonly #workerSet: WorkerSet;
  readonly #concurrency: number;
  readonly #rate: Rate | undefined;
  readonly #schedulePump: () => void;
  // Wakes this up when a silent worker may be worth relieving, and when the rate allows the next call.
  #stealTimer: Timer | undefined;
  #rateTimer: Timer | undefined;
  // Whether some worker is not with a long call.
  #anyResponsive = false;

  constructor(backlog: Backlog, crew: WorkerSet, lanes: number, rate: Rate | undefined, again: () => void) {
    this.#backlog = backlog;
    this.#workerSet = crew;
    this.#concurrency = lanes;
    this.#rate = rate;
    this.#schedulePump = again;
  }

  /** Gives out what can be given now. */
  run(): void {
    const { slots } = this.#workerSet;
    this.#reclaimFromStuck();
    let idle = false;
    let starting = 0;
    // Free lanes first: nobody waits behind others while one is free, and what was taken back for an idle worker must
    // not return to where it came from.
    for (const slot of slots) {
      if (!slot.accepts || slot.inFlight >= this.#concurrency) continue;
      this.#fill(slot, this.#concurrency > 1 ? this.#concurrency : Infinity);
    }
    for (const slot of slots) {
      if (slot.state === "starting") starting++;
      if (!slot.accepts) continue;
      this.#fill(slot);
      if (slot.inFlight === 0) idle = true;
    }
    const { room } = this.#workerSet;
    const wanted = room <= 0 || this.#rateTimer !== undefined ? 0 : this.#backlog.demand(room + starting) - starting;
    for (let i = Math.min(room, wanted); i > 0; i--) this.#workerSet.spawn();
    if (idle) this.#stealForIdle();
  }

  /** Ends all waiting. */
  stop(): void {
    clearTimeout(this.#stealTimer);
    clearTimeout(this.#rateTimer);
  }

  // What waits behind a long call goes back to the head of the line, so that later calls do not overtake it elsewhere.
  #reclaimFromStuck(): void {
    const now = performance.now();
    this.#anyResponsive = false;
    const stuck: Slot[] = [];
    for (const slot of this.#workerSet.slots) {
      if (slot.state !== "alive") continue;
      if (slot.inFlight === 0 || !slot.throughput.isStuck(now)) this.#anyResponsive = true;
      else if (slot.inFlight > this.#concurrency) stuck.push(slot);
    }
    if (this.#anyResponsive) { for (const slot of stuck) slot.reclaim(slot.inFlight - this.#concurrency); }
  }

  #fill(slot: Slot, most = Infinity): void {
    while (slot.accepts) {
      const line = this.#backlogFor(slot);
      const task = line.nextTask();
      if (
        !task ||
        (this.#anyResponsive && slot.inFlight >= this.#concurrency && slot.throughput.isStuck(performance.now()))
      ) return;
      const wanted = Math.min(most, this.#target(slot, task));
      const target = line === this.#backlog ? Math.min(wanted, slot.inFlight + this.#fairShare()) : wanted;
      // Topped up at half, so that a batch arrives while the one before still runs; lanes never wait.
      if (slot.inFlight >= this.#concurrency && slot.inFlight * 2 > target) return;
      // A full window in halves, so that one runs while the answers of the other are read.
      const batch = Math.max(this.#concurrency, Math.ceil(slot.window / 2));
      const room = Math.min(batch, target - slot.inFlight, slot.free, this.#allowed());
      if (room <= 0) return;
      const first = line.next(room);
      if (!first) return;
      // What moves its values along cannot come back from a worker that dies before it takes it: it is not sent ahead.
      if (first.transfer.length > 0 && slot.inFlight >= this.#concurrency) return line.putBack(first);
      const chunks = [first];
      for (let count = first.items.length; count < room;) {
        const more = line.nextLike(first, room - count);
        if (!more) break;
        chunks.push(more);
        count += more.items.length;
      }
      slot.send(chunks);
    }
  }

  // What only this worker may run goes first, unless something more urgent waits.
  #backlogFor({ boundBacklog: line, state }: Slot): Backlog {
    if (state === "retiring") return line!;
    return line && line.size > 0 && line.priority >= this.#backlog.priority ? line : this.#backlog;
  }

  // How many calls may start now.
  #allowed(): number {
    if (!this.#rate) return Infinity;
    const wait = this.#rate.take(performance.now());
    if (wait <= 0) return 1;
    this.#rateTimer ??= setTimeout(() => {
      this.#rateTimer = undefined;
      this.#schedulePump();
    }, Math.ceil(wait));
    return 0;
  }

  // How many calls of a task a worker should hold. An unknown task is tried with as many as run at once.
  #target(slot: Slot, { estimate }: TaskEntry): number {
    const lanes = this.#concurrency;
    if (estimate === undefined || estimate >= LONG_CALL) return lanes;
    const ahead = Math.ceil(LOOKAHEAD / estimate);
    return Math.min(slot.window, lanes === 1 ? Math.max(2, ahead) : lanes + ahead);
  }

  // A worker's fair part of what waits, so that a short line is not swallowed whole by the first one.
  #fairShare(): number {
    return Math.ceil(this.#backlog.size / this.#workerSet.slots.size);
  }

  // A worker is idle and nothing waits in line: the one with the longest line of its own gives some of it back, or the
  // next one, where that may be run by nobody else.
  #stealForIdle(): void {
    const lines = [...this.#workerSet.slots].filter(({ inFlight: held }) => held > this.#concurrency).sort((a, b) =>
      b.inFlight - a.inFlight
    );
    for (const victim of lines) {
      if (!victim.throughput.isSlow) {
        this.#stealTimer ??= setTimeout(() => {
          this.#stealTimer = undefined;
          this.#schedulePump();
        }, SILENT);
        return;
      }
      if (victim.reclaim(Math.ceil((victim.inFlight - this.#concurrency) / 2))) return this.#schedulePump();
    }
  }
}
