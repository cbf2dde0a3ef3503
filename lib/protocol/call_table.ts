/**
 * The board: shared memory in which host and worker agree on the state of each call in flight, without a message.
 *
 * ```
 * position = seq mod CAPACITY
 *
 *   word[position]    lap | QUEUED --worker--> RUNNING --worker--> TRUE | FALSE | NULL | UNDEFINED | NUMBER
 *                            \-----host----> WITHDRAWN         \-> SPOOLED | SENT
 *   cell[position]    start time while RUNNING, the result once NUMBER, where it lies once SPOOLED
 *   place[position]   where its batch lies (see batch_ring.ts), or POSTED: a message has it
 * ```
 *
 * Who moves a call away from QUEUED is decided by one compare-and-exchange. That is why a call that waits in a worker's batch
 * can still be cancelled or given to another worker *for certain*, and why batches may be long without anybody
 * waiting behind a straggler.
 *
 * A word carries the lap that its call belongs to (seq div CAPACITY): a position is free again as soon as its call is
 * withdrawn, while the message that names the call may still be on its way. Without the lap the worker would take the
 * position's next call for the withdrawn one.
 *
 * A result that fits stays readable when its writer is killed a moment later. Anything else is posted, and its
 * word says SENT.
 *
 * Memory ordering: words are read and written with `Atomics` (sequentially consistent). Cells, places and what lies on the
 * spools are written before the word that announces them and read after it, so plain accesses are ordered by the word. The
 * words of a batch are announced themselves, by the tail of the bell, and are written plainly: who looks at such a position
 * before that means an earlier call of it, which it finds gone, whichever of the two words it reads.
 *
 * @module
 */

import { AtomicWords } from "../shared/memory.ts";
import { CallState, claimCall, isQueued } from "../shared/steps/call.ts";
import type { RunMessage } from "./messages.ts";
import { type BatchHeader, BatchRing } from "./batch_ring.ts";
import { encodeValue, ValueRing } from "./value_ring.ts";

/** How many calls can be in flight with one worker. */
export const CAPACITY = 4096;
const MASK = CAPACITY - 1;
/** The place of a batch that comes by message. */
const BY_MESSAGE = -1;

// The state takes the low four bits of a word, the lap the rest.
const generation = (seq: number): number => ((seq / CAPACITY) & 0x7ffffff) << 4;

/** The states of a call. From {@linkcode State.TRUE} to {@linkcode State.POSTED} it is settled. */
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

/** The memory of a board. */
export interface CallTableMemory {
  readonly table: SharedArrayBuffer;
  /** To the worker. */
  readonly calls: SharedArrayBuffer;
  /** From the worker. */
  readonly results: SharedArrayBuffer;
}

/** One worker's board, seen from either side. */
export class CallTable {
  /** The memory to hand to the other side. */
  readonly memory: CallTableMemory;
  readonly #values: Float64Array;
  readonly #states: AtomicWords;
  readonly #offsets: Int32Array;
  readonly #calls: BatchRing;
  readonly #results: ValueRing;

  constructor(memory?: CallTableMemory) {
    const words = memory?.table ?? new SharedArrayBuffer(CAPACITY * 16);
    this.#values = new Float64Array(words, 0, CAPACITY);
    this.#states = new AtomicWords(words, CAPACITY * 2, CAPACITY);
    this.#offsets = new Int32Array(words, CAPACITY * 12, CAPACITY);
    this.#calls = new BatchRing(memory?.calls);
    this.#results = new ValueRing(memory?.results);
    this.memory = { table: words, calls: this.#calls.memory, results: this.#results.memory };
  }

  /** Host: opens a position for a new call, whose arguments come by message. */
  openPosted(seq: number): void {
    this.#offsets[seq & MASK] = BY_MESSAGE;
    this.#states.store(seq & MASK, generation(seq) | State.QUEUED);
  }

  /**
   * Host: opens positions for a batch whose arguments are in shared memory; `false` if they do not fit.
   *
   * @param head Number of the first call that has not ended.
   */
  openBatch(first: number, terms: BatchHeader, items: readonly unknown[], head: number): boolean {
    const place = this.#calls.write(first, terms, items, head);
    if (place < 0) return false;
    const { array: cells } = this.#states;
    let word = generation(first) | State.QUEUED;
    for (let seq = first; seq < first + items.length; seq++) {
      const position = seq & MASK;
      if (position === 0) word = generation(seq) | State.QUEUED;
      this.#offsets[position] = place;
      cells[position] = word;
    }
    return true;
  }

  /**
   * Worker: the rest of the batch that a call is in, from that call on; `undefined` if it comes by message, `null` if it
   * was withdrawn.
   */
  batchFrom(seq: number): RunMessage | null | undefined {
    if (!this.isQueued(seq)) return null;
    const place = this.#offsets[seq & MASK];
    const batch = place === BY_MESSAGE ? undefined : this.#calls.read(place, seq);
    // Withdrawn meanwhile: what was read may be another batch, or half of one.
    return this.isQueued(seq) ? batch : null;
  }

  /** Host: takes a call back; `false` if it has started. */
  withdraw(seq: number): boolean {
    return claimCall(this.#states, seq & MASK, generation(seq), State.WITHDRAWN);
  }

  /** Worker: takes a call; `false` if it was withdrawn. */
  start(seq: number): boolean {
    return claimCall(this.#states, seq & MASK, generation(seq), State.RUNNING);
  }

  /** Worker: notes when a call starts; comes before {@linkcode start}, which announces it. */
  noteStart(seq: number, now: number): void {
    this.#values[seq & MASK] = now;
  }

  /** Worker: leaves the result of a call, if it fits; `false` if it must be posted. In the order of the calls. */
  setResult(seq: number, value: unknown): boolean {
    let word: number;
    if (typeof value === "number") {
      this.#values[seq & MASK] = value;
      word = State.NUMBER;
    } else if (value === undefined) word = State.UNDEFINED;
    else if (value === true) word = State.TRUE;
    else if (value === false) word = State.FALSE;
    else if (value === null) word = State.NULL;
    else if (this.#writeResult(seq, value)) word = State.IN_RING;
    else return false;
    this.#states.store(seq & MASK, generation(seq) | word);
    return true;
  }

  /** Worker: the answer was posted. */
  markPosted(seq: number): void {
    this.#states.store(seq & MASK, generation(seq) | State.POSTED);
  }

  /** Whether a call could still be started, or withdrawn. */
  isQueued(seq: number): boolean {
    return isQueued(this.#states, seq & MASK, generation(seq));
  }

  /** Host: the state of a call in flight. */
  state(seq: number): number {
    return this.#states.load(seq & MASK) & 15;
  }

  /** Host: the start time of a timed call that runs. */
  startedAt(seq: number): number {
    return this.#values[seq & MASK];
  }

  /**
   * Host: the result that `word` announces. Once, and in the order of the calls.
   *
   * @throws {SyntaxError | TypeError} If the worker has left nonsense.
   */
  result(seq: number, word: number): unknown {
    if (word === State.NUMBER) return this.#values[seq & MASK];
    if (word === State.IN_RING) return this.#readResult(this.#values[seq & MASK]);
    if (word === State.TRUE) return true;
    if (word === State.FALSE) return false;
    return word === State.NULL ? null : undefined;
  }

  #writeResult(seq: number, value: unknown): boolean {
    const results = this.#results;
    const folded = encodeValue(value);
    const place = results.write(() => results.put(folded));
    if (place >= 0) this.#values[seq & MASK] = place;
    return place >= 0;
  }

  #readResult(place: number): unknown {
    const results = this.#results;
    results.seek(place);
    try {
      return results.get();
    } finally {
      results.free(results.at);
    }
  }
}
