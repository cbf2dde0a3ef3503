/**
 * Durations, counted in buckets that grow by a quarter: 128 numbers cover 100 ns to two days, however many are added.
 *
 * @module
 */

const SMALLEST = 1e-4;
const GROWTH = 1.25;
const BUCKETS = 128;
const LOG = Math.log(GROWTH);

/** A distribution of durations. Percentiles are exact to a quarter, the rest is exact. */
export interface Distribution {
  /** How many were counted. */
  readonly count: number;
  /** Shortest, in milliseconds; 0 where none was counted. */
  readonly min: number;
  /** Longest, in milliseconds. */
  readonly max: number;
  /** Arithmetic mean, in milliseconds. */
  readonly mean: number;
  /** Half took at most this many milliseconds. */
  readonly p50: number;
  /** 90 of 100 took at most this many milliseconds. */
  readonly p90: number;
  /** 99 of 100 took at most this many milliseconds. */
  readonly p99: number;
}

/** Counts durations. */
export class Histogram {
  readonly #buckets = new Float64Array(BUCKETS);
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = 0;

  /** Adds `count` durations of `ms` milliseconds. */
  add(ms: number, count = 1): void {
    const at = ms <= SMALLEST ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log(ms / SMALLEST) / LOG));
    this.#buckets[at] += count;
    this.#count += count;
    this.#sum += ms * count;
    if (ms < this.#min) this.#min = ms;
    if (ms > this.#max) this.#max = ms;
  }

  /** What was counted so far. */
  distribution(): Distribution {
    const count = this.#count;
    if (count === 0) return { count, min: 0, max: 0, mean: 0, p50: 0, p90: 0, p99: 0 };
    return {
      count,
      min: this.#min,
      max: this.#max,
      mean: this.#sum / count,
      p50: this.#quantile(0.5),
      p90: this.#quantile(0.9),
      p99: this.#quantile(0.99),
    };
  }

  #quantile(share: number): number {
    let left = Math.ceil(share * this.#count);
    for (let at = 0; at < BUCKETS; at++) {
      left -= this.#buckets[at];
      if (left <= 0) return Math.max(this.#min, Math.min(this.#max, SMALLEST * GROWTH ** at));
    }
    return this.#max;
  }
}
