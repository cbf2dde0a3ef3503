import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { pooled } from "@isopool/isopool";
import { turn, within } from "./support/within.ts";

function* count(to: number): Generator<number> {
  for (let n = 0; n < to; n++) yield n;
}

async function* countAsync(to: number): AsyncGenerator<number> {
  for (let n = 0; n < to; n++) yield await Promise.resolve(n);
}

async function runTurns(turns = 20): Promise<void> {
  for (let i = 0; i < turns; i++) await turn();
}

Deno.test("pooled() keeps input order when the first item is slow", async () => {
  const gate = Promise.withResolvers<void>();
  const seen: number[] = [];
  const results = pooled([0, 1, 2, 3], async (n) => {
    if (n === 0) await gate.promise;
    if (n === 3) gate.resolve();
    return n * 10;
  });
  for await (const value of results) seen.push(value);
  assertEquals(seen, [0, 10, 20, 30]);
});

Deno.test("pooled({ ordered: false }) gives the fastest results first in a loop, and input order when awaited", async () => {
  const run = () => {
    const gate = Promise.withResolvers<void>();
    return pooled([0, 1, 2, 3], async (n) => {
      if (n === 0) await gate.promise;
      if (n === 3) gate.resolve();
      return n;
    }, { ordered: false });
  };
  const seen: number[] = [];
  for await (const value of run()) seen.push(value);
  assertEquals([seen.toSorted(), seen[0] !== 0, await run()], [[0, 1, 2, 3], true, [0, 1, 2, 3]]);
});

for (const concurrency of [1, 3, 8]) {
  Deno.test(`pooled({ concurrency: ${concurrency} }) runs that many items at a time, and never more`, async () => {
    let now = 0, most = 0;
    const results = await pooled(count(50), async (n) => {
      most = Math.max(most, ++now);
      await turn();
      now--;
      return n;
    }, { concurrency });
    assertEquals([most, results.length], [concurrency, 50]);
  });
}

Deno.test("pooled() accepts sync and async functions and inputs of every kind", async () => {
  const inputs: (() => Iterable<number> | AsyncIterable<number>)[] = [
    () => [0, 1, 2],
    () => new Set([0, 1, 2]),
    () => count(3),
    () => countAsync(3),
    () => ReadableStream.from([0, 1, 2]),
    () => new Int8Array([0, 1, 2]),
  ];
  for (const input of inputs) {
    assertEquals(await pooled(input(), (n) => n + 1), [1, 2, 3]);
    assertEquals(await pooled(input(), async (n) => (await turn(), n + 1)), [1, 2, 3]);
    const seen: number[] = [];
    for await (const value of pooled(input(), (n) => n + 1, { concurrency: 2 })) seen.push(value);
    assertEquals(seen, [1, 2, 3]);
  }
  assertEquals(await pooled("äb", (letter) => letter.toUpperCase()), ["Ä", "B"]);
});

Deno.test("pooled(): an empty input gives an empty array and an empty loop", async () => {
  assertEquals(await pooled([], () => 1), []);
  assertEquals(await pooled(countAsync(0), () => 1, { onError: "aggregate" }), []);
  for await (const _ of pooled(count(0), () => 1)) throw new Error("there is nothing to read");
});

Deno.test("pooled() never calls next() of an async input during an earlier call", async () => {
  let reading = false, overlaps = 0, n = 0;
  const input: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({
      async next() {
        if (reading) overlaps++;
        reading = true;
        await turn();
        reading = false;
        return n < 20 ? { done: false, value: n++ } : { done: true, value: undefined };
      },
    }),
  };
  assertEquals(await pooled(input, async (n) => (await turn(), n), { concurrency: 5 }), [...count(20)]);
  assertEquals(overlaps, 0);
});

for (const [concurrency, buffer] of [[1, 0], [2, 3], [4, 4], [3, 0]]) {
  for (const isAsync of [false, true]) {
    Deno.test(`pooled({ concurrency: ${concurrency}, buffer: ${buffer} }) reads exactly ${concurrency + buffer} ahead of a slow reader, ${isAsync ? "async" : "sync"} input`, async () => {
      let read = 0;
      const counting = function* () {
        for (;;) yield read++;
      };
      const countingAsync = async function* () {
        for (;;) yield await Promise.resolve(read++);
      };
      const results = pooled<number, number>(isAsync ? countingAsync() : counting(), (n) => n, { concurrency, buffer });
      await runTurns();
      assertEquals(read, concurrency + buffer);
      let taken = 0;
      for await (const value of results) {
        assertEquals(value, taken++);
        await runTurns();
        assertEquals(read, taken + concurrency + buffer);
        if (taken === 5) break;
      }
      await runTurns();
      assertEquals(read, 5 + concurrency + buffer);
    });
  }
}

Deno.test("pooled(): leaving a loop over an endless input closes the input once and aborts the items in progress", async () => {
  let returns = 0, n = 0;
  const signals: AbortSignal[] = [];
  const input: Iterable<number> = {
    [Symbol.iterator]: () => ({
      next: () => ({ done: false, value: n++ }),
      return: () => (returns++, { done: true, value: undefined }),
    }),
  };
  for await (
    const value of pooled(input, (n, { signal }) => {
      signals.push(signal);
      return n < 3
        ? n
        : new Promise<number>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    }, { concurrency: 4 })
  ) {
    if (value === 2) break;
  }
  await runTurns();
  assertEquals(returns, 1);
  assert(signals.length > 3);
  assertEquals(
    signals.map((signal) => signal.aborted),
    signals.map((_, index) => index > 2),
    "only what is in progress",
  );
  assertEquals((signals[3].reason as DOMException).name, "AbortError");
});

Deno.test("pooled() passes each fn its index", async () => {
  assertEquals(await pooled(["a", "b", "c"], (item, { index }) => item + index), ["a0", "b1", "c2"]);
  assertEquals(await pooled(countAsync(4), (n, { index }) => n === index), [true, true, true, true]);
});

Deno.test("pooled() aborts no signal when all results are read", async () => {
  for (const reading of ["await", "loop"]) {
    const signals: AbortSignal[] = [];
    const results = pooled([1, 2, 3], (n, { signal }) => (signals.push(signal), n));
    if (reading === "await") await results;
    else for await (const _ of results);
    await turn();
    assertEquals([reading, ...signals.map((signal) => signal.aborted)], [reading, false, false, false]);
  }
});

Deno.test("pooled() refuses bad options and inputs at the call, and the message has what it takes", () => {
  const fn = () => 1;
  // deno-lint-ignore no-explicit-any -- what a caller without types can pass
  const call = pooled as any;
  const cases: [() => unknown, typeof TypeError | typeof RangeError, string][] = [
    [() => call([], fn, { concurency: 2 }), TypeError, "unknown option `concurency`"],
    [() => call([], fn, { concurrency: 0 }), RangeError, "`concurrency` is 0"],
    [() => call([], fn, { concurrency: 1.5 }), RangeError, "`concurrency` is 1.5"],
    [() => call([], fn, { concurrency: "2" }), TypeError, '`concurrency` is "2"'],
    [() => call([], fn, { buffer: -1 }), RangeError, "`buffer` is -1"],
    [() => call([], fn, { onError: "ignore" }), RangeError, '"throw" | "settle" | "aggregate"'],
    [() => call([], fn, { signal: {} }), TypeError, "an AbortSignal"],
    [() => call([], 5), TypeError, "`fn` is 5"],
    [() => call(5, fn), TypeError, "`items` is 5"],
    [() => call({}, fn), TypeError, "an iterable or async iterable"],
    [() => call(null, fn), TypeError, "`items` is null"],
  ];
  for (const [run, error, message] of cases) assertThrows(run, error, message);
});

Deno.test("pooled(): results are read once", async () => {
  const results = pooled([1], (n) => n);
  assertEquals(await results, [1]);
  await assertRejects(async () => await results, TypeError, "Cannot read results");
  assertThrows(() => results[Symbol.asyncIterator](), TypeError, "Cannot read results");
});

Deno.test("pooled(): an input is not read if the signal has aborted before", async () => {
  let read = 0;
  const reason = new Error("before");
  const input = (function* () {
    for (;;) yield read++;
  })();
  const thrown = await within(10_000, pooled(input, (n) => n, { signal: AbortSignal.abort(reason) }).catch((e) => e));
  assertStrictEquals(thrown, reason);
  assertEquals(read, 0);
});
