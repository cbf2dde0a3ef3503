/**
 * Records from many producers to many consumers: the ring of shared/steps/mpmc_ring.ts, one unit for each record, with the
 * log for its memory.
 *
 * ```
 * put   lock the tail -> fewer than maxSize? -> write to the log -> move TAIL -> unlock -> wake one consumer
 * take  lock the head -> any? -> read from the log, note whose hands -> move HEAD -> unlock -> wake the producers
 * ```
 *
 * The steps, their waits and what a death leaves are the ring's, which tests/model explores. Added here: a put that
 * finds no memory goes to sleep like one that finds the queue full; and puts of one thread that must wait take turns.
 *
 * @module
 */
import { newMemory, SharedWords } from "../shared/memory.ts";
import { OwnerTable } from "../shared/owner_table.ts";
import { runAsync } from "../shared/run_async.ts";
import { runSync } from "../shared/run_sync.ts";
import {
  close,
  passNotificationOn,
  put,
  ready,
  RING_WORDS,
  type RingWords,
  Stage,
  take,
  used,
} from "../shared/steps/mpmc_ring.ts";
import { acquire, release } from "../shared/steps/lock.ts";
import { ALL, DONE, end, Frame, type Outcome, Result, sleep, WAIT } from "../shared/steps/step.ts";
import { conclude, type Machine, runThrough } from "../shared/waiting.ts";
import { CONTROL_WORDS, Deliveries } from "./deliveries.ts";
import { type LogRecord, newPages, PagedLog } from "./paged_log.ts";
import { DeliveryStage } from "./steps/deliveries.ts";

/** What travels: the memory of a channel. */
export interface ChannelMemory {
  readonly control: SharedArrayBuffer;
  readonly pages: SharedArrayBuffer;
  readonly owners: SharedArrayBuffer;
  readonly maxSize: number;
}

/** A channel without a limit takes so many records. */
export const UNLIMITED: number = 2 ** 30;

const HEAD = 0, TAIL = 1;
const CLOSED = 1;

/** Gives a reason to stop, looked at before each sleep and after it: the other end of a pipe has died. */
export type Watch = () => void;

/** A taken record, with its number. */
export interface Item extends LogRecord {
  readonly ticket: number;
}

/** A bounded channel of records. */
export class Channel {
  /** To hand to other threads. */
  readonly memory: ChannelMemory;
  readonly owners: OwnerTable;
  readonly deliveries: Deliveries;
  /** Words 14 and on are free for who builds on this. */
  readonly control: SharedWords;
  /** Called whenever a call begins to wait here, and when it looks again. */
  watch: Watch | undefined;
  readonly #words: RingWords & { positions: SharedWords; putLock: SharedWords; takeLock: SharedWords };
  readonly #log: PagedLog;
  // Puts of this thread that have had to wait, in order.
  readonly #turns = new Set<Frame>();

  /** Opens a channel that another thread made, or makes one for so many records. */
  constructor(from: ChannelMemory | number) {
    this.owners = typeof from === "number" ? OwnerTable.local() : OwnerTable.of(from.owners);
    this.memory = typeof from !== "number"
      ? from
      : { control: newMemory(CONTROL_WORDS), pages: newPages(), owners: this.owners.memory, maxSize: from };
    const words = (first: number, count?: number) => new SharedWords(this.memory.control, this.owners, first, count);
    this.control = words(0);
    this.#words = {
      positions: words(0, RING_WORDS),
      putLock: words(RING_WORDS, 1),
      takeLock: words(RING_WORDS + 1, 1),
      capacity: this.memory.maxSize,
    };
    this.#log = new PagedLog(this.control, this.memory.pages);
    this.deliveries = new Deliveries(this.control);
  }

  /** How many records are in it. */
  get size(): number {
    return used(this.#words);
  }

  /** How many were put since the beginning. */
  get putCount(): number {
    return this.control.load(TAIL) >>> 1;
  }

  /** Whether nothing can be put any more. */
  get closed(): boolean {
    return (this.control.load(TAIL) & CLOSED) !== 0;
  }

  /** Puts a record when there is room. Gives its ticket, or `undefined` if the channel is closed. */
  async put(call: string, record: LogRecord, timeout: number | undefined, signal?: AbortSignal) {
    const run = this.#putting(call, record, timeout);
    try {
      await runAsync(run, signal);
      return ticketOf(run.frame);
    } finally {
      this.#leaveTurn(run.frame);
    }
  }

  /** Puts a record, and blocks this thread until there is room. */
  putSync(call: string, record: LogRecord, timeout: number | undefined): number | undefined {
    const run = this.#putting(call, record, timeout);
    // What waits here cannot have its turn while the thread is blocked.
    this.#turns.clear();
    runSync(run);
    return ticketOf(run.frame);
  }

  /** Puts a record if there is room now and no earlier one of this thread waits for it. */
  tryPut(call: string, record: LogRecord): "ok" | "full" | "closed" {
    if (this.#turns.size > 0) return this.closed ? "closed" : "full";
    const run = this.#putting(call, record, 0);
    const result = this.#try(run);
    this.#leaveTurn(run.frame);
    return result === Result.OK ? "ok" : result === Result.CLOSED ? "closed" : "full";
  }

  /** Takes the oldest record when there is one; `undefined` when the channel is closed and empty. */
  async take(call: string, timeout: number | undefined, signal?: AbortSignal): Promise<Item | undefined> {
    const taking = this.#taking(call, timeout, false);
    await runAsync(taking.run, signal);
    return taking.item();
  }

  /** Takes the oldest record, which may be borrowed, and blocks this thread until there is one. */
  takeSync(call: string, timeout: number | undefined): Item | undefined {
    const taking = this.#taking(call, timeout, true);
    runSync(taking.run);
    return taking.item();
  }

  /** Takes the oldest record, which may be borrowed, if there is one now. */
  tryTake(call: string): Item | "empty" | "closed" {
    const taking = this.#taking(call, 0, true);
    const result = this.#try(taking.run);
    return taking.item() ?? (result === Result.CLOSED ? "closed" : "empty");
  }

  /** Waits until there is a record or the channel is closed, and takes nothing. */
  async ready(call: string, signal: AbortSignal): Promise<void> {
    await runAsync(this.#running(call, undefined, (frame) => ready(this.#words, frame)), signal);
  }

  /** Wakes another consumer: this one was woken, and took nothing. */
  passOn(): void {
    runThrough(this.#words.positions, (_, frame) => passNotificationOn(this.#words, frame));
  }

  /** Closes it: nothing is put any more; what is there can be taken. */
  close(): void {
    runThrough(this.#words.positions, (_, frame) => close(this.#words, frame));
  }

  /** Names the items that died with their consumers, each once. */
  takeLost(call: string): number[] {
    return this.#locked(call, () => {
      this.deliveries.collect(this.control.load(HEAD) >>> 1);
      return this.deliveries.read();
    });
  }

  /** Looks for consumers that died with items in their hands. */
  findLost(call: string): void {
    if (this.deliveries.anyDead) this.#locked(call, () => this.deliveries.collect(this.control.load(HEAD) >>> 1));
  }

  #putting(call: string, record: LogRecord, timeout: number | undefined): Machine {
    const write = (_: number, frame: Frame) => this.#log.write(frame, frame.a >>> 1, record);
    // Before it sleeps: the caller goes on.
    const keep = () => {
      if (record.borrowed) record = { kind: record.kind, bytes: record.bytes.slice() };
    };
    const run = this.#running(call, timeout, (frame) => {
      const turn = this.#turns;
      if (turn.size > 0 && turn.values().next().value !== frame) {
        keep();
        return this.#awaitTurn(frame);
      }
      const outcome = this.#copying(frame, this.#words.putLock, () => put(this.#words, frame, write));
      if (outcome === WAIT) {
        turn.add(frame);
        keep();
      } else if (outcome === DONE) this.#leaveTurn(frame);
      return outcome;
    });
    run.frame.b = 1;
    return run;
  }

  #taking(
    call: string,
    timeout: number | undefined,
    mayBorrow: boolean,
  ): { run: Machine; item: () => Item | undefined } {
    let record: LogRecord | undefined;
    const read = (_: number, frame: Frame) => {
      const ticket = frame.a >>> 1;
      record = this.#log.read(frame, ticket, DeliveryStage.UNDO, mayBorrow);
      return this.deliveries.deliver(frame, ticket);
    };
    const run = this.#running(
      call,
      timeout,
      (frame) => this.#copying(frame, this.#words.takeLock, () => take(this.#words, frame, read)),
    );
    const item = () => run.frame.result === Result.OK && record ? { ...record, ticket: run.frame.a >>> 1 } : undefined;
    return { run, item };
  }

  // Nothing may be thrown while a lock is held.
  #copying(frame: Frame, lock: SharedWords, step: () => Outcome): Outcome {
    try {
      return step();
    } catch (error) {
      if (frame.stage === Stage.COPY) runThrough(lock, release);
      throw error;
    }
  }

  #awaitTurn(frame: Frame): Outcome {
    if (frame.quit) return end(frame, Result.GAVE_UP);
    this.#turns.add(frame);
    const { positions } = this.#words;
    return sleep(positions, frame, HEAD, positions.load(HEAD), frame.pc);
  }

  #leaveTurn(frame: Frame): void {
    // The next one of this thread may have room as well.
    if (this.#turns.delete(frame) && this.#turns.size > 0) this.control.notify(HEAD, ALL);
  }

  #running(call: string, timeout: number | undefined, step: (frame: Frame) => Outcome): Machine {
    const frame = new Frame();
    frame.me = this.owners.me;
    const watched = () => {
      const outcome = step(frame);
      if (outcome === WAIT) this.watch?.();
      return outcome;
    };
    return { call, frame, owners: this.owners, timeout, step: watched };
  }

  // Not by a timeout of 0: that would also give up on a lock which somebody holds for a moment.
  #try(run: Machine): number {
    const { frame, step } = run;
    for (let outcome = step(); outcome !== DONE; outcome = step()) {
      if (outcome !== WAIT) continue;
      if (frame.where === this.#words.positions) frame.quit = true;
      else Atomics.wait((frame.where as SharedWords).array, frame.on, frame.expected, 1);
    }
    if (frame.result !== Result.GAVE_UP) conclude(run);
    return frame.result;
  }

  #locked<T>(call: string, work: () => T): T {
    const run = this.#running(call, undefined, (frame) => acquire(this.#words.takeLock, frame));
    run.frame.recover = true;
    this.#try(run);
    try {
      return work();
    } finally {
      runThrough(this.#words.takeLock, release);
    }
  }
}

function ticketOf(frame: Frame): number | undefined {
  return frame.result === Result.OK ? frame.a >>> 1 : undefined;
}
