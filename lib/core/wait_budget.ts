/**
 * `WaitBudget`: how long one side of a host-worker pair polls for the other's answer before it sleeps (adaptive spinning).
 *
 * ```
 * begin() -> poll for 0 or `max` ms -> sleep until woken -> end(ms that the wait took)
 *                     0 or `max`: the one whose waits were shorter so far; now and then the other one, as a try
 * ```
 *
 * Polling costs processor time. Being woken costs a system call on both sides and 10 to 90 us of latency. A side that
 * polls for no longer than being woken costs is never worse than twice the best choice (Karlin, Manasse, McGeoch and
 * Owicki, 1994). Polling shortens a wait only if the calls are short, and if a core is free for the other side meanwhile.
 * No cheap measurement shows that. So the budget compares the mean of the waits that began with polling with the mean of
 * the others. A side that is idle or waits for long calls sleeps at once, and so does a side on a machine whose cores are
 * busy.
 *
 * @module
 */
import { cores } from "./platform.ts";

/** Milliseconds that being woken takes. */
const WAKE_UP = 0.05;
/**
 * Weight of a new wait in the mean of its kind. It is small, so that a few waits in a row whose core was taken away do not
 * end the polling.
 */
const WEIGHT = 1 / 32;
/** Weight of a wait that was a try: there are few of them. */
const TRY_WEIGHT = 1 / 8;
/** Polling must make the waits shorter by a fifth, because it costs processor time. */
const MAX_RATIO = 0.8;
/**
 * Waits between two tries. While a side polls: 256 for each wait that a try has. While it sleeps at once: 16 at first; a wait
 * with polling that was longer than the polling doubles that, up to 256, and a shorter one makes it 16 again. Of a try, only
 * the last wait counts, so a try in vain doubles it once. A side that changes its mind between two tries waits out the number
 * that was set before.
 */
const TRY_SLEEP = 256;
const TRY_POLL = 16;

/** How two sides wait for each other. */
export interface WaitBudgetOptions {
  /** Cores of the machine. On one core polling finds nothing: the other side cannot run meanwhile. */
  cores?: number;
  /** The mean wait with polling must be below the mean of the others times this, and below `max`. */
  maxRatio?: number;
  /**
   * A longer wait counts as so many milliseconds: the polling was in vain, and the rest has other causes, for example a thread
   * that lost its core for a while. One such wait must not decide. By default what polling and being woken take together.
   */
  longest?: number;
  /** How many waits in a row a try has. The other side may follow one wait late, so of a longer try the first wait is ignored. */
  tryLength?: number;
}

/** The time for which one side polls before it sleeps. */
export class WaitBudget {
  readonly #max: number;
  readonly #maxRatio: number;
  readonly #longest: number;
  readonly #tryLength: number;
  // Mean milliseconds of the waits that began with polling, and of the others.
  #meanWithPoll = 0;
  #meanWithout = 0.05;
  #untilTry = TRY_SLEEP;
  #tryInterval = TRY_POLL;
  // Waits of the try that are left, the current one included.
  #tryLeft = 0;
  #polls = false;

  /** @param max Maximum milliseconds of polling. */
  constructor(max: number, options: WaitBudgetOptions = {}) {
    const { cores: count = cores, maxRatio = MAX_RATIO, longest = max + WAKE_UP, tryLength = 1 } = options;
    this.#max = count > 1 ? max : 0;
    this.#maxRatio = maxRatio;
    this.#longest = longest;
    this.#tryLength = tryLength;
  }

  /** Begins a wait; returns for how many milliseconds to poll before sleeping. */
  begin(): number {
    if (this.#tryLeft > 0) this.#tryLeft--;
    if (this.#tryLeft === 0) {
      this.#polls = this.#meanWithPoll < Math.min(this.#meanWithout * this.#maxRatio, this.#max);
      if (--this.#untilTry <= 0) {
        this.#untilTry = this.#polls ? this.#tryLength * TRY_SLEEP : this.#tryInterval;
        this.#tryLeft = this.#tryLength;
        this.#polls = !this.#polls;
      }
    }
    return this.#polls ? this.#max : 0;
  }

  /** Records that the wait has ended after `ms` milliseconds. */
  end(ms: number): void {
    const isFirstOfTry = this.#tryLeft === this.#tryLength;
    if (isFirstOfTry && this.#tryLength > 1) return;
    const wait = ms < this.#longest ? ms : this.#longest;
    const weight = this.#tryLeft > 0 ? TRY_WEIGHT : WEIGHT;
    if (!this.#polls) this.#meanWithout += (wait - this.#meanWithout) * weight;
    else {
      this.#meanWithPoll += (wait - this.#meanWithPoll) * weight;
      if (this.#tryLeft > 1) return;
      this.#tryInterval = wait < this.#max ? TRY_POLL : Math.min(2 * this.#tryInterval, TRY_SLEEP);
    }
  }
}
