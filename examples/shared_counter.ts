/**
 * Python: `cnt = Value('i', 0)`, then `p.starmap(f, [(1, cnt), (2, cnt), ...])`. That is a RuntimeError: "Synchronized
 * objects should only be shared between processes through inheritance". And `cnt.value += 1` reads, then writes: two
 * processes that do it at the same time count once.
 *
 * Here a shared object is an argument like any other, and `add` is atomic. It returns the value before the addition, so
 * that each call gets a different number.
 */
import { assertEquals } from "@std/assert";
import { Pool, task, Value } from "@isopool/isopool";

export function f(x: number, cnt: Value<"i32">): string {
  return `x = ${x} came as number ${cnt.add(1) + 1}`;
}

export function many(times: number, cnt: Value<"i32">): void {
  for (let i = 0; i < times; i++) cnt.add(1);
}

if (import.meta.main) {
  await using pool = new Pool(5);
  const cnt = new Value("i32");
  const lines = await pool.starmap(task(import.meta, f), [[1, cnt], [2, cnt], [3, cnt], [4, cnt], [5, cnt]]);
  console.log(lines.join("\n"));
  console.log("cnt:", cnt.get());
  assertEquals(lines.map((line) => line.at(-1)).sort(), ["1", "2", "3", "4", "5"]);
  assertEquals(cnt.get(), 5);

  await pool.starmap(task(import.meta, many), Array.from({ length: 5 }, () => [100_000, cnt] as const));
  console.log("five workers, 100000 times each:", cnt.get() - 5);
  assertEquals(cnt.get(), 500_005);
}
