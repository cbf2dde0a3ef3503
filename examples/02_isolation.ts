/**
 * Python: a child that changes a global changes its own copy, and the parent sees nothing of it; threads share a list.
 *
 * The same task on both backends: a worker has globals of its own, "async" has this isolate's.
 */
import { assertEquals } from "@std/assert";
import { Pool, task } from "@isopool/isopool";

const seen: number[] = [];

export function remember(n: number): number {
  return seen.push(n);
}

if (import.meta.main) {
  const remembering = task(import.meta, remember);
  {
    await using pool = new Pool(1);
    const lengths = await pool.map(remembering, [1, 2, 3]);
    console.log("worker:", lengths, "here:", seen);
    assertEquals(lengths, [1, 2, 3]);
    assertEquals(seen, []);
  }
  {
    await using pool = new Pool({ backend: "async" });
    await pool.map(remembering, [1, 2, 3]);
    console.log("async, here:", seen);
    assertEquals(seen, [1, 2, 3]);
  }
}
