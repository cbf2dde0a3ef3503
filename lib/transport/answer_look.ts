/**
 * `AnswerLook`: how this side looks for the answer of a call of a worker process before its event loop sleeps.
 *
 * @module
 */
import { performance } from "../core/platform.ts";
import { setImmediate } from "../core/timer.ts";
import { WaitBudget } from "../core/wait_budget.ts";
import type { CallNumbers } from "../protocol/call_numbers.ts";
import { isCoreFree, workerBecameBusy, workerBecameFree } from "./busy_workers.ts";

/** Maximum milliseconds of a look. */
const MAX_LOOK = 0.15;
/** Milliseconds for which a worker that has answered may look for the next call. */
const WORKER_LOOKS = 0.2;

/** The look at one worker. */
export class AnswerLook {
  readonly #numbers: CallNumbers;
  readonly #budget = new WaitBudget(MAX_LOOK);
  // Number behind the call in flight, if there is one; since when its answer is waited for, and until when it is looked for.
  #tail = 0;
  #isWaiting = false;
  #waitStart = 0;
  #end = 0;
  // Whether its wait counts for the budget, and whether a look is under way.
  #mayLook = false;
  #isLooking = false;
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
    this.#tail = tail;
    this.#waitStart = now;
    if (!this.#isWaiting) workerBecameBusy();
    this.#isWaiting = true;
    this.#mayLook = isCoreFree();
    this.#end = this.#mayLook ? now + this.#budget.begin() : now;
    if (this.#isLooking || this.#end === now) return;
    this.#isLooking = true;
    setImmediate(this.#look);
  }

  /** The call has ended. */
  answered(): void {
    if (!this.#isWaiting) return;
    this.#isWaiting = false;
    workerBecameFree();
    this.#answeredAt = performance.now();
    if (this.#mayLook) this.#budget.end(this.#answeredAt - this.#waitStart);
  }

  /** The connection has ended. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#isWaiting) workerBecameFree();
    this.#isWaiting = false;
    this.#numbers.close();
  }

  // Once the worker has answered, the event loop finds the answer in the connection before it sleeps.
  readonly #look = (): void => {
    this.#isLooking = this.#isWaiting && isCoreFree() && performance.now() < this.#end &&
      !this.#numbers.hasReached(this.#tail);
    if (this.#isLooking) setImmediate(this.#look);
  };
}
