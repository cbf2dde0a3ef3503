/**
 * `EndLimit`: how long a stopped worker may take to end before it counts as abandoned.
 *
 * Ending takes a worker some milliseconds of processor time. After each end the runtime gives the freed memory of the
 * whole process back to the system (`malloc_trim`), and what needs memory meanwhile waits, this event loop included. So
 * when many workers are stopped at once, their ends take a time that grows with the square of their number: 150 workers
 * take 35 to 45 s of processor time, 60 take 6 s; bare workers that load as many modules take as long. Therefore:
 *
 * - the limit has an allowance for the other workers that are ending;
 * - the time does not run while workers still end that were asked before this one, or at the same time: its turn is still
 *   to come. Workers that were asked later do not count: their ends show that this one is stuck.
 *
 * @module
 */
import { performance } from "../core/platform.ts";
import { queueMicrotask } from "../core/timer.ts";
import { waitLimit } from "../core/wait_limit.ts";

/** Milliseconds that a worker has after the last end of another worker that was asked to end before it or with it. */
const PROGRESS_LIMIT = 2_000;
/** The allowance in milliseconds for each pair of ending workers: at the end of one, the runtime scans the other's memory. */
const PER_PAIR = 2;

// Workers that were asked to end, and have neither ended nor been abandoned.
let ending = 0;
// Counts the turns of the event loop in which workers were asked to end: workers of one turn were asked together. Times
// would not show that, since asking two hundred may take long while the runtime holds their memory.
let turn = 0;
let isSameTurn = false;
// The last end: its time, the turn in which that worker was asked to end, and how many workers of that turn have ended.
const last = { end: -Infinity, turn: 0, count: 0 };

/** The end of one worker. */
export class EndLimit {
  readonly #ms: number;
  readonly #onLimit: () => void;
  #turn: number | undefined;
  #due = 0;
  #isEnding = false;
  #clear: (() => void) | undefined;

  /**
   * @param ms Milliseconds that a worker has that ends alone.
   * @param onLimit Called if it has not ended in time.
   */
  constructor(ms: number, onLimit: () => void) {
    this.#ms = ms;
    this.#onLimit = onLimit;
  }

  /** The worker was asked to end, and may have something to finish first. */
  endRequested(): void {
    if (this.#turn !== undefined) return;
    if (!isSameTurn) {
      turn++;
      isSameTurn = true;
      queueMicrotask(() => isSameTurn = false);
    }
    this.#turn = turn;
    this.#isEnding = true;
    ending++;
  }

  /** The worker must end now: its time begins. */
  start(): void {
    this.endRequested();
    this.#clear?.();
    this.#due = performance.now() + this.#ms;
    this.#wait(this.#ms);
  }

  /** The worker has ended, or nothing waits for its end any more. */
  stop(hasEnded: boolean): void {
    this.#clear?.();
    this.#notEnding();
    if (!hasEnded || this.#turn === undefined) return;
    if (this.#turn !== last.turn) Object.assign(last, { turn: this.#turn, count: 0 });
    last.end = performance.now();
    last.count++;
  }

  #wait(ms: number): void {
    this.#clear = waitLimit(ms, () => {
      const others = ending - 1;
      let due = this.#due + PER_PAIR * others ** 2;
      if (last.turn <= this.#turn!) {
        due = Math.max(due, last.end + PROGRESS_LIMIT + PER_PAIR * (others + last.count) ** 2);
      }
      const left = due - performance.now();
      if (left > 0) return this.#wait(left);
      this.#notEnding();
      this.#onLimit();
    });
  }

  #notEnding(): void {
    if (this.#isEnding) ending--;
    this.#isEnding = false;
  }
}
