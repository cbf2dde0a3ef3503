import { assert, assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import { failedItems, pooled } from "@isopool/isopool";
import { test } from "../support/within.ts";
import { outcomeOf, readAll } from "./kit.ts";

function parse(text: string): unknown {
  return JSON.parse(text);
}

test("pooled(): a failure names its item, and what was thrown stays itself", async () => {
  class ParseError extends Error {
    override name = "ParseError";
    code = 7;
  }
  const thrown = new ParseError("bad");
  const items = ["ok", { file: "b.png" }];
  const error = await outcomeOf(pooled(items, (item) => typeof item === "string" ? item : Promise.reject(thrown)));
  assertStrictEquals(error, thrown);
  assertEquals([Object.keys(thrown), thrown.message], [["name", "code"], "bad"]);
  assertStrictEquals(failedItems(error)[0].item, items[1]);
  assertMatch(thrown.stack!, /^ParseError: bad\n[^]*\n {4}at items\[1\] \(\{ file: "b\.png" \}\)$/);
});

test("pooled(): primitives, frozen errors and objects that are no errors are thrown as they are", async () => {
  const plain = { stack: "mine" };
  const frozen = Object.freeze(new Error("frozen"));
  const { stack } = frozen;
  for (const thrown of ["text", 5, undefined, null, plain, frozen]) {
    assertStrictEquals(await outcomeOf(pooled([1], () => Promise.reject(thrown))), thrown);
    const [outcome] = await pooled(["a"], () => Promise.reject(thrown), { onError: "settle" });
    assertEquals(outcome, { status: "rejected", reason: thrown, index: 0, item: "a" });
  }
  assertEquals([plain, frozen.stack], [{ stack: "mine" }, stack]);
});

test("pooled(): the stack has the frames of fn, and none of the library", async () => {
  for (const options of [{}, { timeout: 60_000, retry: 1, adaptive: true }]) {
    const error = await outcomeOf(pooled(["{"], parse, { ...options, retry: 0 })) as Error;
    assertMatch(error.stack!, /\n {4}at parse \(.*failed_items_test\.ts:\d+:\d+\)/);
    assertMatch(error.stack!, /\n {4}at items\[0\] \("\{"\)$/);
    assert(!/\/lib\/\w+/.test(error.stack!), error.stack);
  }
});

test("pooled(): one error object for many items is noted once, and one that passes two maps gets both items", async () => {
  const shared = new Error("shared");
  await pooled([1, 2, 3], () => Promise.reject(shared), { onError: "settle" });
  assertEquals(shared.stack!.match(/at items/g), ["at items"]);
  const outer = await outcomeOf(pooled(["host"], () => pooled(["{"], parse).then())) as Error;
  assertMatch(outer.stack!, /\n {4}at items\[0\] \("\{"\)\n {4}at items\[0\] \("host"\)$/);
  assertEquals(failedItems(outer)[0].item, "host");
});

test("pooled({ onError: { stopAfter } }): outcomes below the budget, then an AggregateError of the failures", async () => {
  const fail = (n: number) => n % 2 === 1 ? Promise.reject(new Error(`odd ${n}`)) : n;
  const outcomes = await pooled([0, 1, 2, 3], fail, { onError: { stopAfter: 3 } });
  assertEquals(outcomes.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled", "rejected"]);
  let read = 0, closed = false;
  function* numbers() {
    try {
      for (;;) yield read++;
    } finally {
      closed = true;
    }
  }
  const { seen, error } = await readAll(pooled(numbers(), fail, { onError: { stopAfter: 2 }, concurrency: 1 }));
  assertEquals(seen.map(({ index }) => index), [0, 1, 2, 3]);
  assertEquals([(error as AggregateError).message, closed], ["2 (of 4) items failed", true]);
  assertEquals(failedItems(error).map(({ index, item }) => [index, item]), [[1, 1], [3, 3]]);
});

test('pooled({ onError: { stopAfter: "10%" } }): of an input without a length once 100 have ended, or of its `total`', async () => {
  const fail = (n: number) => n % 4 === 0 ? Promise.reject(new Error("fourth")) : n;
  function* numbers() {
    for (let n = 0; n < 1000; n++) yield n;
  }
  const onError = { stopAfter: "10%" } as const;
  const early = await outcomeOf(pooled(numbers(), fail, { onError, concurrency: 1 })) as AggregateError;
  // 10 of the first 40 have failed, which are 10 % of 100.
  assertEquals(early.message, "10 (of 37) items failed");
  const known = await outcomeOf(pooled(numbers(), fail, { onError, concurrency: 1, total: 1000 })) as AggregateError;
  assertEquals(known.errors.length, 100);
});
