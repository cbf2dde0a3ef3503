/**
 * The failures of a map's items, as one error.
 *
 * @module
 */
import { type FailedItem, noteItems } from "./failed_items.ts";

/** One failure. */
export interface ItemFailure extends FailedItem {
  readonly isCancelled: boolean;
}

/**
 * Makes the error of a map whose items have failed, in the order of the items.
 *
 * @param count Number of all items.
 * @param inputFailure What the input threw after the last item.
 */
export function aggregate(
  map: object,
  failures: readonly ItemFailure[],
  count: number,
  inputFailure?: { readonly reason: unknown },
): AggregateError {
  const items = failures.map(({ index, item, reason }) => ({ index, item, reason })).sort((a, b) => a.index - b.index);
  const reasons = items.map(({ reason }) => reason);
  const message = `${reasons.length} (of ${count}) items failed`;
  const error = inputFailure
    ? new AggregateError([...reasons, inputFailure.reason], `${message}, then the input failed`)
    : new AggregateError(reasons, message);
  noteItems(map, error, items);
  return error;
}
