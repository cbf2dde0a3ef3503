/**
 * p-map, written for `pooled()`: what its suite asserts beyond `../p_map_test.ts`. Every test takes arrays or generators,
 * and asynchronous inputs. An infinite concurrency is refused, since an input may be endless: 1,000 stands for it. There is
 * no `pMapSkip`: a loop, or `filter` on the results, leaves out what is not wanted.
 */
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { type Input, pooled } from "@isopool/isopool";
import { unhandledDuring } from "../../support/unhandled.ts";
import { MUST_HAPPEN, test, turn, until, within } from "../../support/within.ts";

/** An input that throws in place of one of its items, and counts how often an item was requested. */
class Throwing {
  asked = 0;

  constructor(readonly length: number, readonly place: number, readonly error: Error) {}

  *[Symbol.iterator](): Generator<number> {
    for (let n = 0; n < this.length; n++) {
      this.asked++;
      if (n === this.place) throw this.error;
      yield n;
    }
  }
}

const KINDS: Record<string, <T>(items: Iterable<T>) => Input<T>> = {
  sync: (items) => items,
  async: async function* (items) {
    for (const item of items) {
      await undefined;
      yield item;
    }
  },
};

for (const [kind, input] of Object.entries(KINDS)) {
  for (const concurrency of [1, 2, 1_000]) {
    test(`${kind}: main, time sequences: results in input order whatever ends first (concurrency ${concurrency})`, async () => {
      const gates = [3, 1, 2, 0].map(() => Promise.withResolvers<void>());
      const started: number[] = [];
      const results = pooled(input([0, 1, 2, 3]), async (n) => {
        started.push(n);
        await gates[n].promise;
        return n * 10;
      }, { concurrency });
      const all = results.then((all) => all);
      // The last item that may run ends first.
      const most = Math.min(concurrency, 4);
      await until(() => started.length === most, () => `${most} have started (${started})`);
      assertEquals(started, [0, 1, 2, 3].slice(0, most));
      for (const gate of gates.toReversed()) gate.resolve();
      assertEquals(await within(MUST_HAPPEN, all), [0, 10, 20, 30]);
    });
  }

  test(`${kind}: immediately rejects when stopOnError is true: the first failure, with concurrency 1 nothing after it`, async () => {
    for (const [failing, message] of [[[2, 3], "fails: 2"], [[1, 3], "fails: 1"]] as const) {
      const called: number[] = [];
      const fn = (n: number) => {
        called.push(n);
        if ((failing as readonly number[]).includes(n)) throw new Error(`fails: ${n}`);
        return n;
      };
      await assertRejects(async () => await pooled(input([0, 1, 2, 3]), fn, { concurrency: 1 }), Error, message);
      assertEquals(called, [0, 1, 2, 3].slice(0, failing[0] + 1));
    }
  });

  test(`${kind}: all mappers should run when concurrency is infinite, even after stop-on-error happened`, async () => {
    const done: number[] = [];
    const [late, failing] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const results = pooled(input([1, 2, 3]), async (n) => {
      if (n === 2) await late.promise;
      done.push(n);
      if (n === 1) await failing.promise;
      if (n === 1) throw new Error("Oops!");
    }, { concurrency: 1_000 });
    const rejected = assertRejects(async () => await results, Error, "Oops!");
    await until(() => done.includes(3), "the third has run");
    failing.resolve();
    await turn();
    late.resolve();
    await within(MUST_HAPPEN, rejected);
    assertEquals(done, [1, 3, 2]);
  });

  test(`${kind}: get the correct exception after stop-on-error: all fail, the first in time arrives`, async () => {
    const gates = [1, 2, 3].map(() => Promise.withResolvers<void>());
    let started = 0;
    const unhandled = await unhandledDuring(async () => {
      const results = pooled(input([0, 1, 2]), async (n) => {
        started++;
        await gates[n].promise;
        throw new Error(`Oops! ${n}`);
      });
      const rejected = assertRejects(async () => await results, Error, "Oops! 1");
      await until(() => started === 3, "all have started");
      for (const n of [1, 0, 2]) {
        gates[n].resolve();
        await turn();
      }
      await within(MUST_HAPPEN, rejected);
    });
    assertEquals(unhandled, []);
  });

  for (const concurrency of [1, 1_000]) {
    test(`${kind}: no unhandled rejected promises from mapper throws (concurrency ${concurrency})`, async () => {
      const called: number[] = [];
      const unhandled = await unhandledDuring(async () => {
        const error = await assertRejects(async () =>
          await pooled(input([1, 2, 3]), async (n) => {
            called.push(n);
            await turn();
            throw new Error(`Oops! ${n}`);
          }, { concurrency })
        );
        assertEquals((error as Error).message, "Oops! 1");
      });
      assertEquals([called, unhandled], [concurrency === 1 ? [1] : [1, 2, 3], []]);
    });
  }

  test(`${kind}: catches exception from source iterator - 1st item: no mapper is called, it is not asked again`, async () => {
    const source = new Throwing(100, 0, new URIError("throwing on index 0"));
    const called: number[] = [];
    const error = await assertRejects(async () =>
      await pooled(input(source), (n) => void called.push(n), { concurrency: 1 })
    );
    assertStrictEquals(error, source.error);
    await turn();
    assertEquals([source.asked, called], [1, []]);
  });

  test(`${kind}: catches exception from source iterator - 2nd item: the first is mapped, it is not asked again`, async () => {
    const source = new Throwing(100, 1, new URIError("throwing on index 1"));
    const called: number[] = [];
    const error = await assertRejects(async () =>
      await pooled(input(source), async (n) => {
        called.push(n);
        await turn();
      }, { concurrency: 1 })
    );
    assertStrictEquals(error, source.error);
    await turn();
    assertEquals([source.asked, called], [2, [0]]);
  });

  test(`${kind}: catches exception from source iterator - 2nd item after 1st item mapper throw, errors aggregated`, async () => {
    const source = new Throwing(100, 1, new URIError("throwing on index 1"));
    const called: number[] = [];
    const error = await assertRejects(async () =>
      await pooled(input(source), async (n) => {
        called.push(n);
        await turn();
        throw new Error("mapper threw error");
      }, { concurrency: 1, onError: "aggregate" })
    );
    // p-map gives the input's error alone. Here it may come alone or with the mapper's.
    const errors = error instanceof AggregateError ? error.errors : [error];
    assert(errors.includes(source.error), Deno.inspect(error));
    assertEquals([source.asked, called], [2, [0]]);
  });

  test(`${kind}: pMapIterable - stop on error: what came before is given, then the error, then the end`, async () => {
    const iterator = pooled(input([20, 0, 30]), (n) => {
      if (n === 0) throw new Error("bar");
      return n;
    })[Symbol.asyncIterator]();
    assertEquals((await iterator.next()).value, 20);
    await assertRejects(() => iterator.next(), Error, "bar");
    for (let n = 0; n < 2; n++) assertEquals(await iterator.next(), { done: true, value: undefined });
  });

  test(`${kind}: pMapIterable - backpressure: with concurrency 1 and a buffer of 1, 3 have run after one read`, async () => {
    const done: number[] = [];
    const iterator = pooled(input([10, 20, 30, 40, 50]), (n) => {
      done.push(n);
      return n;
    }, { concurrency: 1, buffer: 1 })[Symbol.asyncIterator]();
    assertEquals((await iterator.next()).value, 10);
    await until(() => done.length >= 3, () => `three have run (${done})`);
    for (let n = 0; n < 20; n++) await turn();
    assertEquals(done, [10, 20, 30]);
    assertEquals((await iterator.next()).value, 20);
    await until(() => done.length === 4, () => `four have run (${done})`);
    await iterator.return!();
  });

  test(`${kind}: pMapIterable - async input, backpressure > concurrency: one at a time all the same`, async () => {
    const log: number[] = [];
    const fn = async (n: number) => {
      log.push(n);
      await turn();
      log.push(n);
    };
    for await (const _ of pooled(input([1, 2, 3]), fn, { concurrency: 1, buffer: 2 }));
    assertEquals(log, [1, 1, 2, 2, 3, 3]);
  });
}

test("pMapIterable - iterable that throws: its error at the first read, and no second ask", async () => {
  let asked = 0;
  const source: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        asked++;
        return Promise.reject(new Error("foo"));
      },
    }),
  };
  const iterator = pooled(source, (n) => n)[Symbol.asyncIterator]();
  await assertRejects(() => iterator.next(), Error, "foo");
  assertEquals(asked, 1);
});

test("abort by AbortController, already aborted signal: no item is mapped after it", async () => {
  for (const early of [true, false]) {
    const controller = new AbortController();
    if (early) controller.abort();
    let called = 0;
    const results = pooled([1, 2, 3], async () => {
      called++;
      if (!early) controller.abort();
      await turn();
    }, { concurrency: 1, signal: controller.signal });
    const error = await assertRejects(async () => await results);
    assertStrictEquals(error, controller.signal.reason);
    assertEquals([(error as Error).name, called], ["AbortError", early ? 0 : 1]);
  }
});
