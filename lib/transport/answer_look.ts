/**
 * `AnswerLook`: how this side looks for the answer of a call of a worker process before its event loop sleeps.
 *
 * @module
 */
import { cores, performance } from "../core/platform.ts";
import { setImmediate } from "../core/timer.ts";
import { WaitBudget } from "../core/wait_budget.ts";
import type { CallNumbers } from "../protocol/call_numbers.ts";

/** Maximum milliseconds of a look. */
const MAX_LOOK = 0.15;
/** Milliseconds for which a worker that has answered may look for the next call. */
const WORKER_LOOKS = 0.2;

/** Number of workers that are looked at. A look takes a core: not one that a worker needs. */
let looking = 0;

/** The look at one worker. */
export class AnswerLook {
  readonly #numbers: CallNumbers;
  readonly #budget = new WaitBudget(MAX_LOOK);
  // Number behind the call whose answer is looked for, and until when.
  #tail = 0;
  #end = 0;
  #isLooking = false;
  // Since when an answer is waited for; 0 if none is. When the last one came.
  #waitStart = 0;
  #answeredAt = 0;
  #isClosed = false;

  constructor(numbers: CallNumbers) {
    this.#numbers = numbers;
  }

  /** The call before number `tail` was written, the only one in flight: says so, and looks for its answer, if that pays. */
  begin(tail: number): void {
    if (this.#isClosed) return;
    const now = performance.now();
    if (now - this.#answeredAt < WORKER_LOOKS) this.#numbers.publish(tail);
    if (!this.#isLooking && looking + 1 >= cores) return;
    this.#tail = tail;
    this.#waitStart = now;
    this.#end = now + this.#budget.begin();
    if (this.#isLooking || this.#end === now) return;
    this.#isLooking = true;
    looking++;
    setImmediate(this.#look);
  }

  /** The call has ended. */
  answered(): void {
    this.#answeredAt = performance.now();
    if (this.#waitStart > 0) this.#budget.end(this.#answeredAt - this.#waitStart);
    this.#waitStart = 0;
  }

  /** The connection has ended. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#numbers.close();
  }

  // Once the worker has answered, the event loop finds the answer in the connection before it sleeps.
  readonly #look = (): void => {
    if (!this.#isClosed && performance.now() < this.#end && !this.#numbers.hasReached(this.#tail)) {
      setImmediate(this.#look);
      return;
    }
    this.#isLooking = false;
    looking--;
  };
}
