/**
 * The failures of a map's items, as one error.
 *
 * @module
 */

/** One failure. */
export interface ItemFailure {
  readonly index: number;
  readonly reason: unknown;
  readonly isCancelled: boolean;
}

/**
 * Makes the error of a map whose items have failed, in the order of the items.
 *
 * @param count Number of all items.
 * @param inputFailure What the input threw after the last item.
 */
export function aggregate(
  failures: readonly ItemFailure[],
  count: number,
  inputFailure?: { readonly reason: unknown },
): AggregateError {
  const reasons = failures.toSorted((a, b) => a.index - b.index).map((failure) => failure.reason);
  const message = `${reasons.length} (of ${count}) items failed`;
  return inputFailure
    ? new AggregateError([...reasons, inputFailure.reason], `${message}, then the input failed`)
    : new AggregateError(reasons, message);
}
