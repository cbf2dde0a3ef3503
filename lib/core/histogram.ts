/**
 * `Histogram`: counts durations in buckets, each a quarter wider than the one before. 128 numbers cover 100 ns to two days,
 * for any number of durations.
 *
 * @module
 */

/** Upper bound of the first bucket, in milliseconds. */
const SMALLEST = 1e-4;
const GROWTH = 1.25;
const BUCKETS = 128;
const LOG_GROWTH = Math.log(GROWTH);

/** A distribution of durations. A percentile is at most a quarter too high; the other figures are exact. */
export interface Distribution {
  /** Number of durations. */
  readonly count: number;
  /** Shortest duration, in milliseconds; 0 without any. */
  readonly min: number;
  /** Longest duration, in milliseconds. */
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

/** Counts durations, in constant memory. */
export class Histogram {
  readonly #buckets = new Float64Array(BUCKETS);
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = 0;

  /** Adds `count` durations of `ms` milliseconds. */
  add(ms: number, count = 1): void {
    const bucket = ms <= SMALLEST ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log(ms / SMALLEST) / LOG_GROWTH));
    this.#buckets[bucket] += count;
    this.#count += count;
    this.#sum += ms * count;
    if (ms < this.#min) this.#min = ms;
    if (ms > this.#max) this.#max = ms;
  }

  /** Returns the figures so far, as a snapshot. */
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
    let remaining = Math.ceil(share * this.#count);
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      remaining -= this.#buckets[bucket];
      if (remaining <= 0) return Math.max(this.#min, Math.min(this.#max, SMALLEST * GROWTH ** bucket));
    }
    return this.#max;
  }
}
