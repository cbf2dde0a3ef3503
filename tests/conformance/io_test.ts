/**
 * What the suites of p-map, p-limit, p-queue and `@std/async/pool` assert, in the words of `pooled()` and `limit()`.
 * Each name says where the case comes from; the originals' own names are in the table.
 *
 * | suite   | original                                                           | here                                    |
 * | ------- | ------------------------------------------------------------------ | --------------------------------------- |
 * | p-map   | main; concurrency: 1; concurrency: 4                               | input order; never more than            |
 * | p-map   | handles empty iterable; pMapIterable - empty                       | an empty input                          |
 * | p-map   | async with concurrency: 2 (random / problematic / out of order)    | input order whatever the durations      |
 * | p-map   | enforce number in options.concurrency; incorrect input type; invalid mapper | refused at the call            |
 * | p-map   | immediately rejects when stopOnError is true                       | the first failure                       |
 * | p-map   | aggregate errors when stopOnError is false                         | stopOnError false, aggregate and settle |
 * | p-map   | all mappers should run when concurrency is infinite, even after stop-on-error | what has started runs to its end |
 * | p-map   | catches exception from source iterator - 1st / 2nd item / 2nd item after 1st item mapper throw | source iterator throws |
 * | p-map   | asyncIterator - get the correct exception after stop-on-error      | the first exception in time             |
 * | p-map   | no unhandled rejected promises from mapper throws - infinite / 1   | no unhandled rejection                  |
 * | p-map   | AbortSignal (before, while running)                                | abort                                   |
 * | p-map   | pMapIterable - index in mapper (out-of-order-settling promises)    | index                                   |
 * | p-map   | pMapIterable - iterable that throws / mapper that throws / stop on error | a loop: results, then the error   |
 * | p-map   | pMapIterable - concurrency: 1 / 2; backpressure; async input, backpressure > concurrency | back-pressure     |
 * | std     | pooledMap() handles errors                                         | what runs may finish and is given       |
 * | std     | pooledMap() surfaces errors thrown by the input iterable           | source iterator throws                  |
 * | std     | pooledMap() throws for invalid poolLimit                           | refused at the call                     |
 * | p-limit | concurrency; continues after sync throw; does not ignore errors; clearQueue; propagates async execution context | tests/io/limit_test.ts |
 * | p-queue | strict: enforces sliding window; strict mode vs fixed window timing; prevents boundary bursts; after queue becomes idle | rate: strict and fixed |
 * | p-queue | strict mode with long-running tasks / concurrency limit            | rate and concurrency                    |
 * | p-queue | strict mode clear() preserves ticks; frees capacity when task aborts before start | tests/io/limit_test.ts, rate_test.ts |
 * | p-queue | rate-limit preserves the interval count for re-entrant task additions | re-entrant calls                     |
 * | p-queue | aborted tasks do not occupy the queue                              | aborted items do not occupy the queue   |
 * | p-queue | timeout                                                            | tests/io/timeout_test.ts                |
 *
 * On purpose not the same: promises among the items are not awaited (`fn` gets what its type says), there is no `pMapSkip`
 * (filter instead), and `clear()` leaves no promise pending.
 *
 * @module
 */
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { limit, pooled } from "@isopool/isopool";
import { expectError } from "../support/expect.ts";
import { test, until } from "../support/within.ts";
import { drained, ending, settled, untilAborted } from "../io/kit.ts";
import { random } from "../core/within.ts";

/** An input as a sync and as an async iterable. */
const KINDS: [string, <T>(items: Iterable<T>) => Iterable<T> | AsyncIterable<T>][] = [
  ["sync", (items) => items],
  ["async", async function* (items) {
    for (const item of items) {
      await Promise.resolve();
      yield item;
    }
  }],
];

for (const [kind, open] of KINDS) {
  test(`p-map, ${kind}: input order whatever the durations, never more than the concurrency`, async () => {
    const next = random(7);
    for (const turns of [[3, 2, 1], [1, 2, 0, 1, 0, 1], Array.from({ length: 60 }, () => Math.floor(next() * 4))]) {
      for (const concurrency of [1, 2, 4, 100]) {
        let inside = 0, most = 0;
        const results = await pooled(open(turns.entries()), async ([index, turns]) => {
          most = Math.max(most, ++inside);
          await settled(turns);
          inside--;
          return index;
        }, { concurrency });
        assertEquals(results, [...turns.keys()]);
        assertEquals([kind, most <= concurrency], [kind, true]);
      }
    }
  });

  test(`p-map, ${kind}: an empty input gives nothing, awaited and in a loop`, async () => {
    for (const onError of ["throw", "settle", "aggregate"] as const) {
      const fn = () => Promise.reject(new Error("not called"));
      assertEquals(await pooled(open([]), fn, { onError }), []);
      assertEquals(await drained(pooled(open([]), fn, { onError })), { seen: [], error: undefined });
    }
  });

  test(`p-map, ${kind}: the first failure in time is what it rejects with`, async () => {
    for (const concurrency of [1, 3]) {
      const fn = async (n: number) => {
        await settled(n);
        throw new Error(`${n}`);
      };
      const error = await ending(pooled(open([3, 0, 5]), fn, { concurrency })) as Error;
      assertEquals(error.message, concurrency === 1 ? "3" : "0");
    }
  });

  test(`p-map, ${kind}: stopOnError false is "aggregate" or "settle": everything runs, all failures are told in input order`, async () => {
    let ran = 0;
    const fn = async (n: number) => {
      await settled(3 - n);
      ran++;
      if (n % 2) throw n;
      return n;
    };
    const all = await ending(pooled(open([0, 1, 2, 3]), fn, { onError: "aggregate" }));
    const error = expectError(all, AggregateError);
    assertEquals([error.errors, ran], [[1, 3], 4]);
    const outcomes = await pooled(open([0, 1, 2, 3]), fn, { onError: "settle" });
    assertEquals(outcomes.map((each) => each.status === "fulfilled" ? each.value : -each.reason), [0, -1, 2, -3]);
  });

  test(`p-map, ${kind}: after a failure what has started runs to its end, and nothing new starts`, async () => {
    const gate = Promise.withResolvers<void>();
    const started: number[] = [], ended: number[] = [];
    const outcome = ending(
      pooled(open([1, 2, 3, 4, 5]), async (n) => {
        started.push(n);
        if (n === 2) throw "Oops";
        await gate.promise;
        ended.push(n);
      }, { concurrency: 3 }),
    );
    await until(() => started.includes(2), "the failure");
    await settled();
    const before = [...started];
    gate.resolve();
    assertEquals(await outcome, "Oops");
    assertEquals([started, ended], [before, before.filter((n) => n !== 2)]);
  });

  test(`p-map, std, ${kind}: a source iterator that throws: its error, no mapper left running, nothing read on`, async () => {
    for (const at of [0, 1, 2, 5]) {
      let read = 0, running = 0;
      const boom = new Error(`item ${at}`);
      const source = function* () {
        for (;; read++) {
          if (read === at) throw boom;
          yield read;
        }
      };
      const called: number[] = [];
      const error = await ending(pooled(open(source()), async (n) => {
        called.push(n);
        running++;
        await settled(2);
        running--;
      }, { concurrency: 2 }));
      assertStrictEquals(error, boom);
      assertEquals([called, running, read], [Array.from({ length: at }, (_, n) => n), 0, at]);
    }
  });

  test(`p-map, ${kind}: a source iterator that would throw is not read on after a mapper threw`, async () => {
    const boom = new Error("mapper");
    let threw = false;
    const source = function* () {
      yield 0;
      threw = true;
      throw new Error("source");
    };
    assertStrictEquals(
      await ending(pooled(open(source()), () => Promise.reject(boom), { concurrency: 1 })),
      boom,
    );
    await settled();
    assertEquals(threw, false);
  });

  test(`p-map, ${kind}: a loop gets the results, then the error of fn or of the source`, async () => {
    const source = function* () {
      yield* [10, 20, 30];
      throw new RangeError("source");
    };
    const sourced = await drained(pooled(open(source()), (n) => n, { concurrency: 1, buffer: 10 }));
    assertEquals([sourced.seen, (sourced.error as Error).message], [[10, 20, 30], "source"]);
    const mapped = await drained(
      pooled(open([10, 20, 30]), (n) => n === 30 ? Promise.reject("fn") : n, { concurrency: 1 }),
    );
    assertEquals(mapped, { seen: [10, 20], error: "fn" });
  });

  test(`p-map, ${kind}: back-pressure: never more than concurrency + buffer read ahead of the reader`, async () => {
    for (const [concurrency, buffer] of [[1, 0], [1, 3], [4, 2], [2, 7]]) {
      let read = 0, most = 0, taken = 0, inside = 0, peak = 0;
      const source = function* () {
        for (let n = 0; n < 40; n++) {
          read++;
          yield n;
        }
      };
      for await (
        const value of pooled(open(source()), async (n) => {
          peak = Math.max(peak, ++inside);
          await settled(1);
          inside--;
          return n;
        }, { concurrency, buffer })
      ) {
        assertEquals(value, taken++);
        await settled(3);
        most = Math.max(most, read - taken);
      }
      assertEquals([taken, peak], [40, concurrency]);
      assert(most <= concurrency + buffer, `${most} with ${concurrency} + ${buffer}`);
      assert(most >= concurrency, `${most} with ${concurrency} + ${buffer}: it does not work ahead`);
    }
  });

  test(`p-map, ${kind}: the index is the item's, whatever settles first`, async () => {
    const results = await pooled(open([5, 0, 3]), async (n, { index }) => {
      await settled(n);
      return [n, index];
    });
    assertEquals(results, [[5, 0], [0, 1], [3, 2]]);
  });

  test(`p-map, ${kind}: abort before the start and while running: signal.reason is what arrives`, async () => {
    const reason = new Error("mine");
    let called = 0;
    assertStrictEquals(
      await ending(pooled(open([1]), () => called++, { signal: AbortSignal.abort(reason) })),
      reason,
    );
    assertEquals(called, 0);
    const controller = new AbortController();
    const fn = (_: number, context: { signal: AbortSignal }) => (called++, untilAborted(context.signal));
    const outcome = ending(pooled(open([1, 2, 3]), fn, { signal: controller.signal, concurrency: 2 }));
    await until(() => called === 2, "two run");
    controller.abort(reason);
    assertStrictEquals(await outcome, reason);
    assertEquals(called, 2);
  });

  test(`std, ${kind}: what runs when an item fails may finish, and is given to the reader before the error`, async () => {
    const boom = new Error("Bad number: 1");
    const three = Promise.withResolvers<void>();
    const { seen, error } = await drained(
      pooled(open([1, 2, 3, 4]), async (n) => {
        if (n === 3) three.resolve();
        if (n === 1) {
          await three.promise;
          throw boom;
        }
        await settled(2);
        return n;
      }, { concurrency: 3, ordered: false }),
    );
    assertStrictEquals(error, boom);
    assertEquals(seen, [2, 3]);
  });
}

test("p-queue: rate, strict: a start waits for the one `limit` before it to be an interval old", async () => {
  const [count, interval] = [3, 60];
  const at: number[] = [];
  const begin = performance.now();
  await pooled(Array.from({ length: 10 }), () => void at.push(performance.now()), {
    rate: { limit: count, interval, strict: true },
  });
  // Exact whatever the machine does; stretches in between are for the virtual clock of tests/core/rate_test.ts.
  for (const [i, time] of at.entries()) {
    const least = Math.floor(i / count) * interval;
    assert(time - begin >= least, `start ${i} after ${time - begin} ms, not ${least}`);
  }
});

test("p-queue: rate, fixed window: after an idle time the limit is whole again", async () => {
  const run = limit({ rate: { limit: 2, interval: 50 } });
  await Promise.all([run(() => 1), run(() => 2)]);
  await new Promise((resolve) => setTimeout(resolve, 60));
  const calls = [run(() => 3), run(() => 4), run(() => 5)];
  assertEquals([run.active, run.waiting], [2, 1]);
  assertEquals(await Promise.all(calls), [3, 4, 5]);
});

test("p-queue: rate and concurrency: tasks longer than the interval do not overlap more than the concurrency", async () => {
  let inside = 0, most = 0;
  await pooled([1, 2, 3, 4, 5], async () => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setTimeout(resolve, 25));
    inside--;
  }, { concurrency: 2, rate: { limit: 2, interval: 10, strict: true } });
  assertEquals(most, 2);
});

test("p-queue: calls made from within a call count as starts of their own", async () => {
  const run = limit({ rate: { limit: 2, interval: 60 } });
  const started: number[] = [];
  const begin = performance.now();
  const call = (n: number): Promise<void> =>
    run(async () => {
      started.push(n);
      if (n < 4) await call(n + 1);
    });
  await call(0);
  assertEquals(started, [0, 1, 2, 3, 4]);
  assert(performance.now() - begin >= 120);
});

test("p-queue: aborted items do not occupy the queue", async () => {
  const run = limit(1);
  const controller = new AbortController();
  const gate = Promise.withResolvers<void>();
  const first = run(() => gate.promise);
  const aborted = Array.from({ length: 100 }, () => ending(run(() => "ran", { signal: controller.signal })));
  const last = run(() => "last");
  assertEquals(run.waiting, 101);
  controller.abort("gone");
  assertEquals([run.waiting, new Set(await Promise.all(aborted))], [1, new Set(["gone"])]);
  gate.resolve();
  assertEquals([await first, await last], [undefined, "last"]);
});

Deno.test("p-map, p-limit, std: a concurrency, an input or a mapper that is none is refused at the call", () => {
  // deno-lint-ignore no-explicit-any -- what a caller without types can pass
  const [map, limiter] = [pooled as any, limit as any];
  for (const concurrency of [0, -1, 1.5, NaN, "2", null, true]) {
    if (concurrency !== null) assertThrows(() => map([], () => 1, { concurrency }), Error, "`concurrency` is");
    assertThrows(() => limiter({ concurrency }), Error, "`concurrency` is");
  }
  for (const items of [1_000_000, {}, null, undefined]) {
    assertThrows(() => map(items, () => 1), TypeError, "`items` is");
  }
  for (const fn of [2, undefined, "fn"]) assertThrows(() => map([], fn), TypeError, "`fn` is");
});
