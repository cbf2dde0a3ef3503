/**
 * Python: `with ThreadPoolExecutor(10) as t: for i in range(100): t.submit(fn, name=f"thread {i}")`.
 *
 * Keyword arguments are an options object. The block ends when all hundred tasks are done.
 */
import { assert, assertEquals } from "@std/assert";
import { type Future, Pool, task } from "@isopool/isopool";

export function fn({ name, repeat = 1_000 }: { name: string; repeat?: number }): string {
  let last = "";
  for (let i = 0; i < repeat; i++) last = `${name} ${i}`;
  return last;
}

if (import.meta.main) {
  const futures: Future<string>[] = [];
  {
    await using pool = new Pool(10);
    for (let i = 0; i < 100; i++) futures.push(pool.submit(task(import.meta, fn), { name: `thread ${i}` }));
  }
  assert(futures.every((future) => future.done));

  const lines = await Promise.all(futures);
  console.log(lines.length, "done, the last:", lines[99]);
  assertEquals(lines[99], "thread 99 999");
}
