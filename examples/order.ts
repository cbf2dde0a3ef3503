/**
 * Python: `t.map(func, [5, 2, 3])` gives results in order, so that a slow first item delays the rest; `as_completed` does
 * not wait for it, but `res.extend(future.result())` then loses the order.
 *
 * The example compares `map`, `map` with `ordered: false`, and `asCompleted`, which gives the index of each result.
 */
import { assertEquals } from "@std/assert";
import { asCompleted, Pool } from "@isopool/isopool";

const names = [5, 2, 3];
const func = (n: number) => new Promise<number>((resolve) => setTimeout(resolve, n * 100, n));

await using pool = new Pool({ backend: "async", workers: 10 });

const ordered: number[] = [];
for await (const n of pool.map(func, names)) ordered.push(n);
console.log("map                  ", ordered);
assertEquals(ordered, [5, 2, 3]);

const unordered: number[] = [];
for await (const n of pool.map(func, names, { ordered: false })) unordered.push(n);
console.log("map, ordered: false  ", unordered);
assertEquals(unordered, [2, 3, 5]);

const arrival: number[] = [], byIndex: number[] = [];
for await (const each of asCompleted(names.map((n) => pool.submit(func, n)))) {
  if (each.status !== "fulfilled") throw each.reason;
  arrival.push(each.value);
  byIndex[each.index] = each.value;
}
console.log("asCompleted          ", arrival, "by index", byIndex);
assertEquals(arrival, [2, 3, 5]);
assertEquals(byIndex, [5, 2, 3]);
