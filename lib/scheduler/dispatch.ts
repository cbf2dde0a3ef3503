/**
 * How much each worker is given, and by whom: the next calls in line to whoever has room, and what waits at a busy
 * worker to an idle one. The reasoning is in README.md, "How much a worker is given".
 *
 * @module
 */
import type { Timer } from "../core/timer.ts";
import type { Backlog } from "./backlog.ts";
import type { Crew } from "./crew.ts";
import { SILENT } from "./pace.ts";
import type { Slot } from "./slot.ts";
import type { TaskEntry } from "./work.ts";

/** Says when the next call may start. */
export interface Rate {
  /** `0`: a start was taken; else the milliseconds to wait before asking again. */
  take(now: number): number;
}

/** Work, in milliseconds, that a worker is given at a time: long enough to hide the way to it, short enough to be fair. */
const AHEAD = 2;
/** A call that takes longer than this, in milliseconds, hides no way: the next one is sent when it is done. */
const LONG = 20;

/** Gives the calls in line to the workers. */
export class Dispatch {
  readonly #backlog: Backlog;
  readonly #crew: Crew;
  readonly #lanes: number;
  readonly #rate: Rate | undefined;
  readonly #again: () => void;
  // Wakes this up when a silent worker may be worth relieving, and when the rate allows the next call.
  #steal: Timer | undefined;
  #next: Timer | undefined;
  // Whether some worker is not with a long call.
  #open = false;

  constructor(backlog: Backlog, crew: Crew, lanes: number, rate: Rate | undefined, again: () => void) {
    this.#backlog = backlog;
    this.#crew = crew;
    this.#lanes = lanes;
    this.#rate = rate;
    this.#again = again;
  }

  /** Gives out what can be given now. */
  run(): void {
    const { slots } = this.#crew;
    this.#passOn();
    let idle = false;
    let starting = 0;
    // Free lanes first: nobody waits behind others while one is free, and what was taken back for an idle worker must
    // not return to where it came from.
    for (const slot of slots) {
      if (!slot.takes || slot.held >= this.#lanes) continue;
      this.#fill(slot, this.#lanes > 1 ? this.#lanes : Infinity);
    }
    for (const slot of slots) {
      if (slot.state === "starting") starting++;
      if (!slot.takes) continue;
      this.#fill(slot);
      if (slot.held === 0) idle = true;
    }
    const { room } = this.#crew;
    const wanted = room <= 0 || this.#next !== undefined ? 0 : this.#backlog.demand(room + starting) - starting;
    for (let i = Math.min(room, wanted); i > 0; i--) this.#crew.spawn();
    if (idle) this.#relieve();
  }

  /** Ends all waiting. */
  stop(): void {
    clearTimeout(this.#steal);
    clearTimeout(this.#next);
  }

  // What waits behind a long call goes back to the head of the line, so that later calls do not overtake it elsewhere.
  #passOn(): void {
    const now = performance.now();
    this.#open = false;
    const stuck: Slot[] = [];
    for (const slot of this.#crew.slots) {
      if (slot.state !== "alive") continue;
      if (slot.held === 0 || !slot.pace.isStuck(now)) this.#open = true;
      else if (slot.held > this.#lanes) stuck.push(slot);
    }
    if (this.#open) { for (const slot of stuck) slot.surrender(slot.held - this.#lanes); }
  }

  #fill(slot: Slot, most = Infinity): void {
    while (slot.takes) {
      const line = this.#lineFor(slot);
      const task = line.nextTask();
      if (!task || (this.#open && slot.held >= this.#lanes && slot.pace.isStuck(performance.now()))) return;
      const wanted = Math.min(most, this.#target(slot, task));
      const target = line === this.#backlog ? Math.min(wanted, slot.held + this.#share()) : wanted;
      // Topped up at half, so that a batch arrives while the one before still runs; lanes never wait.
      if (slot.held >= this.#lanes && slot.held * 2 > target) return;
      // A full window in halves, so that one runs while the answers of the other are read.
      const batch = Math.max(this.#lanes, Math.ceil(slot.window / 2));
      const room = Math.min(batch, target - slot.held, slot.free, this.#allowed());
      if (room <= 0) return;
      const first = line.next(room);
      if (!first) return;
      // What moves its values along cannot come back from a worker that dies before it takes it: it is not sent ahead.
      if (first.transfer.length > 0 && slot.held >= this.#lanes) return line.putBack(first);
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
  #lineFor({ line, state }: Slot): Backlog {
    if (state === "retiring") return line!;
    return line && line.size > 0 && line.priority >= this.#backlog.priority ? line : this.#backlog;
  }

  // How many calls may start now.
  #allowed(): number {
    if (!this.#rate) return Infinity;
    const wait = this.#rate.take(performance.now());
    if (wait <= 0) return 1;
    this.#next ??= setTimeout(() => {
      this.#next = undefined;
      this.#again();
    }, Math.ceil(wait));
    return 0;
  }

  // How many calls of a task a worker should hold. An unknown task is tried with as many as run at once.
  #target(slot: Slot, { estimate }: TaskEntry): number {
    const lanes = this.#lanes;
    if (estimate === undefined || estimate >= LONG) return lanes;
    const ahead = Math.ceil(AHEAD / estimate);
    return Math.min(slot.window, lanes === 1 ? Math.max(2, ahead) : lanes + ahead);
  }

  // A worker's fair part of what waits, so that a short line is not swallowed whole by the first one.
  #share(): number {
    return Math.ceil(this.#backlog.size / this.#crew.slots.size);
  }

  // A worker is idle and nothing waits in line: the one with the longest line of its own gives some of it back, or the
  // next one, where that may be run by nobody else.
  #relieve(): void {
    const lines = [...this.#crew.slots].filter(({ held }) => held > this.#lanes).sort((a, b) => b.held - a.held);
    for (const victim of lines) {
      if (!victim.pace.slow) {
        this.#steal ??= setTimeout(() => {
          this.#steal = undefined;
          this.#again();
        }, SILENT);
        return;
      }
      if (victim.surrender(Math.ceil((victim.held - this.#lanes) / 2))) return this.#again();
    }
  }
}
