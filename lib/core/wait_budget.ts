/**
 * `WaitBudget`: how long one side of a host-worker pair polls for the other's answer before it sleeps (adaptive spinning).
 *
 * ```
 * begin() -> poll for 0 or `max` ms -> sleep until woken -> end(ms that the wait took)
 *                     0 or `max`: the one whose waits were shorter so far; in every 16th or 256th wait the other one, as a try
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

/**
 * Milliseconds that being woken takes. A wait that is longer than polling and this counts as exactly so long: the polling
 * was in vain, and the rest has other causes, for example a thread that lost its core for a while. One such wait must not
 * decide.
 */
const WAKE_UP = 0.05;
/**
 * Weight of a new wait in the mean of its kind. It is small, so that a few waits in a row whose core was taken away do not
 * end the polling.
 */
const WEIGHT = 1 / 32;
/** Weight of a wait that was a try: there are few of them. */
const TRY_WEIGHT = 1 / 8;
/** Polling must be better by this factor, because it costs processor time; by default. */
const GAIN = 0.8;
/**
 * The factor for two sides that both have such a budget: polling pays on one of them only if the other one polls, too. A side
 * that gave up would have to be woken, so that the other one would find that polling does not pay.
 */
export const MUTUAL_GAIN = 3;
/** A side that polls sleeps at once in every 256th wait; a side that sleeps at once polls in every 16th. */
const TRY_SLEEP = 256;
const TRY_POLL = 16;

/** The time for which one side polls before it sleeps. */
export class WaitBudget {
  readonly #max: number;
  readonly #gain: number;
  // Mean milliseconds of the waits that began with polling, and of the others.
  #meanWithPoll = 0;
  #meanWithout = 0.05;
  #untilTry = TRY_SLEEP;
  #polls = false;
  #weight = WEIGHT;

  /**
   * @param max Maximum milliseconds of polling.
   * @param coreCount On one core polling finds nothing: the other side cannot run meanwhile.
   * @param gain The mean wait with polling must be below the mean of the others times this, and below `max`.
   */
  constructor(max: number, coreCount = cores, gain = GAIN) {
    this.#gain = gain;
    this.#max = coreCount > 1 ? max : 0;
  }

  /** Begins a wait; returns for how many milliseconds to poll before sleeping. */
  begin(): number {
    const shouldPoll = this.#meanWithPoll < Math.min(this.#meanWithout * this.#gain, this.#max);
    this.#polls = shouldPoll;
    this.#weight = WEIGHT;
    if (--this.#untilTry <= 0) {
      this.#polls = !shouldPoll;
      this.#weight = TRY_WEIGHT;
      this.#untilTry = shouldPoll ? TRY_SLEEP : TRY_POLL;
    }
    return this.#polls ? this.#max : 0;
  }

  /** Records that the wait has ended after `ms` milliseconds. */
  end(ms: number): void {
    const longest = this.#max + WAKE_UP;
    const wait = ms < longest ? ms : longest;
    if (this.#polls) this.#meanWithPoll += (wait - this.#meanWithPoll) * this.#weight;
    else this.#meanWithout += (wait - this.#meanWithout) * this.#weight;
  }
}
