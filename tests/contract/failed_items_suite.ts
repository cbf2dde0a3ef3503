import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { asCompleted, failedItems } from "@isopool/isopool";
import { failing, values } from "../fixtures/views.ts";
import { range } from "../support/range.ts";
import { MUST_HAPPEN, within } from "../support/within.ts";
import type { Suite } from "./backend.ts";

/** A failure names its input, and has a budget. */
export const failedItemsSuite: Suite = (backend, check) => {
  check("a map's failure names its item: in outcomes, through failedItems(), and in the stack", async () => {
    await using pool = backend.make({ workers: 2 });
    const items = [0, 2, 7, 4];
    const [, , outcome] = await pool.map(values.failOdd, items, { onError: "settle" });
    if (outcome.status !== "rejected") throw new Error("items[2] has not failed");
    assertEquals([outcome.index, outcome.item], [2, 7]);
    assertMatch(outcome.reason.stack, /^ {4}at items\[2\] \(7\)$/m);
    const thrown = await assertRejects(() => pool.map(values.failOdd, items).then(), RangeError);
    assertEquals(failedItems(thrown), [{ index: 2, item: 7, reason: thrown }]);
    assertMatch(thrown.stack!, /^ {4}at items\[2\] \(7\)$/m);
    assertEquals(Object.keys(thrown), []);
    const options = { onError: "aggregate", ordered: false } as const;
    const all = await assertRejects(() => pool.map(values.failOdd, [1, 2, 3], options).then(), AggregateError);
    assertEquals(failedItems(all).map(({ index, item }) => [index, item]), [[0, 1], [2, 3]]);
    assertEquals(failedItems(all.errors[1]).map(({ index, item }) => [index, item]), [[2, 3]]);
    assertEquals(failedItems(new Error("of no map")), []);
  });

  check("the item of an outcome is what the task got: data, argument lists, shared values", async () => {
    await using pool = backend.make({ workers: 1 });
    const item = { id: 3, tags: ["a"] };
    const [first] = await pool.imap(failing.refuse, [item], { onError: "settle" });
    assertEquals(first.status === "rejected" && first.item, item);
    using table = pool.share([1, 2]);
    const [second] = await pool.starmap(failing.refuseAll, [[table, "x"]], { onError: "settle" });
    assertEquals(second.status === "rejected" && second.item, [[1, 2], "x"]);
  });

  check("a stack has the frames of the task and of the caller, and none of the library", async () => {
    await using pool = backend.make({ workers: 1 });
    const submit = () => pool.submit(values.failOdd, 1);
    const map = () => pool.map(values.failOdd, [1]);
    // On this event loop only a map adds to the stack of an error.
    for (const read of backend.capabilities.isolated ? [submit, map] : [map]) {
      const { stack } = await assertRejects(() => read().then(), RangeError);
      assertMatch(stack!, /^ {4}at failOdd .*values\.ts/m);
      assert(!/\/(?:lib|workers)\/\w+/.test(stack!), stack);
    }
  });

  check("asCompleted(): a failed call has its index and its arguments", async () => {
    await using pool = backend.make({ workers: 1 });
    const futures = [[2], [3]].map((args) => pool.submit(values.failOdd, ...args as [number]));
    const seen = [];
    for await (const one of asCompleted(futures)) {
      seen.push(one.status === "rejected" ? [one.index, one.args] : one.index);
    }
    assertEquals(seen, [0, [1, [3]]]);
  });

  check(
    "onError: { stopAfter: 3 }: outcomes below the budget; the third failure ends the map with all three",
    async () => {
      await using pool = backend.make({ workers: 2 });
      const onError = { stopAfter: 3 };
      const settled = await pool.map(values.failOdd, range(5), { onError });
      assertEquals(settled.map(({ status }) => status[0]).join(""), "frfrf");
      let read = 0;
      function* endless() {
        for (;;) yield read++;
      }
      const options = { onError, chunkSize: 1 };
      const failed = assertRejects(() => pool.map(values.failOdd, endless(), options).then(), AggregateError, "3 (of ");
      const error = await within(MUST_HAPPEN, failed) as AggregateError;
      assertEquals(error.errors.length, 3);
      assertEquals(failedItems(error).map(({ item }) => (item as number) % 2), [1, 1, 1]);
    },
  );

  check('onError: { stopAfter: "50%" }: a share of the items, of an array and of a generator', async () => {
    await using pool = backend.make({ workers: 1 });
    const onError = { stopAfter: "50%" } as const;
    assertEquals((await pool.map(values.failOdd, range(9), { onError })).length, 9);
    await assertRejects(() => pool.map(values.failOdd, range(10), { onError }).then(), AggregateError, "5 (of 10)");
    // Of unknown length: judged at the end, since fewer than 100 have ended.
    await assertRejects(
      () => pool.map(values.failOdd, range(10).values(), { onError }).then(),
      AggregateError,
      "5 (of 10)",
    );
    assertEquals((await pool.imap(values.failOdd, range(9).values(), { onError })).length, 9);
    const mostly = range(300).map((n) => n < 40 ? 1 : 2);
    assertEquals((await pool.map(values.failOdd, mostly.values(), { onError: { stopAfter: "41%" } })).length, 300);
  });
};
