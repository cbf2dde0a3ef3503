/**
 * Quantiles of measurements.
 *
 * @module
 */

/** Returns the value that a share of the values is below; 0.5 gives the median. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/** Returns the median. */
export const median = (values: readonly number[]): number => quantile(values, 0.5);
