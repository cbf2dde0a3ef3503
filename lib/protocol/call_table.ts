/**
 * The call table: shared memory in which a host and its worker agree on the state of each call in flight, without a
 * message.
 *
 * ```
 * slot = seq mod CAPACITY
 *
 *   states[slot]    generation | QUEUED --worker--> RUNNING --worker--> TRUE | FALSE | NULL | UNDEFINED | NUMBER
 *                                   \--host----> WITHDRAWN          \-> IN_RING | POSTED
 *   values[slot]    the start time while RUNNING; then the number of NUMBER, or the result's ring offset of IN_RING
 *   offsets[slot]   the ring offset of the call's batch (batch_ring.ts), or BY_MESSAGE
 * ```
 *
 * One compare-and-exchange decides between the worker that starts a queued call and the host that withdraws it. So the
 * host can cancel a call that waits in a worker's batch, or give it to another worker, and be certain that it runs once
 * at most. That allows long batches: no call has to wait behind a slow one.
 *
 * The generation (seq div CAPACITY) tells a reused slot from the call that used it before (ABA). A slot is free again
 * as soon as its call is withdrawn, while the message that names the call may still be on its way. Without the
 * generation, the worker could run the slot's next call in place of the withdrawn one.
 *
 * A result that fits into shared memory stays readable when its worker is killed right after. Any other result goes by
 * message, and its state is POSTED.
 *
 * Memory ordering: states are read and written with `Atomics` (sequentially consistent). Values, offsets and ring
 * records are written before the state that publishes them and read after it, so plain accesses suffice. The states of
 * a batch are plain writes, too: the tail of the doorbell publishes them. A worker that reads such a slot earlier does
 * so for an earlier call of the slot, and finds that call withdrawn or ended with the old state as well as with the new
 * one.
 *
 * @module
 */

import { AtomicWords } from "../shared/memory.ts";
import { CallState, claimCall, isQueued } from "../shared/steps/call.ts";
import { type BatchHeader, BatchRing } from "./batch_ring.ts";
import type { RunMessage } from "./messages.ts";
import { encodeValue, ValueRing } from "./value_ring.ts";

/** Maximum number of calls in flight with one worker. */
export const CAPACITY = 4096;
const MASK = CAPACITY - 1;
/** The offset of a batch that comes by message. */
const BY_MESSAGE = -1;

// The state takes the low four bits of a word, the generation the others.
const generationOf = (seq: number): number => ((seq / CAPACITY) & 0x7ffffff) << 4;

/** The states of a call. From {@linkcode State.TRUE} to {@linkcode State.POSTED} it has ended. */
export const State = {
  ...CallState,
  TRUE: 4,
  FALSE: 5,
  NULL: 6,
  UNDEFINED: 7,
  NUMBER: 8,
  IN_RING: 9,
  POSTED: 10,
} as const;

/** The memory of a call table. */
export interface CallTableMemory {
  readonly table: SharedArrayBuffer;
  /** The ring buffer of batches, from the host to the worker. */
  readonly calls: SharedArrayBuffer;
  /** The ring buffer of results, from the worker to the host. */
  readonly results: SharedArrayBuffer;
}

/** The call table of one worker, as either side sees it. */
export class CallTable {
  /** The memory to hand to the other side. */
  readonly memory: CallTableMemory;
  readonly #values: Float64Array;
  readonly #states: AtomicWords;
  readonly #offsets: Int32Array;
  readonly #calls: BatchRing;
  readonly #results: ValueRing;

  constructor(memory?: CallTableMemory) {
    const table = memory?.table ?? new SharedArrayBuffer(CAPACITY * 16);
    this.#values = new Float64Array(table, 0, CAPACITY);
    this.#states = new AtomicWords(table, CAPACITY * 2, CAPACITY);
    this.#offsets = new Int32Array(table, CAPACITY * 12, CAPACITY);
    this.#calls = new BatchRing(memory?.calls);
    this.#results = new ValueRing(memory?.results);
    this.memory = { table, calls: this.#calls.memory, results: this.#results.memory };
  }

  /** Host: queues a new call whose arguments come by message. */
  openPosted(seq: number): void {
    this.#offsets[seq & MASK] = BY_MESSAGE;
    this.#states.store(seq & MASK, generationOf(seq) | State.QUEUED);
  }

  /**
   * Host: queues the calls of a batch and writes its arguments into shared memory; `false` if they do not fit.
   *
   * @param head Number of the first call that has not ended.
   */
  openBatch(first: number, header: BatchHeader, items: readonly unknown[], head: number): boolean {
    const offset = this.#calls.write(first, header, items, head);
    if (offset < 0) return false;
    const { array: states } = this.#states;
    let queued = generationOf(first) | State.QUEUED;
    for (let seq = first; seq < first + items.length; seq++) {
      const slot = seq & MASK;
      if (slot === 0) queued = generationOf(seq) | State.QUEUED;
      this.#offsets[slot] = offset;
      states[slot] = queued;
    }
    return true;
  }

  /**
   * Worker: returns the part of a call's batch that begins with the call; `undefined` if the batch comes by message,
   * `null` if the call was withdrawn.
   */
  batchFrom(seq: number): RunMessage | null | undefined {
    if (!this.isQueued(seq)) return null;
    const offset = this.#offsets[seq & MASK];
    const batch = offset === BY_MESSAGE ? undefined : this.#calls.read(offset, seq);
    // If the host has withdrawn the call meanwhile, the record may be another batch, or half of one.
    return this.isQueued(seq) ? batch : null;
  }

  /** Host: withdraws a call; `false` if it has started. */
  withdraw(seq: number): boolean {
    return claimCall(this.#states, seq & MASK, generationOf(seq), State.WITHDRAWN);
  }

  /** Worker: starts a call; `false` if it was withdrawn. */
  start(seq: number): boolean {
    return claimCall(this.#states, seq & MASK, generationOf(seq), State.RUNNING);
  }

  /** Worker: records when a call starts, before {@linkcode start} publishes it. */
  recordStart(seq: number, now: number): void {
    this.#values[seq & MASK] = now;
  }

  /** Worker: writes the result of a call; `false` if it does not fit and must be posted. In the order of the calls. */
  setResult(seq: number, value: unknown): boolean {
    let state: number;
    if (typeof value === "number") {
      this.#values[seq & MASK] = value;
      state = State.NUMBER;
    } else if (value === undefined) state = State.UNDEFINED;
    else if (value === true) state = State.TRUE;
    else if (value === false) state = State.FALSE;
    else if (value === null) state = State.NULL;
    else if (this.#writeResult(seq, value)) state = State.IN_RING;
    else return false;
    this.#states.store(seq & MASK, generationOf(seq) | state);
    return true;
  }

  /** Worker: ends a call whose answer was posted as a message. */
  markPosted(seq: number): void {
    this.#states.store(seq & MASK, generationOf(seq) | State.POSTED);
  }

  /** Whether a call has neither started nor been withdrawn. */
  isQueued(seq: number): boolean {
    return isQueued(this.#states, seq & MASK, generationOf(seq));
  }

  /** Host: returns the state of a call in flight. */
  state(seq: number): number {
    return this.#states.load(seq & MASK) & 15;
  }

  /** Host: returns the start time of a running call with a timeout, on the worker's clock. */
  startedAt(seq: number): number {
    return this.#values[seq & MASK];
  }

  /**
   * Host: reads the result of a call in `state`. Once for each call, in the order of the calls.
   *
   * @throws {SyntaxError | TypeError} If the worker has written data that is no value.
   */
  result(seq: number, state: number): unknown {
    if (state === State.NUMBER) return this.#values[seq & MASK];
    if (state === State.IN_RING) return this.#readResult(this.#values[seq & MASK]);
    if (state === State.TRUE) return true;
    if (state === State.FALSE) return false;
    return state === State.NULL ? null : undefined;
  }

  #writeResult(seq: number, value: unknown): boolean {
    const results = this.#results;
    const encoded = encodeValue(value);
    const offset = results.write(() => results.put(encoded));
    if (offset >= 0) this.#values[seq & MASK] = offset;
    return offset >= 0;
  }

  #readResult(offset: number): unknown {
    const results = this.#results;
    results.seek(offset);
    try {
      return results.get();
    } finally {
      results.free(results.cursor);
    }
  }
}
