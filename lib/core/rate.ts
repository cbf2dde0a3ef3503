/**
 * `RateLimiter`: how many starts an interval allows. Only arithmetic: the caller passes the time and does the waiting.
 *
 * ```
 * limit 2, interval 10    |0 1 . . . . . . . .|10                          starts at 0, 1, then ...
 * fixed window            |x x                |x x                         10, 10: the next window
 * strict                  |x x                |x   x                       10, 11: each 10 after the start two before it
 * ```
 *
 * @module
 */
import { badOption, boolean, integer, knownOptions, MAX_DELAY } from "./validate.ts";

/** A limit on the number of starts in an interval, for example 50 requests a second. */
export interface RateOptions {
  /** Maximum number of starts in one interval. */
  limit: number;
  /** Length of the interval in milliseconds. */
  interval: number;
  /**
   * Whether every span of `interval` milliseconds has at most `limit` starts (a sliding window). Otherwise the windows are
   * fixed: one opens with its first start, and the next one opens after it has ended. Up to twice `limit` starts can then
   * be close together, at the end of one window and the beginning of the next. A sliding window keeps `limit` times in
   * memory.
   *
   * @default {false}
   */
  strict?: boolean;
}

/** Checks the option; `undefined` is valid. */
export function rateOptions(call: string, rate: RateOptions | undefined): Required<RateOptions> | undefined {
  if (rate === undefined) return undefined;
  if (typeof rate !== "object" || rate === null) throw badOption(call, "rate", rate, "an object", false);
  knownOptions(`${call}: \`rate\``, rate, ["limit", "interval", "strict"]);
  const { interval } = rate;
  const limit = integer(call, "rate.limit", rate.limit, 1);
  if (typeof interval !== "number" || !(interval > 0 && interval <= MAX_DELAY)) {
    const expected = `milliseconds, more than 0 and up to ${MAX_DELAY}`;
    throw badOption(call, "rate.interval", interval, expected, typeof interval === "number");
  }
  const strict = boolean(call, "rate.strict", rate.strict, false);
  return { limit, interval, strict };
}

/** Counts starts. Times are milliseconds of any clock that never goes back. */
export class RateLimiter {
  readonly #limit: number;
  readonly #interval: number;
  readonly #strict: boolean;
  // The fixed window: its end, and the number of starts in it.
  #windowEnd = -Infinity;
  #windowStarts = 0;
  // The sliding window: the times of the last `limit` starts, a ring buffer once it is full.
  readonly #starts: number[] = [];
  #oldest = 0;

  constructor(options: Readonly<Required<RateOptions>>) {
    this.#limit = options.limit;
    this.#interval = options.interval;
    this.#strict = options.strict;
  }

  /** Takes a start at `now`. Returns 0 if it was free, else the milliseconds to wait before the next try. */
  take(now: number): number {
    return this.#strict ? this.#takeSliding(now) : this.#takeFixed(now);
  }

  #takeFixed(now: number): number {
    if (now >= this.#windowEnd) {
      this.#windowEnd = now + this.#interval;
      this.#windowStarts = 0;
    }
    if (this.#windowStarts === this.#limit) return this.#windowEnd - now;
    this.#windowStarts++;
    return 0;
  }

  #takeSliding(now: number): number {
    if (this.#starts.length < this.#limit) {
      this.#starts.push(now);
      return 0;
    }
    const freeAt = this.#starts[this.#oldest] + this.#interval;
    if (now < freeAt) return freeAt - now;
    this.#starts[this.#oldest] = now;
    this.#oldest = (this.#oldest + 1) % this.#limit;
    return 0;
  }
}
