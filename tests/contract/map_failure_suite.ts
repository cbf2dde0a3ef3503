import { assert, assertEquals, assertMatch, assertRejects, assertStrictEquals } from "@std/assert";
import { expectError } from "../support/expect.ts";
import { Gate } from "../support/gate.ts";
import { range } from "../support/range.ts";
import { MUST_HAPPEN, within } from "../support/within.ts";
import { gated, values } from "../fixtures/views.ts";
import type { Suite } from "./backend.ts";

/** Failing maps: failing items and inputs, and the three values of `onError`. */
export const mapFailureSuite: Suite = (backend, check) => {
  check("the first failure ends a map with that error, and the pool goes on", async () => {
    await using pool = backend.make({ workers: 2 });
    await assertRejects(async () => await pool.map(values.failOdd, range(100)), RangeError, "odd: ");
    assertEquals(await pool.map(values.failOdd, [2, 4]), [2, 4]);
  });

  check("a loop gets the good results before the failing one", async () => {
    await using pool = backend.make({ workers: 2 });
    const seen: number[] = [];
    const error = await assertRejects(async () => {
      for await (const n of pool.map(values.failOdd, [0, 2, 4, 5, 6], { chunkSize: 1 })) seen.push(n);
    }, RangeError);
    assertEquals([seen, error.message], [[0, 2, 4], "odd: 5"]);
  });

  check("a failed map stops reading and closes its input", async () => {
    await using pool = backend.make({ workers: 2 });
    let closed = false;
    function* endless() {
      try {
        for (let n = 0;; n++) yield n;
      } finally {
        closed = true;
      }
    }
    await within(MUST_HAPPEN, assertRejects(async () => await pool.map(values.failOdd, endless()), RangeError));
    assert(closed);
  });

  for (const chunkSize of [1, 20, "auto"] as const) {
    check(`onError "settle" gives every item its outcome (chunkSize ${chunkSize})`, async () => {
      await using pool = backend.make({ workers: 2 });
      const results = await pool.map(values.failOdd, range(40), { onError: "settle", chunkSize });
      assertEquals(results.length, 40);
      results.forEach((result, n) => {
        if (n % 2 === 0) assertEquals(result, { status: "fulfilled", value: n, index: n });
        else {
          assertEquals([result.status, result.index], ["rejected", n]);
          assertEquals(expectError((result as PromiseRejectedResult).reason, RangeError).message, `odd: ${n}`);
        }
      });
    });
  }

  check('onError "settle": the outcomes of unordered maps have the index of their item', async () => {
    await using pool = backend.make({ workers: 2 });
    const options = { onError: "settle", ordered: false } as const;
    for (
      const results of [
        pool.imapUnordered(values.failOdd, range(40), { onError: "settle" }),
        pool.map(values.failOdd, range(40), options),
      ]
    ) {
      const seen = new Set<number>();
      for await (const outcome of results) {
        seen.add(outcome.index);
        if (outcome.status === "fulfilled") assertEquals(outcome.value, outcome.index);
        else assertEquals(outcome.reason.message, `odd: ${outcome.index}`);
      }
      assertEquals(seen.size, 40);
    }
  });

  if (backend.capabilities.isolated) {
    check("the stack of a failed item's error names the item and the line of the map", async () => {
      await using pool = backend.make({ workers: 2 });
      const places = /\n {2}submitted:\n {4}at items\[3\] \(7\)\n.*map_failure_suite\.ts/;
      for (const onError of ["throw", "aggregate"] as const) {
        const error = await within(
          MUST_HAPPEN,
          assertRejects(() => pool.map(values.failOdd, [0, 2, 4, 7], { onError })),
        );
        assertMatch(((error as AggregateError).errors?.[0] ?? error).stack, places);
      }
      const [, , , outcome] = await pool.map(values.failOdd, [0, 2, 4, 7], { onError: "settle" });
      assertMatch((outcome as PromiseRejectedResult).reason.stack, places);
    });
  }

  check('onError "aggregate" runs everything, then throws one AggregateError in input order', async () => {
    await using pool = backend.make({ workers: 2 });
    const error = await assertRejects(
      async () => await pool.map(values.failOdd, range(10), { onError: "aggregate" }),
      AggregateError,
      "5 (of 10)",
    );
    assertEquals(error.errors.map((each: Error) => each.message), [1, 3, 5, 7, 9].map((n) => `odd: ${n}`));
    assertEquals(await pool.map(values.failOdd, [2], { onError: "aggregate" }), [2]);
  });

  check('onError "aggregate" streams the good results before it throws', async () => {
    await using pool = backend.make({ workers: 2 });
    const seen: number[] = [];
    await assertRejects(async () => {
      for await (const n of pool.map(values.failOdd, range(6), { onError: "aggregate" })) seen.push(n);
    }, AggregateError);
    assertEquals(seen, [0, 2, 4]);
  });

  for (const kind of ["generator", "async generator"] as const) {
    check(`an input that throws half-way (${kind}): its error arrives, the pool is reusable`, async () => {
      await using pool = backend.make({ workers: 2 });
      const broken = new URIError("input broke");
      function* sync() {
        yield* range(30);
        throw broken;
      }
      async function* async() {
        yield* range(30);
        await Promise.resolve();
        throw broken;
      }
      const make = kind === "generator" ? sync : async;
      const error = await assertRejects(async () => await pool.map(values.double, make()));
      assertStrictEquals(error, broken);
      const streamed = await assertRejects(async () => {
        for await (const _ of pool.map(values.double, make()));
      });
      assertStrictEquals(streamed, broken);
      assertEquals(await pool.map(values.double, [1, 2]), [2, 4]);
    });
  }

  check("an iterator that throws when it is opened fails the call or the map, and the pool is reusable", async () => {
    await using pool = backend.make({ workers: 1 });
    const broken = new URIError("cannot open");
    const input: Iterable<number> = {
      [Symbol.iterator]() {
        throw broken;
      },
    };
    const error = await assertRejects(async () => await pool.map(values.double, input));
    assertStrictEquals(error, broken);
    assertEquals(await pool.map(values.double, [1]), [2]);
  });

  check("an iterator whose return() throws does not hide the failure of the map", async () => {
    await using pool = backend.make({ workers: 1 });
    let n = 0;
    const input: Iterable<number> = {
      [Symbol.iterator]: () => ({
        next: () => ({ done: false, value: n++ }),
        return: () => {
          throw new URIError("from return()");
        },
      }),
    };
    await assertRejects(async () => await pool.map(values.failOdd, input), RangeError, "odd: 1");
    assertEquals(await pool.map(values.double, [1]), [2]);
  });

  check("leaving a loop fires the signal of running items and drops waiting ones", async () => {
    await using pool = backend.make({ workers: 2 });
    await using gate = new Gate();
    await using second = new Gate();
    // Two at a time: the first opens, the reader leaves, and what waits must never enter.
    const inputs = [gate.words, ...Array.from({ length: 50 }, () => second.words)];
    gate.open();
    for await (const _ of pool.map(gated.holdUntilSignal, inputs, { chunkSize: 1 })) break;
    second.open();
    assertEquals(await pool.submit(values.double, 2), 4);
    assert(second.count <= 4, `${second.count} of the dropped items ran`);
  });

  check("a map whose items time out fails those items only", async () => {
    await using closed = new Gate();
    await using open = new Gate();
    open.open();
    await using pool = backend.make({ workers: 2, killGrace: 50 });
    const inputs = [open.words, closed.words, open.words, closed.words, open.words];
    const results = await pool.map(gated.holdPolitely, inputs, { timeout: 150, onError: "settle" });
    assertEquals(results.map(({ status }) => status), [
      "fulfilled",
      "rejected",
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
    for (const result of results) {
      if (result.status === "rejected") assertEquals(result.reason.name, "TaskTimeoutError");
    }
  });
};
