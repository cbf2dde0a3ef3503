/**
 * `NextCallLook`: how a worker process that has answered looks for the next call before its event loop sleeps.
 *
 * @module
 */
import { performance } from "../lib/core/platform.ts";
import { WaitBudget } from "../lib/core/wait_budget.ts";
import type { CallNumbers } from "../lib/protocol/call_numbers.ts";

/** Maximum milliseconds of a look. Timers and sockets of earlier calls are late by this at the most. */
const MAX_LOOK = 0.1;
/** Milliseconds after which the host does not look for the answer any more. */
const HOST_LOOKS = 0.3;

/** The look of one worker. */
export class NextCallLook {
  readonly #numbers: CallNumbers;
  readonly #looking = new WaitBudget(MAX_LOOK);
  // Number behind the last call, when it came, and since when the next one is waited for.
  #tail = 0;
  #cameAt = 0;
  #waitStart = 0;

  constructor(numbers: CallNumbers) {
    this.#numbers = numbers;
  }

  /** Calls up to number `tail` have come. */
  callsCame(tail: number): void {
    this.#tail = tail;
    this.#cameAt = performance.now();
    if (this.#waitStart > 0) this.#looking.end(this.#cameAt - this.#waitStart);
    this.#waitStart = 0;
  }

  /** All calls that have come were answered: says so, and looks for the next one. */
  begin(): void {
    const now = performance.now();
    if (now - this.#cameAt < HOST_LOOKS) this.#numbers.publish(this.#tail);
    this.#waitStart = now;
    const end = now + this.#looking.begin();
    while (performance.now() < end && !this.#numbers.hasReached(this.#tail + 1));
  }
}
