import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { pooled, type Settled } from "@isopool/isopool";
import { turn, within } from "../support/within.ts";

async function settled(turns = 20): Promise<void> {
  for (let i = 0; i < turns; i++) await turn();
}

function caught(promise: PromiseLike<unknown>): Promise<unknown> {
  return within(10_000, promise.then((value) => value, (error) => error));
}

Deno.test("pooled() on the first failure aborts signals, stops reading, and rejects when all running items have ended", async () => {
  const gate = Promise.withResolvers<void>();
  const boom = new Error("boom");
  const events: string[] = [];
  let read = 0;
  const input = (function* () {
    try {
      for (;;) yield read++;
    } finally {
      events.push("input closed");
    }
  })();
  const results = pooled(input, async (n, { signal }) => {
    if (n === 1) throw boom;
    signal.addEventListener("abort", () => events.push(`told ${n}`));
    await gate.promise;
    events.push(`ended ${n}`);
    return n;
  }, { concurrency: 3 });
  let rejected = false;
  const outcome = caught(results).then((error) => {
    rejected = true;
    return error;
  });
  await settled();
  assertEquals([events.toSorted(), rejected, read], [["input closed", "told 0", "told 2"], false, 3]);
  gate.resolve();
  assertStrictEquals(await outcome, boom);
  assertEquals(events.slice(-2).toSorted(), ["ended 0", "ended 2"]);
});

Deno.test("a loop over pooled() gets the results before the failed item, then the failure", async () => {
  const seen: number[] = [];
  const error = await assertRejects(async () => {
    const results = pooled([0, 1, 2, 3, 4], (n) => {
      if (n === 3) throw new RangeError("three");
      return n;
    }, { concurrency: 1 });
    for await (const value of results) seen.push(value);
  }, RangeError) as Error;
  assertEquals([seen, error.message], [[0, 1, 2], "three"]);
});

Deno.test('pooled({ onError: "settle" }) gives the outcome of each item, awaited and in a loop', async () => {
  const fn = (n: number) => n % 2 === 0 ? n : Promise.reject(`odd ${n}`);
  const expected = [
    { status: "fulfilled", value: 0, index: 0 },
    { status: "rejected", reason: "odd 1", index: 1, item: 1 },
    { status: "fulfilled", value: 2, index: 2 },
  ];
  assertEquals(await pooled([0, 1, 2], fn, { onError: "settle" }), expected as Settled<number>[]);
  const seen: unknown[] = [];
  for await (const one of pooled([0, 1, 2], fn, { onError: "settle" })) seen.push(one);
  assertEquals(seen, expected);
});

Deno.test('pooled({ onError: "aggregate" }) runs everything, then throws all failures in input order', async () => {
  let ran = 0;
  const run = () =>
    pooled([4, 3, 2, 1, 0], async (n) => {
      for (let i = 0; i < n; i++) await turn();
      ran++;
      if (n % 2 === 0) throw n;
      return n;
    }, { onError: "aggregate" });
  const error = await caught(run()) as AggregateError;
  assert(error instanceof AggregateError);
  assertEquals([error.errors, error.message, ran], [[4, 2, 0], "3 (of 5) items failed", 5]);
  const seen: number[] = [];
  const later = await caught((async () => {
    for await (const value of run()) seen.push(value);
  })()) as AggregateError;
  assertEquals([later.errors, seen], [[4, 2, 0], [3, 1]]);
});

Deno.test('pooled({ onError: "aggregate" }): a late reader reads more failures than the buffer holds', async () => {
  for (const ordered of [true, false]) {
    const results = pooled(Array.from({ length: 30 }, (_, n) => n), (n) => Promise.reject(n), {
      concurrency: 2,
      onError: "aggregate",
      ordered,
    });
    await settled();
    const error = await caught((async () => {
      for await (const _ of results) throw new Error("no item succeeds");
    })()) as AggregateError;
    assertEquals(error.errors?.length, 30, `${error}`);
  }
});

for (const isAsync of [false, true]) {
  Deno.test(`pooled(): ${isAsync ? "an async" : "a sync"} input that throws rejects with its error, and no item runs on`, async () => {
    const boom = new Error("input");
    let running = 0, most = 0;
    const fail = function* () {
      for (let n = 0; n < 5; n++) yield n;
      throw boom;
    };
    const failAsync = async function* () {
      await turn();
      yield* fail();
    };
    const unhandled: unknown[] = [];
    const listen = (event: PromiseRejectionEvent) => (event.preventDefault(), unhandled.push(event.reason));
    globalThis.addEventListener("unhandledrejection", listen);
    const error = await caught(pooled<number, number>(isAsync ? failAsync() : fail(), async (n) => {
      most = Math.max(most, ++running);
      await turn();
      running--;
      return n;
    }, { concurrency: 2 }));
    assertStrictEquals(error, boom);
    assertEquals([running, most], [0, 2]);
    await settled();
    globalThis.removeEventListener("unhandledrejection", listen);
    assertEquals(unhandled, []);
  });
}

Deno.test("pooled({ signal }) rejects with the signal's own reason, aborts running items, and leaves no listener", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  let listeners = 0;
  const add = signal.addEventListener.bind(signal), remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => (listeners++, add(...args));
  signal.removeEventListener = (...args: Parameters<typeof remove>) => (listeners--, remove(...args));
  assertEquals(await pooled([1, 2], (n) => n, { signal }), [1, 2]);
  assertEquals(listeners, 0);
  const reason = { mine: true };
  const inner: unknown[] = [];
  const results = pooled(
    [1, 2, 3],
    (_, context) =>
      new Promise((_, reject) =>
        context.signal.addEventListener("abort", () => {
          inner.push(context.signal.reason);
          reject(new Error("told"));
        })
      ),
    { signal, concurrency: 2 },
  );
  const outcome = caught(results);
  await turn();
  controller.abort(reason);
  assertStrictEquals(await outcome, reason);
  assertEquals([inner.length, inner.every((each) => each === reason)], [2, true]);
});

Deno.test("pooled({ signal }) ends its wait for an input that never answers", async () => {
  const controller = new AbortController();
  const stuck: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({ next: () => new Promise<IteratorResult<number>>(() => {}) }),
  };
  const outcome = caught(pooled(stuck, (n) => n, { signal: controller.signal }));
  await turn();
  controller.abort("enough");
  assertEquals(await outcome, "enough");
});

Deno.test("pooled(): a failure ends the wait for an input whose next item never comes", async () => {
  const boom = new Error("boom");
  const stuck = async function* () {
    yield 1;
    await new Promise(() => {});
  };
  assertStrictEquals(await caught(pooled(stuck(), () => Promise.reject(boom), { concurrency: 2 })), boom);
});

Deno.test("pooled(): an input whose return() throws or rejects does not hide the failure", async () => {
  const boom = new Error("boom");
  for (
    const close of [() => Promise.reject(new Error("close")), () => {
      throw new Error("close");
    }]
  ) {
    let n = 0;
    const input = {
      [Symbol.iterator]: () => ({ next: () => ({ done: false, value: n++ }), return: close as () => never }),
    };
    const error = await caught(pooled(input, (n) => n === 2 ? Promise.reject(boom) : n));
    assertStrictEquals(error, boom);
  }
  await settled();
});

function* tenThenFailure(): Generator<number> {
  for (let n = 0; n < 10; n++) yield n;
  throw new RangeError("no item 10");
}

async function* tenThenFailureLater(): AsyncGenerator<number> {
  yield* tenThenFailure();
}

Deno.test("pooled(): the results of the items before the input's error are read, then the error is thrown", async () => {
  for (const concurrency of [1, 3, 20]) {
    for (const items of [tenThenFailure, tenThenFailureLater]) {
      const results = pooled<number, number>(items(), async (n) => (await turn(), n), { concurrency });
      const read: number[] = [];
      await assertRejects(
        async () => {
          for await (const n of results) read.push(n);
        },
        RangeError,
        "no item 10",
      );
      assertEquals(read, Array.from({ length: 10 }, (_, n) => n));
    }
  }
});
