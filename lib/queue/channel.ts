/**
 * A channel carries records from many producers to many consumers. It is the ring of shared/steps/mpmc_ring.ts, with one
 * unit for each record, over the paged log as its memory.
 *
 * ```
 * put   lock the tail -> fewer than maxSize? -> write to the log -> move TAIL -> unlock -> wake one consumer
 * take  lock the head -> any? -> read from the log, note the delivery -> move HEAD -> unlock -> wake the producers
 * ```
 *
 * The steps, their waits and what a death leaves are the ring's, which tests/model explores. A channel adds two things: a
 * put that finds no memory sleeps like one that finds the queue full, and the waiting puts of one thread are served in the
 * order of their calls.
 *
 * @module
 */
import { SharedWords } from "../shared/memory.ts";
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
import { release } from "../shared/steps/lock.ts";
import { ALL, DONE, end, Frame, type Outcome, Result, sleep, WAIT } from "../shared/steps/step.ts";
import { type Machine, runToEnd } from "../shared/waiting.ts";
import { type ChannelMemory, checkChannelMemory, newChannelMemory } from "./channel_memory.ts";
import { Control } from "./control_layout.ts";
import { Deliveries } from "./deliveries.ts";
import { LostItems } from "./lost_items.ts";
import { type LogRecord, PagedLog } from "./paged_log.ts";
import { BUSY, lockHeld, runNow } from "../shared/run_now.ts";
import { DeliveryStage } from "./steps/delivery_words.ts";

export { type ChannelMemory, UNLIMITED } from "./channel_memory.ts";

const { HEAD, TAIL } = Control;
const CLOSED = 1;

/** A taken record, with its number. */
export interface Item extends LogRecord {
  readonly ticket: number;
}

/** A bounded channel of records. */
export class Channel {
  /** What another thread needs to open this channel. */
  readonly memory: ChannelMemory;
  readonly owners: OwnerTable;
  readonly deliveries: Deliveries;
  readonly lost: LostItems;
  /** All control words. The object that is built on the channel may use those from `Control.FREE` on. */
  readonly control: SharedWords;
  /** Called before each sleep of a call. A pipe checks here whether its other end still exists. */
  onWait: (() => void) | undefined;
  readonly #words: RingWords & { positions: SharedWords; putLock: SharedWords; takeLock: SharedWords };
  readonly #log: PagedLog;
  // Puts of this thread that have had to wait, in the order of their calls.
  readonly #waitingPuts = new Set<Frame>();

  /** Opens a channel that another thread created, or creates one for this number of records, in the name of an owner. */
  constructor(from: ChannelMemory | number, owners?: OwnerTable) {
    this.memory = typeof from === "number" ? newChannelMemory(OwnerTable.local(), from) : checkChannelMemory(from);
    this.owners = owners ?? OwnerTable.of(this.memory.owners);
    const words = (first: number, count?: number) => new SharedWords(this.memory.control, this.owners, first, count);
    this.control = words(0);
    this.#words = {
      positions: words(0, RING_WORDS),
      putLock: words(Control.PUT_LOCK, 1),
      takeLock: words(Control.TAKE_LOCK, 1),
      capacity: this.memory.maxSize,
    };
    this.#log = new PagedLog(this.control, this.memory.pages);
    this.deliveries = new Deliveries(this.control);
    this.lost = new LostItems(this.control, this.#words.takeLock);
  }

  /** How many records are pending. */
  get size(): number {
    return used(this.#words);
  }

  /** How many records were put since the creation of the channel. */
  get putCount(): number {
    return this.control.load(TAIL) >>> 1;
  }

  /** Whether the channel is closed for puts. */
  get closed(): boolean {
    return (this.control.load(TAIL) & CLOSED) !== 0;
  }

  /** Puts a record when there is room. Resolves to its ticket, or to `undefined` if the channel is closed. */
  async put(call: string, record: LogRecord, timeout: number | undefined, signal?: AbortSignal) {
    const machine = this.#putMachine(call, record, timeout);
    try {
      await runAsync(machine, signal);
      return ticketOf(machine.frame);
    } finally {
      this.#endPut(machine.frame);
    }
  }

  /** Puts a record, and blocks this thread until there is room. */
  putSync(call: string, record: LogRecord, timeout: number | undefined): number | undefined {
    const machine = this.#putMachine(call, record, timeout);
    // Waiting puts of this thread cannot run while the thread is blocked, so this one must not wait for them.
    this.#waitingPuts.clear();
    runSync(machine);
    return ticketOf(machine.frame);
  }

  /**
   * Puts a record if there is room now and no earlier put of this thread waits for it. It waits for a thread that is
   * putting, up to `patience` milliseconds; then it returns `"busy"`.
   */
  tryPut(call: string, record: LogRecord, patience?: number): "ok" | "full" | "closed" | "busy" {
    if (this.#waitingPuts.size > 0) return this.closed ? "closed" : "full";
    const machine = this.#putMachine(call, record, 0);
    try {
      const result = runNow(machine, this.#words.positions, patience);
      return result === Result.OK ? "ok" : result === Result.CLOSED ? "closed" : result === BUSY ? "busy" : "full";
    } finally {
      this.#endPut(machine.frame);
    }
  }

  /** Takes the oldest record when there is one. `read` gets `undefined` when the channel is closed and empty. */
  async take<T>(call: string, timeout: number | undefined, signal: AbortSignal | undefined, read: (item?: Item) => T) {
    const { machine, item } = this.#takeMachine(call, timeout, false);
    await runAsync(machine, signal);
    return read(item());
  }

  /** Takes the oldest record, whose bytes may change with the next one, and blocks this thread until there is one. */
  takeSync(call: string, timeout: number | undefined): Item | undefined {
    const { machine, item } = this.#takeMachine(call, timeout, true);
    runSync(machine);
    return item();
  }

  /** Takes the oldest record, whose bytes may change with the next one, if there is one now. */
  tryTake(call: string): Item | "empty" | "closed" {
    const { machine, item } = this.#takeMachine(call, 0, true);
    const result = runNow(machine, this.#words.positions);
    if (result === BUSY) throw lockHeld(call);
    return item() ?? (result === Result.CLOSED ? "closed" : "empty");
  }

  /** Waits until there is a record or the channel is closed, and takes nothing. */
  ready(call: string, signal: AbortSignal): Promise<void> {
    return runAsync(this.#machine(call, undefined, (frame) => ready(this.#words, frame)), signal);
  }

  /** Wakes another consumer: this one was woken and takes nothing. */
  wakeNextConsumer(): void {
    runToEnd("wake the next consumer", this.#words.positions, (_, frame) => passNotificationOn(this.#words, frame));
  }

  /** Closes the channel: further puts fail; pending records can still be taken. */
  close(): void {
    runToEnd("close Queue", this.#words.positions, (_, frame) => close(this.#words, frame));
  }

  #putMachine(call: string, record: LogRecord, timeout: number | undefined): Machine {
    const write = (_: number, frame: Frame) => this.#log.write(call, frame, frame.a >>> 1, record);
    // A put that sleeps returns to its caller, who may change the bytes.
    const copyBytes = () => {
      if (record.mayChange) record = { kind: record.kind, bytes: record.bytes.slice() };
    };
    const machine = this.#machine(call, timeout, (frame) => {
      const waiting = this.#waitingPuts;
      if (waiting.size > 0 && waiting.values().next().value !== frame) {
        copyBytes();
        return this.#waitForEarlierPuts(frame);
      }
      const outcome = this.#unlockOnThrow(frame, this.#words.putLock, () => put(this.#words, frame, write));
      if (outcome === WAIT) {
        waiting.add(frame);
        copyBytes();
      } else if (outcome === DONE) this.#endPut(frame);
      return outcome;
    });
    machine.frame.b = 1;
    return machine;
  }

  #takeMachine(
    call: string,
    timeout: number | undefined,
    useScratch: boolean,
  ): { machine: Machine; item: () => Item | undefined } {
    let record: LogRecord | undefined;
    const read = (_: number, frame: Frame) => {
      const ticket = frame.a >>> 1;
      record = this.#log.read(call, frame, ticket, DeliveryStage.UNDO, useScratch);
      return this.deliveries.deliver(frame, ticket);
    };
    const step = (frame: Frame) =>
      this.#unlockOnThrow(frame, this.#words.takeLock, () => take(this.#words, frame, read));
    const machine = this.#machine(call, timeout, step);
    const { frame } = machine;
    const item = () => frame.result === Result.OK && record ? { ...record, ticket: frame.a >>> 1 } : undefined;
    return { machine, item };
  }

  // An exception while the lock is held (memory cannot grow, or is corrupt) would leave the queue locked for ever.
  #unlockOnThrow(frame: Frame, lock: SharedWords, step: () => Outcome): Outcome {
    try {
      return step();
    } catch (error) {
      if (frame.stage === Stage.COPY) runToEnd("release the lock of Queue", lock, release);
      throw error;
    }
  }

  #waitForEarlierPuts(frame: Frame): Outcome {
    if (frame.giveUp) return end(frame, Result.GAVE_UP);
    this.#waitingPuts.add(frame);
    const { positions } = this.#words;
    return sleep(positions, frame, HEAD, positions.load(HEAD), frame.pc);
  }

  #endPut(frame: Frame): void {
    // The next waiting put of this thread may have room as well.
    if (this.#waitingPuts.delete(frame) && this.#waitingPuts.size > 0) this.control.notify(HEAD, ALL);
  }

  #machine(call: string, timeout: number | undefined, step: (frame: Frame) => Outcome): Machine {
    const frame = new Frame();
    frame.me = this.owners.me;
    const checkedStep = () => {
      const outcome = step(frame);
      if (outcome === WAIT) this.onWait?.();
      return outcome;
    };
    return { call, frame, owners: this.owners, timeout, step: checkedStep };
  }
}

function ticketOf(frame: Frame): number | undefined {
  return frame.result === Result.OK ? frame.a >>> 1 : undefined;
}
