import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Input, Results } from "@isopool/isopool";
import { values } from "../fixtures/views.ts";
import { MUST_HAPPEN, within } from "../support/within.ts";
import type { AnyPool, Suite } from "./backend.ts";

/** Yields 0, 1, ... and throws instead of item `count`. */
function* failsAt(count: number, error: unknown): Generator<number> {
  for (let n = 0; n < count; n++) yield n;
  throw error;
}

async function* failsAtLater(count: number, error: unknown): AsyncGenerator<number> {
  yield* failsAt(count, error);
}

async function* argumentLists(items: Input<number>): AsyncGenerator<[number]> {
  for await (const item of items) yield [item];
}

/** Reads results one by one until the end or an error. */
async function readAll<R>(results: Results<R>): Promise<{ read: R[]; error?: unknown }> {
  const read: R[] = [];
  try {
    for await (const result of results) read.push(result);
    return { read };
  } catch (error) {
    return { read, error };
  }
}

const maps: [string, (pool: AnyPool, items: Input<number>, chunkSize: number | "auto") => Results<number>][] = [
  ["map", (pool, items, chunkSize) => pool.map(values.double, items, { chunkSize })],
  ["starmap", (pool, items, chunkSize) => pool.starmap(values.double, argumentLists(items), { chunkSize })],
  ["imap", (pool, items, chunkSize) => pool.imap(values.double, items, { chunkSize })],
  ["imap with a small buffer", (pool, items, chunkSize) => pool.imap(values.double, items, { chunkSize, buffer: 2 })],
  ["imapUnordered", (pool, items, chunkSize) => pool.imapUnordered(values.double, items, { chunkSize })],
];

/** Inputs that throw while they are read. */
export const inputFailureSuite: Suite = (backend, check) => {
  for (const [name, map] of maps) {
    check(`${name}: all results of the items before the input's error are read, then the error is thrown`, async () => {
      await using pool = backend.make({ workers: 2 });
      for (const [count, chunkSize] of [[0, "auto"], [3, 1], [7, 4], [150, 1], [150, "auto"]] as const) {
        for (const failsAtSome of [failsAt, failsAtLater]) {
          const thrown = new RangeError(`no item ${count}`);
          const { read, error } = await within(MUST_HAPPEN, readAll(map(pool, failsAtSome(count, thrown), chunkSize)));
          if (name === "imapUnordered") read.sort((a, b) => a - b);
          assertEquals(read, Array.from({ length: count }, (_, n) => n * 2));
          assert(error === thrown, String(error));
        }
      }
    });
  }

  check("an input's error is thrown as it is, also a falsy one", async () => {
    await using pool = backend.make({ workers: 1 });
    for (const thrown of [undefined, 0, "", null]) {
      const result = await within(MUST_HAPPEN, readAll(pool.map(values.double, failsAt(2, thrown))));
      assertEquals(result, { read: [0, 2], error: thrown });
    }
  });

  check("results that are read after the input's error are all there", async () => {
    await using pool = backend.make({ workers: 2 });
    const results = pool.map(values.double, failsAt(20, new RangeError("no item 20")));
    while (pool.stats().tasks.succeeded < 20) await pool.submit(values.double, 1);
    const { read, error } = await within(MUST_HAPPEN, readAll(results));
    assertEquals([read.length, (error as Error).message], [20, "no item 20"]);
  });

  check("an awaited map rejects with its input's error", async () => {
    await using pool = backend.make({ workers: 2 });
    for (const onError of ["throw", "settle", "aggregate"] as const) {
      const results = pool.map(values.double, failsAt(20, new RangeError("no item 20")), { onError });
      await assertRejects(() => within(MUST_HAPPEN, results), RangeError, "no item 20");
    }
  });

  check('onError "settle": the outcomes of the items before the input\'s error are read first', async () => {
    await using pool = backend.make({ workers: 2 });
    const results = pool.map(values.failOdd, failsAt(5, new RangeError("no item 5")), { onError: "settle" });
    const { read, error } = await within(MUST_HAPPEN, readAll(results));
    assertEquals(read.map(({ status }) => status[0]), ["f", "r", "f", "r", "f"]);
    assertEquals((error as Error).message, "no item 5");
  });

  check('onError "aggregate": the input\'s error is the last of the errors', async () => {
    await using pool = backend.make({ workers: 2 });
    const results = pool.map(values.failOdd, failsAt(5, new RangeError("no item 5")), { onError: "aggregate" });
    const error = await assertRejects(() => within(MUST_HAPPEN, results), AggregateError);
    assertEquals(error.errors.map((each: Error) => each.message), ["odd: 1", "odd: 3", "no item 5"]);
    assertEquals(error.message, "2 (of 5) items failed, then the input failed");
  });

  check("an item that starmap refuses ends the map after the results before it, and closes the input", async () => {
    await using pool = backend.make({ workers: 2 });
    let closed = 0;
    function* lists(): Generator<[number]> {
      try {
        for (let n = 0; n < 5; n++) yield [n];
        yield "no list" as never;
        yield [6];
      } finally {
        closed++;
      }
    }
    const { read, error } = await within(MUST_HAPPEN, readAll(pool.starmap(values.double, lists())));
    assertEquals(read, [0, 2, 4, 6, 8]);
    assert(
      error instanceof TypeError && error.message.includes("arrays, each the arguments of one call"),
      String(error),
    );
    assertEquals(closed, 1);
  });
};
