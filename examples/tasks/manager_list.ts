import type { DictProxy, ListProxy } from "@isopool/isopool";

/** Appends to the list that every process sees, and adds to its total, with nobody in between. */
export async function append(list: ListProxy<number>, totals: DictProxy<string, number>, index: number): Promise<void> {
  const items = [111 + index, 333 + index];
  await list.push(...items);
  await totals.transaction(async () => totals.set("items", (await totals.get("items"))! + items.length));
}
