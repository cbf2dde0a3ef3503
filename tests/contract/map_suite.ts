import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { MapOptions } from "@isopool/isopool";
import { Gate } from "../support/gate.ts";
import { range } from "../support/range.ts";
import { MUST_HAPPEN, until, within } from "../support/within.ts";
import { gated, values } from "../fixtures/views.ts";
import type { Suite } from "./backend.ts";

async function* asynchronously<T>(items: Iterable<T>): AsyncGenerator<T> {
  for (const item of items) {
    await Promise.resolve();
    yield item;
  }
}

/** `map` and `starmap`: order, inputs, chunks, ways of reading. */
export const mapSuite: Suite = (backend, check) => {
  check("Pool.map() keeps order when the first item is slow", async () => {
    await using pool = backend.make({ workers: 2 });
    assertEquals(await pool.map(values.slowFirst, range(20)), range(20));
    const streamed: number[] = [];
    for await (const n of pool.map(values.slowFirst, range(20))) streamed.push(n);
    assertEquals(streamed, range(20));
  });

  check("Pool.map() with ordered: false gives the quick results first", async () => {
    await using pool = backend.make({ workers: 2 });
    await using gate = new Gate();
    const results = pool.map(gated.hold, [gate.words], { ordered: false });
    gate.open();
    for await (const value of results) assertEquals(value, undefined);

    await using straggler = new Gate();
    const held: boolean[] = [];
    for await (
      const result of pool.map(gated.holdOr, [straggler.words, ...new Array(7).fill(null)], { ordered: false })
    ) {
      if (held.push(result) === 7) straggler.open();
    }
    assertEquals(held, [...new Array(7).fill(false), true]);
  });

  check("an awaited map is in order even with ordered: false", async () => {
    await using pool = backend.make({ workers: 2 });
    assertEquals(await pool.map(values.slowFirst, range(8), { ordered: false }), range(8));
  });

  check("Pool.starmap() spreads argument lists", async () => {
    await using pool = backend.make({ workers: 2 });
    const lists: [number, number][] = [[1, 2], [3, 4], [5, 6]];
    assertEquals(await pool.starmap(values.add, lists), [3, 7, 11]);
    assertEquals(await pool.starmap(values.count, [[], [1], [1, [2, 3], 4]]), [0, 1, 3]);
  });

  check("Pool.map() passes an array item as one argument", async () => {
    await using pool = backend.make({ workers: 1 });
    assertEquals(await pool.map(values.count, [[1, 2], []]), [1, 1]);
  });

  check("Pool.starmap() rejects an item that is not an array", async () => {
    await using pool = backend.make({ workers: 1 });
    // deno-lint-ignore no-explicit-any -- what a caller without types may pass
    await assertRejects(async () => await pool.starmap(values.add, [[1, 2], 3] as any), TypeError, "`items`");
    assertEquals(await pool.starmap(values.add, [[1, 2]]), [3]);
  });

  const empties: Record<string, () => Iterable<number> | AsyncIterable<number>> = {
    "an empty array": () => [],
    "an empty set": () => new Set(),
    "an empty generator": () => (function* () {})(),
    "an empty async generator": () => asynchronously([]),
  };
  for (const [kind, make] of Object.entries(empties)) {
    check(`Pool.map() of ${kind} is an empty array and does not stall`, async () => {
      await using pool = backend.make({ workers: 2 });
      assertEquals(await within(MUST_HAPPEN, pool.map(values.double, make())), []);
      for await (const n of pool.map(values.double, make())) throw new Error(`unexpected: ${n}`);
      for (const chunkSize of [1, 20] as const) {
        assertEquals(await within(MUST_HAPPEN, pool.map(values.double, make(), { chunkSize })), []);
      }
    });
  }

  for (const chunkSize of [1, 7, 20, 1000, "auto"] as const) {
    check(`Pool.map() with chunkSize ${chunkSize} equals the serial result`, async () => {
      await using pool = backend.make({ workers: 3 });
      const items = range(333);
      assertEquals(await pool.map(values.double, items, { chunkSize }), items.map((n) => 2 * n));
      const lists = items.map((n): [number, number] => [n, 1]);
      assertEquals(await pool.starmap(values.add, lists, { chunkSize }), items.map((n) => n + 1));
    });
  }

  check("Pool.map() takes strings, sets, maps and async iterables", async () => {
    await using pool = backend.make({ workers: 2 });
    assertEquals(await pool.map(values.echo, "abc"), ["a", "b", "c"]);
    assertEquals(await pool.map(values.double, new Set([1, 2])), [2, 4]);
    assertEquals(await pool.map(values.echo, new Map([["k", 1]])), [["k", 1]]);
    assertEquals(await pool.map(values.double, asynchronously(range(100))), range(100).map((n) => 2 * n));
  });

  for (const kind of ["generator", "async generator"] as const) {
    check(`an endless ${kind} is read lazily and closed when the loop is left`, async () => {
      await using pool = backend.make({ workers: 2 });
      let closed = false;
      let read = 0;
      function* endless() {
        try {
          for (;;) yield read++;
        } finally {
          closed = true;
        }
      }
      const seen: number[] = [];
      for await (const n of pool.map(values.double, kind === "generator" ? endless() : asynchronously(endless()))) {
        seen.push(n);
        if (seen.length === 10) break;
      }
      assertEquals(seen, range(10).map((n) => 2 * n));
      await until(() => closed, "the input is closed");
      const before = read;
      assertEquals(await pool.submit(values.double, 4), 8);
      assertEquals(read, before);
    });
  }

  check("Pool.map() starts at once, before anybody reads", async () => {
    await using pool = backend.make({ workers: 2 });
    await using gate = new Gate();
    const results = pool.map(gated.enter, [gate.words, gate.words, gate.words]);
    await gate.entered(3);
    assertEquals((await results).length, 3);
  });

  check("Results can be read once: a second reading is a TypeError", async () => {
    await using pool = backend.make({ workers: 1 });
    const awaited = pool.map(values.double, [1, 2]);
    assertEquals(await awaited, [2, 4]);
    await assertRejects(async () => await awaited, TypeError, "consumed before");
    assertThrows(() => awaited[Symbol.asyncIterator](), TypeError, "consumed before");

    const iterated = pool.map(values.double, [1, 2]);
    for await (const _ of iterated);
    await assertRejects(async () => await iterated, TypeError, "consumed before");
  });

  check("two maps at once on one pool do not mix", async () => {
    await using pool = backend.make({ workers: 2 });
    const [doubled, sums] = await Promise.all([
      pool.map(values.double, range(500)),
      pool.starmap(values.add, range(500).map((n): [number, number] => [n, 1])),
    ]);
    assertEquals(doubled, range(500).map((n) => 2 * n));
    assertEquals(sums, range(500).map((n) => n + 1));
  });

  check("Pool.map() refuses bad inputs and options at the call", async () => {
    await using pool = backend.make({ workers: 1 });
    // deno-lint-ignore no-explicit-any -- what a caller without types may pass
    const map = (items: any, options?: any) => () => pool.map(values.double, items, options as MapOptions);
    for (const items of [undefined, null, 5, {}, () => {}]) assertThrows(map(items), TypeError, "`items`");
    for (const chunkSize of [0, -1, 1.5, NaN]) assertThrows(map([], { chunkSize }), RangeError, "`chunkSize`");
    assertThrows(map([], { chunkSize: "big" }), TypeError, "`chunkSize`");
    assertThrows(map([], { onError: "ignore" }), Error, "`onError`");
    assertThrows(map([], { timeout: -1 }), RangeError, "`timeout`");
    assertThrows(map([], { signal: {} }), TypeError, "`signal`");
    assertThrows(map([], { chunksize: 2 }), TypeError, "unknown option `chunksize`");
  });
};
