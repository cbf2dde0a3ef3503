/**
 * `WaitBudget`: how long one side of a host-worker pair looks for the other's answer by itself before it sleeps.
 *
 * ```
 * begin() -> look (spin or poll) for so long -> sleep until woken -> end(how long the wait took)
 *               0 or the maximum: the way whose waits were shorter so far; now and then the other way, to learn
 * ```
 *
 * Looking costs processor time. Being woken costs a system call on both sides and 10 to 90 us of latency. A side that
 * looks for no longer than being woken costs is never worse than twice the best choice (Karlin, Manasse, McGeoch and
 * Owicki, 1994). Whether looking shortens a wait at all depends on what nobody can read cheaply: how long the calls take,
 * and whether a core is free for the other side while this one looks. So the budget compares the two ways by their means.
 * A side that is idle or waits for long calls sleeps at once, and so does one on a machine whose cores are busy.
 *
 * @module
 */

/** The number of cores that this process may use. */
export const cores: number = navigator.hardwareConcurrency;

/** Milliseconds of a wait that count at most: a longer one says nothing about looking. */
const MAX_WAIT = 0.5;
/** Weight of a new wait in a mean. */
const WEIGHT = 1 / 8;
/** Looking must be better by this factor, because it costs processor time. */
const GAIN = 0.8;
/** Every so many waits, a side that looks sleeps at once, and a side that sleeps looks. */
const TRY_SLEEP = 64;
const TRY_LOOK = 16;

/** The time that one side looks before it sleeps. */
export class WaitBudget {
  readonly #max: number;
  // Mean milliseconds of the waits that began with a look, and of the others.
  #meanWithLook = 0;
  #meanWithout = 0.05;
  #untilTry = TRY_SLEEP;
  #looks = false;

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
    if (--this.#untilTry <= 0) {
      this.#looks = !shouldLook;
      this.#untilTry = shouldLook ? TRY_SLEEP : TRY_LOOK;
    }
    return this.#looks ? this.#max : 0;
  }

  /** Records that the wait has ended after `ms` milliseconds. */
  end(ms: number): void {
    const wait = ms < MAX_WAIT ? ms : MAX_WAIT;
    if (this.#looks) this.#meanWithLook += (wait - this.#meanWithLook) * WEIGHT;
    else this.#meanWithout += (wait - this.#meanWithout) * WEIGHT;
  }
}
