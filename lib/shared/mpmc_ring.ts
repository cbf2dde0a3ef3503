/**
 * A ring buffer of byte records in shared memory, for many producers and many consumers. (The channel of a queue uses the
 * same steps with its own records.)
 *
 * ```
 * HEAD | TAIL | lock of the producers | lock of the consumers | units of 4 bytes ...
 *
 *   a record: its length in bytes, then the bytes, in whole units; it may wrap around the end of the memory
 * ```
 *
 * steps/mpmc_ring.ts has the algorithm, and what it guarantees when threads die.
 *
 * Memory ordering: a consumer that takes a record sees everything that its producer wrote before it put the record. The
 * bytes themselves are plain accesses, ordered by the atomic steps that move HEAD and TAIL.
 *
 * @module
 */
import { integer } from "../core/validate.ts";
import { newMemory, SharedWords } from "./memory.ts";
import { OwnerTable } from "./owner_table.ts";
import { runAsync } from "./run_async.ts";
import { runSync } from "./run_sync.ts";
import { close, put, RING_WORDS, type RingWords, take, used } from "./steps/mpmc_ring.ts";
import { DONE, Frame, type Outcome, Result, WAIT } from "./steps/step.ts";
import {
  type BlockLimits,
  checkBlock,
  checkLimits,
  conclude,
  type Machine,
  runThrough,
  type WaitLimits,
} from "./waiting.ts";

const UNIT = 4;
const FIRST = RING_WORDS + 2;
const PUT = "put into MpmcRing";
const TAKE = "take from MpmcRing";

/** A taken record, or the reason why there is none. */
export type Taken = { state: "ok"; value: Uint8Array } | { state: "empty" } | { state: "closed" };

/** A bounded ring buffer of records. */
export class MpmcRing {
  /** The memory, to send to other threads. */
  readonly memory: SharedArrayBuffer;
  /** Length of the longest record, in bytes. */
  readonly maxRecord: number;
  readonly #words: RingWords & { positions: SharedWords; putLock: SharedWords; takeLock: SharedWords };
  readonly #lengths: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #owners: OwnerTable;

  /** Opens the ring of another thread, or makes one of at least so many bytes, which include each record's length. */
  constructor(from: SharedArrayBuffer | number, owners: OwnerTable = OwnerTable.local()) {
    this.memory = typeof from === "number" ? newMemory(FIRST + unitsFor(from)) : from;
    this.#owners = owners;
    this.#lengths = new Int32Array(this.memory, FIRST * 4);
    this.#bytes = new Uint8Array(this.memory, FIRST * 4);
    this.maxRecord = this.#bytes.length - UNIT;
    const words = (first: number, count: number) => new SharedWords(this.memory, owners, first, count);
    this.#words = {
      positions: words(0, RING_WORDS),
      putLock: words(RING_WORDS, 1),
      takeLock: words(RING_WORDS + 1, 1),
      capacity: this.#lengths.length,
    };
  }

  /** The number of bytes in use, lengths included. */
  get used(): number {
    return used(this.#words) * UNIT;
  }

  /** Puts a record, once there is room; `false` if the ring is closed. */
  async put(record: Uint8Array, limits?: WaitLimits): Promise<boolean> {
    const machine = this.#newPut(record, checkLimits(PUT, limits));
    await runAsync(machine, limits?.signal);
    return machine.frame.result === Result.OK;
  }

  /** Puts a record, and blocks this thread until there is room; `false` if the ring is closed. */
  putSync(record: Uint8Array, limits?: BlockLimits): boolean {
    const machine = this.#newPut(record, checkBlock(PUT, limits));
    runSync(machine);
    return machine.frame.result === Result.OK;
  }

  /** Puts a record, if there is room now. */
  tryPut(record: Uint8Array): "ok" | "full" | "closed" {
    const { result } = this.#runWithoutWaiting(this.#newPut(record, 0));
    return result === Result.OK ? "ok" : result === Result.CLOSED ? "closed" : "full";
  }

  /** Takes the oldest record, once there is one; `undefined` if the ring is closed and empty. */
  async take(limits?: WaitLimits): Promise<Uint8Array | undefined> {
    const attempt = this.#newTake(checkLimits(TAKE, limits));
    await runAsync(attempt.machine, limits?.signal);
    return attempt.record();
  }

  /** Takes the oldest record, and blocks this thread until there is one; `undefined` if the ring is closed and empty. */
  takeSync(limits?: BlockLimits): Uint8Array | undefined {
    const attempt = this.#newTake(checkBlock(TAKE, limits));
    runSync(attempt.machine);
    return attempt.record();
  }

  /** Takes the oldest record, if there is one now. */
  tryTake(): Taken {
    const attempt = this.#newTake(0);
    const { result } = this.#runWithoutWaiting(attempt.machine);
    const value = attempt.record();
    if (value !== undefined) return { state: "ok", value };
    return { state: result === Result.CLOSED ? "closed" : "empty" };
  }

  /** Closes the ring: no record can be put any more; consumers can still take those that are in it. */
  close(): void {
    runThrough(this.#words.positions, (_, frame) => close(this.#words, frame));
  }

  #newPut(record: Uint8Array, timeout: number | undefined): Machine {
    if (record.length > this.maxRecord) {
      throw new RangeError(`Cannot ${PUT}: the record has ${record.length} bytes: it takes up to ${this.maxRecord}`);
    }
    const machine = this.#newMachine(PUT, timeout, (frame) => put(this.#words, frame, (at) => this.#write(at, record)));
    machine.frame.b = unitsOf(record.length);
    return machine;
  }

  #newTake(timeout: number | undefined): { machine: Machine; record: () => Uint8Array | undefined } {
    let record: Uint8Array | undefined;
    const read = (at: number, frame: Frame): Outcome => {
      record = this.#read(at);
      frame.b = unitsOf(record.length);
      return DONE;
    };
    const machine = this.#newMachine(TAKE, timeout, (frame) => take(this.#words, frame, read));
    return { machine, record: () => machine.frame.result === Result.OK ? record : undefined };
  }

  #newMachine(call: string, timeout: number | undefined, step: (frame: Frame) => Outcome): Machine {
    const frame = new Frame();
    frame.me = this.#owners.me;
    return { call, frame, owners: this.#owners, timeout, step: () => step(frame) };
  }

  // A timeout of 0 would not do: it would also give up on a lock that another thread holds for a moment.
  #runWithoutWaiting(machine: Machine): Frame {
    const { frame, step } = machine;
    for (let outcome = step(); outcome !== DONE; outcome = step()) {
      if (outcome !== WAIT) continue;
      if (frame.where === this.#words.positions) frame.quit = true;
      else Atomics.wait((frame.where as SharedWords).array, frame.on, frame.expected, 1);
    }
    if (frame.result !== Result.GAVE_UP) conclude(machine);
    return frame;
  }

  #write(at: number, record: Uint8Array): Outcome {
    this.#lengths[at] = record.length;
    const start = ((at + 1) * UNIT) % this.#bytes.length;
    const contiguous = this.#bytes.length - start;
    this.#bytes.set(record.subarray(0, contiguous), start);
    if (record.length > contiguous) this.#bytes.set(record.subarray(contiguous), 0);
    return DONE;
  }

  #read(at: number): Uint8Array {
    const record = new Uint8Array(this.#lengths[at]);
    const start = ((at + 1) * UNIT) % this.#bytes.length;
    const contiguous = this.#bytes.length - start;
    record.set(this.#bytes.subarray(start, Math.min(start + record.length, this.#bytes.length)));
    if (record.length > contiguous) record.set(this.#bytes.subarray(0, record.length - contiguous), contiguous);
    return record;
  }
}

function unitsOf(bytes: number): number {
  return 1 + Math.ceil(bytes / UNIT);
}

function unitsFor(bytes: number): number {
  integer("create MpmcRing", "bytes", bytes, UNIT);
  const units = 2 ** Math.ceil(Math.log2(bytes / UNIT));
  // Positions wrap around at 2^31 units, so a ring must be smaller.
  if (units > 2 ** 28) throw new RangeError(`Cannot create MpmcRing: \`bytes\` is ${bytes}: it takes up to ${2 ** 30}`);
  return units;
}
