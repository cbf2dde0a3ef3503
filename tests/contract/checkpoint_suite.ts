import { assertEquals, assertRejects } from "@std/assert";
import { values } from "../fixtures/views.ts";
import { checkpointFile } from "../support/checkpoint_file.ts";
import { range } from "../support/range.ts";
import type { Suite } from "./backend.ts";

/** Maps with a checkpoint: the second run gives what the first has recorded. */
export const checkpointSuite: Suite = (backend, check) => {
  check("map({ checkpoint }): a second run gives the recorded results in order, and runs nothing again", async () => {
    await using file = await checkpointFile();
    await using pool = backend.make({ workers: 2 });
    const checkpoint = file.path;
    const expected = range(100).map((n) => 2 * n);
    assertEquals(await pool.map(values.double, range(50), { checkpoint }), expected.slice(0, 50));
    assertEquals((await file.records()).length, 50);
    assertEquals(await pool.map(values.double, range(100), { checkpoint }), expected);
    const records = await file.records();
    assertEquals(records.map(({ index }) => index).sort((a, b) => a - b), range(100));
    assertEquals(await pool.starmap(values.add, [[1, 2]], { checkpoint: { path: file.path, onChange: "rerun" } }), [3]);
  });

  check("imap and imapUnordered({ checkpoint }): recorded and new items, in one input", async () => {
    await using file = await checkpointFile();
    await using pool = backend.make({ workers: 2 });
    const checkpoint = file.path;
    await pool.map(values.double, [1, 3, 5], { checkpoint });
    async function* items() {
      for (const n of [0, 1, 2, 3, 4, 5, 6]) yield await Promise.resolve(n);
    }
    for (const input of [() => [0, 1, 2, 3, 4, 5, 6], items]) {
      const results = [];
      for await (const n of pool.imap(values.double, input(), { checkpoint, buffer: 2 })) results.push(n);
      assertEquals(results, [0, 2, 4, 6, 8, 10, 12]);
    }
    const unordered = [];
    for await (const n of pool.imapUnordered(values.double, [8, 1, 7, 3], { checkpoint })) unordered.push(n);
    assertEquals(unordered.sort((a, b) => a - b), [2, 6, 14, 16]);
    assertEquals((await file.records()).length, 9);
  });

  check("map({ checkpoint }): a map that fails keeps what was done; its failed items run again", async () => {
    await using file = await checkpointFile();
    await using pool = backend.make({ workers: 1 });
    const options = { checkpoint: file.path, chunkSize: 1 };
    await assertRejects(() => pool.map(values.failOdd, [0, 2, 4, 5, 6], options).then(), RangeError, "odd: 5");
    const before = (await file.records()).filter((record) => "value" in record).length;
    assertEquals(before >= 3, true);
    const settled = await pool.map(values.failOdd, [0, 2, 4, 5, 6], { ...options, onError: "settle" });
    assertEquals(settled.map(({ status }) => status), ["fulfilled", "fulfilled", "fulfilled", "rejected", "fulfilled"]);
    const failures = (await file.records()).filter((record) => "thrown" in record);
    assertEquals(failures.map(({ item }) => item), [5, 5]);
    const keep = { ...options, checkpoint: { path: file.path, failed: "keep" } } as const;
    const error = await assertRejects(() => pool.map(values.failOdd, [0, 5], keep).then(), RangeError, "odd: 5");
    assertEquals(error instanceof RangeError, true);
    assertEquals((await file.records()).filter((record) => "thrown" in record).length, 2);
  });

  check("a map with a checkpoint stays one that can be cancelled, and releases its file", async () => {
    await using file = await checkpointFile();
    await using pool = backend.make({ workers: 1 });
    const controller = new AbortController();
    function* items() {
      yield 1;
      yield 2;
      controller.abort(new Error("enough"));
      yield 3;
    }
    const options = { checkpoint: file.path, signal: controller.signal, chunkSize: 1 };
    await assertRejects(() => pool.map(values.double, items(), options).then(), Error, "enough");
    for await (const _ of pool.imap(values.double, [1, 2, 3, 4], { checkpoint: file.path })) break;
    assertEquals(await pool.map(values.double, [1, 2, 3], { checkpoint: file.path }), [2, 4, 6]);
  });
};
