/**
 * Records of bytes from many producers to many consumers, through shared memory: what a queue is made of.
 *
 * ```
 * HEAD | TAIL | lock of the producers | lock of the consumers | units of 4 bytes ...
 *
 *   a record: its length in bytes, then the bytes, in whole units; it may go over the end of the memory to its beginning
 * ```
 *
 * The algorithm, and what it promises when threads die: steps/ring.ts.
 *
 * Memory ordering: what a producer wrote anywhere before it put a record is seen by the one who takes it. The bytes
 * themselves are plain accesses, ordered by the moves of HEAD and TAIL.
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
const PUT = "put into Ring";
const TAKE = "take from Ring";

/** A taken record, or why there is none. */
export type Taken = { state: "ok"; value: Uint8Array } | { state: "empty" } | { state: "closed" };

/** A bounded ring of records. */
export class MpmcRing {
  /** To hand to other threads. */
  readonly memory: SharedArrayBuffer;
  /** Longest record, in bytes. */
  readonly maxRecord: number;
  readonly #words: RingWords & { positions: SharedWords; putLock: SharedWords; takeLock: SharedWords };
  readonly #lengths: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #owners: OwnerTable;

  /** Opens a ring that another thread made, or makes one of at least so many bytes, each record's length included. */
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

  /** How many bytes are in use, lengths included. */
  get used(): number {
    return used(this.#words) * UNIT;
  }

  /** Puts a record when there is room; `false` if the ring is closed. */
  async put(record: Uint8Array, limits?: WaitLimits): Promise<boolean> {
    const run = this.#putting(record, checkLimits(PUT, limits));
    await runAsync(run, limits?.signal);
    return run.frame.result === Result.OK;
  }

  /** Puts a record, and blocks this thread until there is room; `false` if the ring is closed. */
  putSync(record: Uint8Array, limits?: BlockLimits): boolean {
    const run = this.#putting(record, checkBlock(PUT, limits));
    runSync(run);
    return run.frame.result === Result.OK;
  }

  /** Puts a record if there is room now. */
  tryPut(record: Uint8Array): "ok" | "full" | "closed" {
    const { result } = this.#try(this.#putting(record, 0));
    return result === Result.OK ? "ok" : result === Result.CLOSED ? "closed" : "full";
  }

  /** Takes the oldest record when there is one; `undefined` when the ring is closed and empty. */
  async take(limits?: WaitLimits): Promise<Uint8Array | undefined> {
    const taking = this.#taking(checkLimits(TAKE, limits));
    await runAsync(taking.run, limits?.signal);
    return taking.record();
  }

  /** Takes the oldest record, and blocks this thread until there is one; `undefined` when closed and empty. */
  takeSync(limits?: BlockLimits): Uint8Array | undefined {
    const taking = this.#taking(checkBlock(TAKE, limits));
    runSync(taking.run);
    return taking.record();
  }

  /** Takes the oldest record if there is one now. */
  tryTake(): Taken {
    const taking = this.#taking(0);
    const { result } = this.#try(taking.run);
    const value = taking.record();
    if (value !== undefined) return { state: "ok", value };
    return { state: result === Result.CLOSED ? "closed" : "empty" };
  }

  /** Closes it: nothing is put any more; what is there can be taken. */
  close(): void {
    runThrough(this.#words.positions, (_, frame) => close(this.#words, frame));
  }

  #putting(record: Uint8Array, timeout: number | undefined): Machine {
    if (record.length > this.maxRecord) {
      throw new RangeError(`Cannot ${PUT}: the record has ${record.length} bytes: it takes up to ${this.maxRecord}`);
    }
    const run = this.#running(PUT, timeout, (frame) => put(this.#words, frame, (at) => this.#write(at, record)));
    run.frame.b = unitsOf(record.length);
    return run;
  }

  #taking(timeout: number | undefined): { run: Machine; record: () => Uint8Array | undefined } {
    let record: Uint8Array | undefined;
    const read = (at: number, frame: Frame): Outcome => {
      record = this.#read(at);
      frame.b = unitsOf(record.length);
      return DONE;
    };
    const run = this.#running(TAKE, timeout, (frame) => take(this.#words, frame, read));
    return { run, record: () => run.frame.result === Result.OK ? record : undefined };
  }

  #running(call: string, timeout: number | undefined, step: (frame: Frame) => Outcome): Machine {
    const frame = new Frame();
    frame.me = this.#owners.me;
    return { call, frame, owners: this.#owners, timeout, step: () => step(frame) };
  }

  // Not by a timeout of 0: that would also give up on a lock which somebody holds for a moment.
  #try(run: Machine): Frame {
    const { frame, step } = run;
    for (let outcome = step(); outcome !== DONE; outcome = step()) {
      if (outcome !== WAIT) continue;
      if (frame.where === this.#words.positions) frame.quit = true;
      else Atomics.wait((frame.where as SharedWords).array, frame.on, frame.expected, 1);
    }
    if (frame.result !== Result.GAVE_UP) conclude(run);
    return frame;
  }

  #write(at: number, record: Uint8Array): Outcome {
    this.#lengths[at] = record.length;
    const start = ((at + 1) * UNIT) % this.#bytes.length;
    const straight = this.#bytes.length - start;
    this.#bytes.set(record.subarray(0, straight), start);
    if (record.length > straight) this.#bytes.set(record.subarray(straight), 0);
    return DONE;
  }

  #read(at: number): Uint8Array {
    const record = new Uint8Array(this.#lengths[at]);
    const start = ((at + 1) * UNIT) % this.#bytes.length;
    const straight = this.#bytes.length - start;
    record.set(this.#bytes.subarray(start, Math.min(start + record.length, this.#bytes.length)));
    if (record.length > straight) record.set(this.#bytes.subarray(0, record.length - straight), straight);
    return record;
  }
}

function unitsOf(bytes: number): number {
  return 1 + Math.ceil(bytes / UNIT);
}

function unitsFor(bytes: number): number {
  integer("create Ring", "bytes", bytes, UNIT);
  const units = 2 ** Math.ceil(Math.log2(bytes / UNIT));
  // Positions count to 2^31 units: they must not meet themselves.
  if (units > 2 ** 28) throw new RangeError(`Cannot create Ring: \`bytes\` is ${bytes}: it takes up to ${2 ** 30}`);
  return units;
}
