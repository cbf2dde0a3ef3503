/**
 * Records which items of a map have failed with an error: as the line `at items[3] ("b.png")` in the error's stack, and
 * for {@linkcode failedItems}.
 *
 * What a task throws reaches the caller unchanged. So the item is recorded in a WeakMap beside the error, and only the
 * error's `stack`, which is text for people, gets a line.
 *
 * @module
 */
import { addFrame } from "../core/stack.ts";
import { shorten } from "../core/shorten.ts";

/** An item whose task has failed. */
export interface FailedItem {
  /** Position of the item in the input, from 0. */
  readonly index: number;
  /** The item; for tasks on workers the copy that was sent. */
  readonly item: unknown;
  /** What the task has thrown. */
  readonly reason: unknown;
}

// By error. `map` is the map that the error has failed: an error that fails several items of one map is recorded once.
const noted = new WeakMap<object, { readonly map: object; readonly items: readonly FailedItem[] }>();

/**
 * Returns the items that the error of a map or of `pooled()` is about: one for what a task has thrown, all failed ones in
 * input order for the `AggregateError` of `onError: "aggregate"`, none for other errors. The cost is one look-up in a
 * WeakMap. For thrown values that are no objects it returns none: use `onError: "settle"`.
 *
 * @example Ask which item has failed
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { failedItems, pooled } from "@isopool/isopool";
 *
 * try {
 *   await pooled(["[]", "{"], (text) => JSON.parse(text));
 * } catch (error) {
 *   const [{ index, item }] = failedItems(error);
 *   assertEquals([index, item], [1, "{"]);
 * }
 * ```
 */
export function failedItems(error: unknown): readonly FailedItem[] {
  return typeof error === "object" && error !== null ? noted.get(error)?.items ?? [] : [];
}

/** Names an item: `items[3] ("b.png")`. */
export function itemName(index: number, item: unknown): string {
  return `items[${index}] (${shorten(item)})`;
}

/** Names an item as the line of a stack. */
export function itemFrame(index: number, item: unknown): string {
  return `at ${itemName(index, item)}`;
}

/** Notes the items that the error of a map is about. */
export function noteItems(map: object, error: unknown, items: readonly FailedItem[]): void {
  if (typeof error === "object" && error !== null) noted.set(error, { map, items });
}

/** Notes the item that an error was thrown for, and adds it to the error's stack. */
export function noteItem(map: object, failed: FailedItem): void {
  const { index, item, reason } = failed;
  if (typeof reason !== "object" || reason === null || noted.get(reason)?.map === map) return;
  noted.set(reason, { map, items: [failed] });
  addFrame(reason, itemFrame(index, item));
}
