/**
 * How many starts an interval takes. Only arithmetic: the caller brings the clock and does the waiting.
 *
 * ```
 * limit 2, interval 10    |0 1 . . . . . . . .|10                          starts at 0, 1, then ...
 * fixed window            |x x                |x x                         10, 10: the next window
 * strict                  |x x                |x   x                       10, 11: 10 after the one two before
 * ```
 *
 * @module
 */
import { bad, integer, knownOptions, MAX_DELAY } from "./validate.ts";

/** At most so many starts in so much time. */
export interface RateOptions {
  /** Most starts in one interval. */
  limit: number;
  /** Length of the interval in milliseconds. */
  interval: number;
  /**
   * Whether any stretch of `interval` milliseconds may have only `limit` starts (a sliding window). Otherwise a window
   * opens with its first start, and the next one at the earliest when it is over: up to twice as many starts may then
   * meet where one window ends and the next begins.
   *
   * @default {false}
   */
  strict?: boolean;
}

/** Checks the option; `undefined` stays. */
export function rateOptions(call: string, rate: RateOptions | undefined): Required<RateOptions> | undefined {
  if (rate === undefined) return undefined;
  if (typeof rate !== "object" || rate === null) throw bad(call, "rate", rate, "an object", false);
  knownOptions(`${call}: \`rate\``, rate, ["limit", "interval", "strict"]);
  const { interval, strict = false } = rate;
  const limit = integer(call, "rate.limit", rate.limit, 1);
  if (typeof interval !== "number" || !(interval > 0 && interval <= MAX_DELAY)) {
    const takes = `milliseconds, more than 0 and up to ${MAX_DELAY}`;
    throw bad(call, "rate.interval", interval, takes, typeof interval === "number");
  }
  if (typeof strict !== "boolean") throw bad(call, "rate.strict", strict, "true or false", false);
  return { limit, interval, strict };
}

/** Counts starts. Times are milliseconds of any clock that does not go back. */
export class RateLimiter {
  readonly #limit: number;
  readonly #interval: number;
  readonly #strict: boolean;
  // The fixed window: when it is over, and the starts in it.
  #over = -Infinity;
  #count = 0;
  // The sliding window: the last `limit` starts, a ring once it is full.
  readonly #starts: number[] = [];
  #oldest = 0;

  constructor(options: Readonly<Required<RateOptions>>) {
    this.#limit = options.limit;
    this.#interval = options.interval;
    this.#strict = options.strict;
  }

  /** Asks for a start at `now`. 0: it was taken; else how many milliseconds to wait before asking again. */
  take(now: number): number {
    return this.#strict ? this.#takeSliding(now) : this.#takeFixed(now);
  }

  #takeFixed(now: number): number {
    if (now >= this.#over) {
      this.#over = now + this.#interval;
      this.#count = 0;
    }
    if (this.#count === this.#limit) return this.#over - now;
    this.#count++;
    return 0;
  }

  #takeSliding(now: number): number {
    if (this.#starts.length < this.#limit) {
      this.#starts.push(now);
      return 0;
    }
    const free = this.#starts[this.#oldest] + this.#interval;
    if (now < free) return free - now;
    this.#starts[this.#oldest] = now;
    this.#oldest = (this.#oldest + 1) % this.#limit;
    return 0;
  }
}
