/**
 * `WaitBudget`: how long one side of a host-worker pair looks for the other's answer by itself before it sleeps.
 *
 * ```
 * begin() -> look (spin or poll) for 0 or `max` ms -> sleep until woken -> end(ms that the wait took)
 *               0 or `max`: the one whose waits were shorter so far; in every 16th or 256th wait the other one, as a try
 * ```
 *
 * Looking costs processor time. Being woken costs a system call on both sides and 10 to 90 us of latency. A side that
 * looks for no longer than being woken costs is never worse than twice the best choice (Karlin, Manasse, McGeoch and
 * Owicki, 1994). Looking shortens a wait only if the calls are short, and if a core is free for the other side meanwhile.
 * No cheap reading tells that. So the budget compares the mean of the waits with a look with the mean of the others.
 * A side that is idle or waits for long calls sleeps at once, and so does one on a machine whose cores are busy.
 *
 * @module
 */
import { cores } from "./platform.ts";

/**
 * Milliseconds of being woken. A wait that is longer than a look and this counts as so long: the look was in vain, and the
 * rest has other causes, for example a thread whose core was taken away for a while. One of these must not decide.
 */
const WAKE_UP = 0.05;
/**
 * Weight of a new wait in the mean of its kind. It is small, so that a few waits in a row whose core was taken away do not
 * end the looking.
 */
const WEIGHT = 1 / 32;
/** Weight of a wait that was a try: there are few of them. */
const TRY_WEIGHT = 1 / 8;
/** Looking must be better by this factor, because it costs processor time. */
const GAIN = 0.8;
/** A side that looks sleeps at once in every 256th wait; a side that sleeps at once looks in every 16th. */
const TRY_SLEEP = 256;
const TRY_LOOK = 16;

/** The time that one side looks before it sleeps. */
export class WaitBudget {
  readonly #max: number;
  // Mean milliseconds of the waits that began with a look, and of the others.
  #meanWithLook = 0;
  #meanWithout = 0.05;
  #untilTry = TRY_SLEEP;
  #looks = false;
  #weight = WEIGHT;

  /**
   * @param max Milliseconds of a look.
   * @param coreCount On one core a look finds nothing: the other side cannot run meanwhile.
   */
  constructor(max: number, coreCount = cores) {
    this.#max = coreCount > 1 ? max : 0;
  }

  /** Begins a wait; returns how many milliseconds to look before sleeping. */
  begin(): number {
    const shouldLook = this.#meanWithLook < this.#meanWithout * GAIN;
    this.#looks = shouldLook;
    this.#weight = WEIGHT;
    if (--this.#untilTry <= 0) {
      this.#looks = !shouldLook;
      this.#weight = TRY_WEIGHT;
      this.#untilTry = shouldLook ? TRY_SLEEP : TRY_LOOK;
    }
    return this.#looks ? this.#max : 0;
  }

  /** Records that the wait has ended after `ms` milliseconds. */
  end(ms: number): void {
    const longest = this.#max + WAKE_UP;
    const wait = ms < longest ? ms : longest;
    if (this.#looks) this.#meanWithLook += (wait - this.#meanWithLook) * this.#weight;
    else this.#meanWithout += (wait - this.#meanWithout) * this.#weight;
  }
}
