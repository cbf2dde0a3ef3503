import { assertEquals, assertStrictEquals } from "@std/assert";
import { pooled } from "@isopool/isopool";
import { test, until } from "../support/within.ts";
import { outcomeOf, readAll, retries, runTurns, untilAborted } from "./kit.ts";

for (const ordered of [true, false]) {
  test(`pooled({ ordered: ${ordered} }): a loop gets earlier items that end after the failure, then the failure`, async () => {
    const boom = new Error("boom");
    const gate = Promise.withResolvers<void>();
    const reading = readAll(pooled([0, 1, 2, 3], async (n) => {
      if (n === 3) throw boom;
      await gate.promise;
      return n;
    }, { ordered }));
    await runTurns();
    gate.resolve();
    const { seen, error } = await reading;
    assertEquals(seen, [0, 1, 2]);
    assertStrictEquals(error, boom);
  });
}

test("pooled(): an ordered loop gets no result after the failed item", async () => {
  const gate = Promise.withResolvers<void>();
  const reading = readAll(pooled([0, 1, 2, 3], async (n) => {
    if (n === 1) throw new RangeError("one");
    if (n === 0) await gate.promise;
    return n;
  }));
  await runTurns();
  gate.resolve();
  const { seen, error } = await reading;
  assertEquals([seen, (error as Error).message], [[0], "one"]);
});

test("pooled(): an earlier item that its signal ends leaves a gap: the loop ends there, with the first failure", async () => {
  const boom = new Error("boom");
  const { seen, error } = await readAll(pooled([0, 1, 2], (n, { signal }) => {
    if (n === 2) return runTurns(2).then(() => Promise.reject(boom));
    return n === 1 ? untilAborted(signal) : n;
  }));
  assertEquals(seen, [0]);
  assertStrictEquals(error, boom);
});

test("pooled({ signal }): a loop gets the results before the abort, then the signal's reason", async () => {
  const controller = new AbortController();
  let done = 0;
  const results = pooled([0, 1, 2, 3], async (n, { signal }) => {
    if (n > 1) await untilAborted(signal);
    done++;
    return n;
  }, { signal: controller.signal });
  await until(() => done === 2, "two are done");
  controller.abort("enough");
  assertEquals(await readAll(results), { seen: [0, 1], error: "enough" });
});

test("pooled(): fn is not called for an item that arrives after the failure", async () => {
  const late = Promise.withResolvers<void>();
  const called: number[] = [];
  const input = async function* () {
    yield 0;
    await late.promise;
    yield 1;
  };
  const boom = new Error("boom");
  const outcome = outcomeOf(pooled(input(), (n) => (called.push(n), Promise.reject(boom)), { concurrency: 2 }));
  assertStrictEquals(await outcome, boom);
  late.resolve();
  await runTurns();
  assertEquals(called, [0]);
});

test("pooled(): an input that hangs in next() does not delay an abort, and its late answer is dropped", async () => {
  const controller = new AbortController();
  const next = Promise.withResolvers<IteratorResult<number>>();
  let asked = 0, returned = 0, called = 0;
  const input: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({
      next: () => (asked++, next.promise),
      return: () => (returned++, Promise.resolve({ done: true, value: undefined })),
    }),
  };
  const outcome = outcomeOf(pooled(input, () => called++, { signal: controller.signal }));
  await until(() => asked === 1, "the input was asked");
  controller.abort("enough");
  assertEquals(await outcome, "enough");
  next.resolve({ done: false, value: 1 });
  await runTurns();
  assertEquals([asked, returned, called], [1, 1, 0]);
});

test("pooled(): an async input whose return() hangs, rejects or throws does not hide or delay a failure", async () => {
  const boom = new Error("boom");
  const closes: (() => Promise<never>)[] = [
    () => new Promise(() => {}),
    () => Promise.reject(new Error("close")),
    () => {
      throw new Error("close");
    },
  ];
  for (const close of closes) {
    let n = 0;
    const input: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: false, value: n++ }), return: close }),
    };
    assertStrictEquals(await outcomeOf(pooled(input, (n) => n === 2 ? Promise.reject(boom) : n)), boom);
  }
});

test("pooled(): an input that throws is not closed, one that is not read to its end is closed once", async () => {
  for (const throws of [true, false]) {
    let returned = 0, n = 0;
    const input: Iterable<number> = {
      [Symbol.iterator]: () => ({
        next() {
          if (throws && n === 3) throw new Error("input");
          return { done: false, value: n++ };
        },
        return: () => (returned++, { done: true, value: undefined }),
      }),
    };
    await outcomeOf(pooled(input, (n) => n === 3 ? Promise.reject("fn") : n, { concurrency: 2 }));
    assertEquals([throws, returned], [throws, throws ? 0 : 1]);
  }
});

test("pooled(): with every option, a failure waits for the running items", async () => {
  const gate = Promise.withResolvers<void>();
  const events: string[] = [];
  const outcome = outcomeOf(
    pooled([0, 1, 2], async (n) => {
      if (n === 0) throw "boom";
      await gate.promise;
      events.push(`ended ${n}`);
    }, { timeout: 60_000, rate: { limit: 10, interval: 1_000 }, retry: retries(1), concurrency: 3 }),
  ).then((error) => events.push(String(error)));
  await runTurns();
  assertEquals(events, []);
  gate.resolve();
  await outcome;
  assertEquals(events, ["ended 1", "ended 2", "boom"]);
});

test("pooled(): the signal of an item that has ended never aborts", async () => {
  const controller = new AbortController();
  const signals: AbortSignal[] = [];
  const outcome = outcomeOf(pooled([0, 1, 2], (n, { signal }) => {
    signals.push(signal);
    return n === 2 ? untilAborted(signal) : n;
  }, { signal: controller.signal }));
  await until(() => signals.length === 3, "all have started");
  await runTurns();
  controller.abort("enough");
  await outcome;
  assertEquals(signals.map((signal) => signal.aborted), [false, false, true]);
});
