/**
 * The board: shared memory in which host and worker agree on the state of each call in flight, without a message.
 *
 * ```
 * position = seq mod CAPACITY
 *
 *   word[position]   lap | QUEUED --worker--> RUNNING --worker--> TRUE | FALSE | NULL | UNDEFINED | NUMBER | SENT
 *                             \----host----> WITHDRAWN
 *   cell[position]   start time while RUNNING, the result once NUMBER
 * ```
 *
 * Who moves a call away from QUEUED is decided by one compare-and-exchange. That is why a call that waits in a worker's
 * batch can still be cancelled or given to another worker *for certain*, and why batches may be long without anybody
 * waiting behind a straggler.
 *
 * A word carries the lap that its call belongs to (seq div CAPACITY): a position is free again as soon as its call is
 * withdrawn, while the message that names the call may still be on its way. Without the lap the worker would take the
 * position's next call for the withdrawn one.
 *
 * A result that fits a cell stays readable when its writer is killed a moment later. Anything else is posted, and its
 * word says SENT.
 *
 * Memory ordering: words are read and written with `Atomics` (sequentially consistent). A cell is written before the
 * word that announces it and read after it, so the plain cell access is ordered by the word.
 *
 * @module
 */

/** How many calls can be in flight with one worker. */
export const CAPACITY = 4096;
const MASK = CAPACITY - 1;

// The state takes the low four bits of a word, the lap the rest.
const lap = (seq: number): number => (Math.floor(seq / CAPACITY) & 0x7ffffff) << 4;

/** The states of a call. Everything from {@linkcode Word.TRUE} on is settled. */
export const Word = {
  QUEUED: 0,
  RUNNING: 1,
  WITHDRAWN: 2,
  TRUE: 3,
  FALSE: 4,
  NULL: 5,
  UNDEFINED: 6,
  NUMBER: 7,
  SENT: 8,
} as const;

/** One worker's board, seen from either side. */
export class Board {
  /** The memory to hand to the other side. */
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #cells: Float64Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(CAPACITY * 12)) {
    this.memory = memory;
    this.#cells = new Float64Array(memory, 0, CAPACITY);
    this.#words = new Int32Array(memory, CAPACITY * 8, CAPACITY);
  }

  /** Host: opens a position for a new call. */
  enqueue(seq: number): void {
    Atomics.store(this.#words, seq & MASK, lap(seq) | Word.QUEUED);
  }

  /** Host: takes a call back; `false` if it has started. */
  withdraw(seq: number): boolean {
    return this.#take(seq, Word.WITHDRAWN);
  }

  /** Worker: takes a call; `false` if it was withdrawn. */
  start(seq: number): boolean {
    return this.#take(seq, Word.RUNNING);
  }

  /** Worker: notes when a call starts; comes before {@linkcode start}, which announces it. */
  stamp(seq: number, now: number): void {
    this.#cells[seq & MASK] = now;
  }

  /** Worker: leaves a result here if it fits; `false` if it must be posted. */
  answer(seq: number, value: unknown): boolean {
    let word: number;
    if (typeof value === "number") {
      this.#cells[seq & MASK] = value;
      word = Word.NUMBER;
    } else if (value === undefined) word = Word.UNDEFINED;
    else if (value === true) word = Word.TRUE;
    else if (value === false) word = Word.FALSE;
    else if (value === null) word = Word.NULL;
    else return false;
    Atomics.store(this.#words, seq & MASK, lap(seq) | word);
    return true;
  }

  /** Worker: the answer was posted. */
  sent(seq: number): void {
    Atomics.store(this.#words, seq & MASK, lap(seq) | Word.SENT);
  }

  /** Host: whether a call could still be withdrawn. */
  isQueued(seq: number): boolean {
    return Atomics.load(this.#words, seq & MASK) === (lap(seq) | Word.QUEUED);
  }

  /** Host: the state of a call in flight. */
  word(seq: number): number {
    return Atomics.load(this.#words, seq & MASK) & 15;
  }

  /** Host: the start time of a timed call that runs. */
  startedAt(seq: number): number {
    return this.#cells[seq & MASK];
  }

  /** Host: the result that `word` announces. */
  value(seq: number, word: number): unknown {
    if (word === Word.NUMBER) return this.#cells[seq & MASK];
    if (word === Word.TRUE) return true;
    if (word === Word.FALSE) return false;
    return word === Word.NULL ? null : undefined;
  }

  #take(seq: number, word: number): boolean {
    const queued = lap(seq) | Word.QUEUED;
    return Atomics.compareExchange(this.#words, seq & MASK, queued, lap(seq) | word) === queued;
  }
}
