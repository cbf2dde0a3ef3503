/**
 * Python: `with Pool(5) as p: print(p.map(f, [1, 2, 3]))`.
 *
 * The task is a function of this file. `import.meta.main` is Python's `if __name__ == "__main__"`: a worker loads this file
 * too, and must not start a pool of its own.
 */
import { assertEquals } from "@std/assert";
import { Pool, task } from "@isopool/isopool";

export function f(x: number): number {
  return x * x;
}

if (import.meta.main) {
  await using pool = new Pool(5);
  const squares = await pool.map(task(import.meta, f), [1, 2, 3]);

  console.log(squares);
  assertEquals(squares, [1, 4, 9]);
}
