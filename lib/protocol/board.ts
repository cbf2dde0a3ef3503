/**
 * The board: shared memory in which host and worker agree on the state of each call in flight, without a message.
 *
 * ```
 * position = seq mod CAPACITY
 *
 *   word[position]   lap | QUEUED | HERE --worker--> RUNNING --worker--> TRUE | FALSE | NULL | UNDEFINED | NUMBER
 *                               \-----------host----> WITHDRAWN         \-> TEXT | SENT
 *   cell[position]   start time while RUNNING, the result once NUMBER
 *   slip[seq mod SLIPS]   the arguments if HERE (else a message has them), its result once TEXT: see slips.ts
 * ```
 *
 * Who moves a call away from QUEUED or HERE is decided by one compare-and-exchange. That is why a call that waits in a worker's
 * batch can still be cancelled or given to another worker *for certain*, and why batches may be long without anybody
 * waiting behind a straggler.
 *
 * A word carries the lap that its call belongs to (seq div CAPACITY): a position is free again as soon as its call is
 * withdrawn, while the message that names the call may still be on its way. Without the lap the worker would take the
 * position's next call for the withdrawn one.
 *
 * A result that fits stays readable when its writer is killed a moment later. Anything else is posted, and its
 * word says SENT.
 *
 * Memory ordering: words are read and written with `Atomics` (sequentially consistent). Cells and slips are written
 * before the word that announces them and read after it, so plain accesses are ordered by the word.
 *
 * @module
 */

import { Cells } from "../shared/memory.ts";
import { CallState, claimCall, queuedAs } from "../shared/steps/call.ts";
import type { RunMessage } from "./messages.ts";
import { Slips, type Terms } from "./slips.ts";

/** How many calls can be in flight with one worker. */
export const CAPACITY = 4096;
const MASK = CAPACITY - 1;
/**
 * How many of them can have a slip: as many calls as are in flight where they are submitted one by one. The runtime fills
 * shared memory with zeros, so each slip is resident from the start, and a dead worker's until it is collected.
 */
export const SLIPS = 512;

// The state takes the low four bits of a word, the lap the rest.
const lap = (seq: number): number => ((seq / CAPACITY) & 0x7ffffff) << 4;

/** The states of a call. From {@linkcode Word.TRUE} to {@linkcode Word.SENT} it is settled. */
export const Word = {
  ...CallState,
  TRUE: 3,
  FALSE: 4,
  NULL: 5,
  UNDEFINED: 6,
  NUMBER: 7,
  TEXT: 8,
  SENT: 9,
} as const;

/** The memory of a board. */
export interface BoardMemory {
  readonly words: SharedArrayBuffer;
  readonly slips: SharedArrayBuffer;
}

/** One worker's board, seen from either side. */
export class Board {
  /** The memory to hand to the other side. */
  readonly memory: BoardMemory;
  readonly #words: Cells;
  readonly #cells: Float64Array;
  readonly #slips: Slips;
  // Worker: whether the call that was taken last has a slip, which is its own until it is answered.
  #hasSlip = false;

  constructor(memory?: BoardMemory) {
    const words = memory?.words ?? new SharedArrayBuffer(CAPACITY * 12);
    this.#cells = new Float64Array(words, 0, CAPACITY);
    this.#words = new Cells(words, CAPACITY * 2, CAPACITY);
    this.#slips = new Slips(SLIPS, memory?.slips);
    this.memory = memory ?? { words, slips: this.#slips.memory };
  }

  /** Host: opens a position for a new call, whose arguments come by message. */
  enqueue(seq: number): void {
    this.#words.store(seq & MASK, lap(seq) | Word.QUEUED);
  }

  /**
   * Host: opens positions for calls whose arguments are on their slips; `false` if one does not fit. No more than
   * {@linkcode SLIPS} calls may be in flight with them.
   */
  place(first: number, terms: Terms, items: readonly unknown[]): boolean {
    for (let i = 0; i < items.length; i++) if (!this.#slips.write(first + i, terms, items[i])) return false;
    for (let seq = first; seq < first + items.length; seq++) {
      this.#words.store(seq & MASK, lap(seq) | Word.HERE);
    }
    return true;
  }

  /**
   * Worker: of the `most` calls from `first` on, those that are alike and whose arguments are here, as one batch;
   * `undefined` if the first one comes by message, `null` if it was withdrawn.
   */
  pick(first: number, most: number): RunMessage | null | undefined {
    if (this.#queued(first) !== Word.HERE) return this.#queued(first) === Word.QUEUED ? undefined : null;
    const terms = this.#slips.terms(first);
    const items = [this.#slips.read(first)];
    // Whose position was used again meanwhile was withdrawn: what was read is another call's.
    if (this.#queued(first) !== Word.HERE) return null;
    for (let seq = first + 1; seq < first + most && this.#queued(seq) === Word.HERE; seq++) {
      if (!this.#slips.alike(first, seq)) break;
      items.push(this.#slips.read(seq));
    }
    return { kind: "run", first, items, stream: 0, shared: false, handles: false, ...terms };
  }

  /** Host: takes a call back; `false` if it has started. */
  withdraw(seq: number): boolean {
    return this.#take(seq, Word.WITHDRAWN);
  }

  /** Worker: takes a call; `false` if it was withdrawn. */
  start(seq: number): boolean {
    this.#hasSlip = this.#queued(seq) === Word.HERE;
    return this.#take(seq, Word.RUNNING);
  }

  /** Worker: notes when a call starts; comes before {@linkcode start}, which announces it. */
  stamp(seq: number, now: number): void {
    this.#cells[seq & MASK] = now;
  }

  /** Worker: leaves the result of the call that was taken last, if it fits; `false` if it must be posted. */
  answer(seq: number, value: unknown): boolean {
    let word: number;
    if (typeof value === "number") {
      this.#cells[seq & MASK] = value;
      word = Word.NUMBER;
    } else if (value === undefined) word = Word.UNDEFINED;
    else if (value === true) word = Word.TRUE;
    else if (value === false) word = Word.FALSE;
    else if (value === null) word = Word.NULL;
    else if (typeof value === "string" && this.#hasSlip && this.#slips.leave(seq, value)) word = Word.TEXT;
    else return false;
    this.#words.store(seq & MASK, lap(seq) | word);
    return true;
  }

  /** Worker: the answer was posted. */
  sent(seq: number): void {
    this.#words.store(seq & MASK, lap(seq) | Word.SENT);
  }

  /** Host: whether a call could still be withdrawn. */
  isQueued(seq: number): boolean {
    return this.#queued(seq) >= 0;
  }

  /** Host: the state of a call in flight. */
  word(seq: number): number {
    return this.#words.load(seq & MASK) & 15;
  }

  /** Host: the start time of a timed call that runs. */
  startedAt(seq: number): number {
    return this.#cells[seq & MASK];
  }

  /** Host: the result that `word` announces. */
  value(seq: number, word: number): unknown {
    if (word === Word.NUMBER) return this.#cells[seq & MASK];
    if (word === Word.TEXT) return this.#slips.text(seq);
    if (word === Word.TRUE) return true;
    if (word === Word.FALSE) return false;
    return word === Word.NULL ? null : undefined;
  }

  #take(seq: number, word: number): boolean {
    const state = this.#queued(seq);
    return state >= 0 && claimCall(this.#words, seq & MASK, lap(seq), state, word);
  }

  // How a call is queued; -1 if it is not, or not any more.
  #queued(seq: number): number {
    return queuedAs(this.#words, seq & MASK, lap(seq));
  }
}
