/**
 * Python: "`p.map(f, iterable)` takes much memory for long iterables; consider `imap()` or `imap_unordered()` with
 * `chunksize`". There `imap` still reads the whole input at once.
 *
 * Here the input may be endless: `imap` reads it at most `buffer` items ahead of the loop, and chooses the chunk sizes from
 * measurements.
 */
import { assert, assertEquals } from "@std/assert";
import { Pool, task } from "@isopool/isopool";

export function f(x: number): number {
  return x * x;
}

let read = 0;

function* naturals(): Generator<number> {
  for (;;) yield read++;
}

if (import.meta.main) {
  const squaring = task(import.meta, f);
  await using pool = new Pool(5);

  let taken = 0, furthest = 0;
  for await (const square of pool.imap(squaring, naturals(), { buffer: 100 })) {
    assertEquals(square, taken ** 2); // in order
    furthest = Math.max(furthest, read - ++taken);
    if (taken === 10_000) break; // The rest is cancelled.
  }
  console.log(`${taken} squares of an endless input, read at most ${furthest} ahead`);
  assert(furthest <= 100);

  let sum = 0;
  for await (const square of pool.imapUnordered(squaring, Array(1_000).keys())) sum += square;
  console.log(`sum of 1000 squares, in any order: ${sum}`);
  assertEquals(sum, 999 * 1_000 * 1_999 / 6);
}
