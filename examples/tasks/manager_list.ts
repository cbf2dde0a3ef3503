import type { DictProxy, ListProxy } from "@isopool/isopool";

/** Appends to the shared list, and adds to the shared total in a transaction. */
export async function append(list: ListProxy<number>, totals: DictProxy<string, number>, index: number): Promise<void> {
  const items = [111 + index, 333 + index];
  await list.push(...items);
  await totals.transaction(async () => totals.set("items", (await totals.get("items"))! + items.length));
}
