/**
 * The board: shared memory in which host and worker agree on the state of each call in flight, without a message.
 *
 * ```
 * position = seq mod CAPACITY
 *
 *   word[position]    lap | QUEUED --worker--> RUNNING --worker--> TRUE | FALSE | NULL | UNDEFINED | NUMBER
 *                            \-----host----> WITHDRAWN         \-> SPOOLED | SENT
 *   cell[position]    start time while RUNNING, the result once NUMBER, where it lies once SPOOLED
 *   place[position]   where its batch lies (see calls.ts), or POSTED: a message has it
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

import { Cells } from "../shared/memory.ts";
import { CallState, claimCall, isQueued } from "../shared/steps/call.ts";
import type { RunMessage } from "./messages.ts";
import { Calls, type Terms } from "./calls.ts";
import { fold, Spool } from "./spool.ts";

/** How many calls can be in flight with one worker. */
export const CAPACITY = 4096;
const MASK = CAPACITY - 1;
/** The place of a batch that comes by message. */
const POSTED = -1;

// The state takes the low four bits of a word, the lap the rest.
const lap = (seq: number): number => ((seq / CAPACITY) & 0x7ffffff) << 4;

/** The states of a call. From {@linkcode Word.TRUE} to {@linkcode Word.SENT} it is settled. */
export const Word = {
  ...CallState,
  TRUE: 4,
  FALSE: 5,
  NULL: 6,
  UNDEFINED: 7,
  NUMBER: 8,
  SPOOLED: 9,
  SENT: 10,
} as const;

/** The memory of a board. */
export interface BoardMemory {
  readonly words: SharedArrayBuffer;
  /** To the worker. */
  readonly calls: SharedArrayBuffer;
  /** From the worker. */
  readonly results: SharedArrayBuffer;
}

/** One worker's board, seen from either side. */
export class Board {
  /** The memory to hand to the other side. */
  readonly memory: BoardMemory;
  readonly #cells: Float64Array;
  readonly #words: Cells;
  readonly #places: Int32Array;
  readonly #calls: Calls;
  readonly #results: Spool;

  constructor(memory?: BoardMemory) {
    const words = memory?.words ?? new SharedArrayBuffer(CAPACITY * 16);
    this.#cells = new Float64Array(words, 0, CAPACITY);
    this.#words = new Cells(words, CAPACITY * 2, CAPACITY);
    this.#places = new Int32Array(words, CAPACITY * 12, CAPACITY);
    this.#calls = new Calls(memory?.calls);
    this.#results = new Spool(memory?.results);
    this.memory = { words, calls: this.#calls.memory, results: this.#results.memory };
  }

  /** Host: opens a position for a new call, whose arguments come by message. */
  enqueue(seq: number): void {
    this.#places[seq & MASK] = POSTED;
    this.#words.store(seq & MASK, lap(seq) | Word.QUEUED);
  }

  /**
   * Host: opens positions for a batch whose arguments are in shared memory; `false` if they do not fit.
   *
   * @param head Number of the first call that has not ended.
   */
  place(first: number, terms: Terms, items: readonly unknown[], head: number): boolean {
    const place = this.#calls.write(first, terms, items, head);
    if (place < 0) return false;
    const { cells } = this.#words;
    let word = lap(first) | Word.QUEUED;
    for (let seq = first; seq < first + items.length; seq++) {
      const position = seq & MASK;
      if (position === 0) word = lap(seq) | Word.QUEUED;
      this.#places[position] = place;
      cells[position] = word;
    }
    return true;
  }

  /**
   * Worker: the rest of the batch that a call is in, from that call on; `undefined` if it comes by message, `null` if it
   * was withdrawn.
   */
  pick(seq: number): RunMessage | null | undefined {
    if (!this.isQueued(seq)) return null;
    const place = this.#places[seq & MASK];
    const batch = place === POSTED ? undefined : this.#calls.read(place, seq);
    // Withdrawn meanwhile: what was read may be another batch, or half of one.
    return this.isQueued(seq) ? batch : null;
  }

  /** Host: takes a call back; `false` if it has started. */
  withdraw(seq: number): boolean {
    return claimCall(this.#words, seq & MASK, lap(seq), Word.WITHDRAWN);
  }

  /** Worker: takes a call; `false` if it was withdrawn. */
  start(seq: number): boolean {
    return claimCall(this.#words, seq & MASK, lap(seq), Word.RUNNING);
  }

  /** Worker: notes when a call starts; comes before {@linkcode start}, which announces it. */
  stamp(seq: number, now: number): void {
    this.#cells[seq & MASK] = now;
  }

  /** Worker: leaves the result of a call, if it fits; `false` if it must be posted. In the order of the calls. */
  answer(seq: number, value: unknown): boolean {
    let word: number;
    if (typeof value === "number") {
      this.#cells[seq & MASK] = value;
      word = Word.NUMBER;
    } else if (value === undefined) word = Word.UNDEFINED;
    else if (value === true) word = Word.TRUE;
    else if (value === false) word = Word.FALSE;
    else if (value === null) word = Word.NULL;
    else if (this.#spool(seq, value)) word = Word.SPOOLED;
    else return false;
    this.#words.store(seq & MASK, lap(seq) | word);
    return true;
  }

  /** Worker: the answer was posted. */
  sent(seq: number): void {
    this.#words.store(seq & MASK, lap(seq) | Word.SENT);
  }

  /** Whether a call could still be started, or withdrawn. */
  isQueued(seq: number): boolean {
    return isQueued(this.#words, seq & MASK, lap(seq));
  }

  /** Host: the state of a call in flight. */
  word(seq: number): number {
    return this.#words.load(seq & MASK) & 15;
  }

  /** Host: the start time of a timed call that runs. */
  startedAt(seq: number): number {
    return this.#cells[seq & MASK];
  }

  /**
   * Host: the result that `word` announces. Once, and in the order of the calls.
   *
   * @throws {SyntaxError | TypeError} If the worker has left nonsense.
   */
  value(seq: number, word: number): unknown {
    if (word === Word.NUMBER) return this.#cells[seq & MASK];
    if (word === Word.SPOOLED) return this.#unspool(this.#cells[seq & MASK]);
    if (word === Word.TRUE) return true;
    if (word === Word.FALSE) return false;
    return word === Word.NULL ? null : undefined;
  }

  #spool(seq: number, value: unknown): boolean {
    const results = this.#results;
    const folded = fold(value);
    const place = results.write(() => results.put(folded));
    if (place >= 0) this.#cells[seq & MASK] = place;
    return place >= 0;
  }

  #unspool(place: number): unknown {
    const results = this.#results;
    results.seek(place);
    try {
      return results.get();
    } finally {
      results.free(results.at);
    }
  }
}
