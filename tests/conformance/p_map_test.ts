/**
 * The suite of p-map, written for `pooled()`. The test of refused options holds for p-limit and `@std/async/pool` too.
 *
 * | original                                                           | here                                    |
 * | ------------------------------------------------------------------ | --------------------------------------- |
 * | main; concurrency: 1; concurrency: 4                               | input order; never more than            |
 * | handles empty iterable; pMapIterable - empty                       | an empty input                          |
 * | async with concurrency: 2 (random / problematic / out of order)    | input order whatever the durations      |
 * | enforce number in options.concurrency; incorrect input type; invalid mapper | is a TypeError or RangeError   |
 * | immediately rejects when stopOnError is true                       | the first failure                       |
 * | aggregate errors when stopOnError is false                         | stopOnError: false                      |
 * | all mappers should run when concurrency is infinite, even after stop-on-error | running calls end            |
 * | catches exception from source iterator - 1st / 2nd item / 2nd item after 1st item mapper throw | source iterator throws |
 * | asyncIterator - get the correct exception after stop-on-error      | the first failure in time               |
 * | no unhandled rejected promises from mapper throws - infinite / 1   | every test: the runner fails on one     |
 * | AbortSignal (before, while running)                                | abort                                   |
 * | pMapIterable - index in mapper (out-of-order-settling promises)    | index                                   |
 * | pMapIterable - iterable that throws / mapper that throws / stop on error | a loop gets the results, then the error |
 * | pMapIterable - concurrency: 1 / 2; backpressure; async input, backpressure > concurrency | backpressure |
 *
 * Different on purpose: promises among the items are not awaited (`fn` gets what its type says), and there is no
 * `pMapSkip` (filter the results instead).
 *
 * @module
 */
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { limit, pooled } from "@isopool/isopool";
import { outcomeOf, readAll, runTurns, untilAborted } from "../io/kit.ts";
import { random } from "../support/random.ts";
import { expectError } from "../support/expect.ts";
import { test, until } from "../support/within.ts";
import { KINDS } from "./input_kinds.ts";

for (const [kind, open] of KINDS) {
  test(`p-map, ${kind}: input order whatever the durations, never more than the concurrency`, async () => {
    const next = random(7);
    for (const turns of [[3, 2, 1], [1, 2, 0, 1, 0, 1], Array.from({ length: 60 }, () => Math.floor(next() * 4))]) {
      for (const concurrency of [1, 2, 4, 100]) {
        let inside = 0, maxInside = 0;
        const results = await pooled(open(turns.entries()), async ([index, turns]) => {
          maxInside = Math.max(maxInside, ++inside);
          await runTurns(turns);
          inside--;
          return index;
        }, { concurrency });
        assertEquals(results, [...turns.keys()]);
        assert(maxInside <= concurrency, `${maxInside} at a time`);
        if (turns.length === 60 && concurrency < 60) assertEquals(maxInside, concurrency);
      }
    }
  });

  test(`p-map, ${kind}: an empty input gives nothing, awaited and in a loop`, async () => {
    for (const onError of ["throw", "settle", "aggregate"] as const) {
      const fn = () => Promise.reject(new Error("not called"));
      assertEquals(await pooled(open([]), fn, { onError }), []);
      assertEquals(await readAll(pooled(open([]), fn, { onError })), { seen: [], error: undefined });
    }
  });

  test(`p-map, ${kind}: it rejects with the first failure in time`, async () => {
    for (const concurrency of [1, 3]) {
      const fn = async (n: number) => {
        await runTurns(n);
        throw new Error(`${n}`);
      };
      const error = await outcomeOf(pooled(open([3, 0, 5]), fn, { concurrency })) as Error;
      assertEquals(error.message, concurrency === 1 ? "3" : "0");
    }
  });

  test(`p-map, ${kind}: stopOnError: false is "aggregate" or "settle": every call runs, all failures come in input order`, async () => {
    let ran = 0;
    const fn = async (n: number) => {
      await runTurns(3 - n);
      ran++;
      if (n % 2) throw n;
      return n;
    };
    const all = await outcomeOf(pooled(open([0, 1, 2, 3]), fn, { onError: "aggregate" }));
    const error = expectError(all, AggregateError);
    assertEquals([error.errors, ran], [[1, 3], 4]);
    const outcomes = await pooled(open([0, 1, 2, 3]), fn, { onError: "settle" });
    assertEquals(outcomes.map((each) => each.status === "fulfilled" ? each.value : -each.reason), [0, -1, 2, -3]);
  });

  test(`p-map, ${kind}: after a failure running calls end, and no other starts`, async () => {
    const gate = Promise.withResolvers<void>();
    const started: number[] = [], ended: number[] = [];
    const outcome = outcomeOf(
      pooled(open([1, 2, 3, 4, 5]), async (n) => {
        started.push(n);
        if (n === 2) throw "Oops";
        await gate.promise;
        ended.push(n);
      }, { concurrency: 3 }),
    );
    await until(() => started.includes(2), "the failure");
    await runTurns();
    const before = [...started];
    gate.resolve();
    assertEquals(await outcome, "Oops");
    assertEquals([started, ended], [before, before.filter((n) => n !== 2)]);
  });

  test(`p-map and std, ${kind}: a source iterator throws: the map rejects with its error when no mapper runs any more`, async () => {
    for (const at of [0, 1, 2, 5]) {
      let read = 0, running = 0;
      const failure = new Error(`item ${at}`);
      const source = function* () {
        for (;; read++) {
          if (read === at) throw failure;
          yield read;
        }
      };
      const called: number[] = [];
      const error = await outcomeOf(pooled(open(source()), async (n) => {
        called.push(n);
        running++;
        await runTurns(2);
        running--;
      }, { concurrency: 2 }));
      assertStrictEquals(error, failure);
      assertEquals([called, running, read], [Array.from({ length: at }, (_, n) => n), 0, at]);
    }
  });

  test(`p-map, ${kind}: the source iterator is not read after a mapper threw`, async () => {
    const failure = new Error("mapper");
    let threw = false;
    const source = function* () {
      yield 0;
      threw = true;
      throw new Error("source");
    };
    assertStrictEquals(
      await outcomeOf(pooled(open(source()), () => Promise.reject(failure), { concurrency: 1 })),
      failure,
    );
    await runTurns();
    assertEquals(threw, false);
  });

  test(`p-map, ${kind}: a loop gets the results, then the error of fn or of the source`, async () => {
    const source = function* () {
      yield* [10, 20, 30];
      throw new RangeError("source");
    };
    const sourced = await readAll(pooled(open(source()), (n) => n, { concurrency: 1, buffer: 10 }));
    assertEquals([sourced.seen, (sourced.error as Error).message], [[10, 20, 30], "source"]);
    const mapped = await readAll(
      pooled(open([10, 20, 30]), (n) => n === 30 ? Promise.reject("fn") : n, { concurrency: 1 }),
    );
    assertEquals(mapped, { seen: [10, 20], error: "fn" });
  });

  test(`p-map, ${kind}: backpressure: at most concurrency + buffer items are read ahead of the reader`, async () => {
    for (const [concurrency, buffer] of [[1, 0], [1, 3], [4, 2], [2, 7]]) {
      let read = 0, maxAhead = 0, taken = 0, inside = 0, maxInside = 0;
      const source = function* () {
        for (let n = 0; n < 40; n++) {
          read++;
          yield n;
        }
      };
      for await (
        const value of pooled(open(source()), async (n) => {
          maxInside = Math.max(maxInside, ++inside);
          await runTurns(1);
          inside--;
          return n;
        }, { concurrency, buffer })
      ) {
        assertEquals(value, taken++);
        await runTurns(3);
        maxAhead = Math.max(maxAhead, read - taken);
      }
      assertEquals([taken, maxInside], [40, concurrency]);
      assert(maxAhead <= concurrency + buffer, `${maxAhead} with ${concurrency} + ${buffer}`);
      assert(maxAhead >= concurrency, `${maxAhead} with ${concurrency} + ${buffer}: it does not read ahead`);
    }
  });

  test(`p-map, ${kind}: fn gets the index of its item, in whatever order calls settle`, async () => {
    const results = await pooled(open([5, 0, 3]), async (n, { index }) => {
      await runTurns(n);
      return [n, index];
    });
    assertEquals(results, [[5, 0], [0, 1], [3, 2]]);
  });

  test(`p-map, ${kind}: abort before the start and while running: it rejects with signal.reason`, async () => {
    const reason = new Error("mine");
    let called = 0;
    assertStrictEquals(
      await outcomeOf(pooled(open([1]), () => called++, { signal: AbortSignal.abort(reason) })),
      reason,
    );
    assertEquals(called, 0);
    const controller = new AbortController();
    const fn = (_: number, context: { signal: AbortSignal }) => (called++, untilAborted(context.signal));
    const outcome = outcomeOf(pooled(open([1, 2, 3]), fn, { signal: controller.signal, concurrency: 2 }));
    await until(() => called === 2, "two run");
    controller.abort(reason);
    assertStrictEquals(await outcome, reason);
    assertEquals(called, 2);
  });
}

Deno.test("p-map, p-limit, std: an invalid concurrency, input or mapper is a TypeError or RangeError at the call", () => {
  // deno-lint-ignore no-explicit-any -- callers without types can pass anything
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
