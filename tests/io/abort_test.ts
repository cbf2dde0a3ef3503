/** An abort of the caller's signal: before a call starts, and while a function runs that ignores its signal. */
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { limit, type LimitOptions, pooled, tune } from "@isopool/isopool";
import { GRACE } from "../../lib/io/attempts.ts";
import { test, timed, until } from "../support/within.ts";
import { outcomeOf, runTurns } from "./kit.ts";

const NEVER = new Promise<never>(() => {});

const KINDS: Record<string, LimitOptions> = {
  "concurrency": { concurrency: 1 },
  "a timeout": { concurrency: 1, timeout: 5_000 },
  "a retry": { concurrency: 1, retry: 1 },
  "a rate": { concurrency: 1, rate: { limit: 10, interval: 100 } },
};
for (const [name, options] of Object.entries(KINDS)) {
  test(`limit() with ${name}: fn is not called if a signal aborts in the turn of the call, and its permit is free`, async () => {
    for (const isCommon of [false, true]) {
      const controller = new AbortController();
      const run = limit(isCommon ? { ...options, signal: controller.signal } : options);
      let called = 0;
      const call = outcomeOf(run(() => called++, isCommon ? {} : { signal: controller.signal }));
      const reason = new Error("too late");
      controller.abort(reason);
      assertStrictEquals(await call, reason);
      await run.idle();
      assertEquals([called, run.active, run.waiting], [0, 0, 0]);
      if (!isCommon) assertEquals(await run(() => "next"), "next");
    }
  });

  test(`limit() with ${name}: a call whose fn ignores its signal rejects within ${GRACE} ms of the abort, and keeps its permit until then`, async () => {
    for (const isCommon of [false, true]) {
      const controller = new AbortController();
      const run = limit(isCommon ? { ...options, signal: controller.signal } : options);
      let started = false;
      const call = run(() => (started = true, NEVER), isCommon ? {} : { signal: controller.signal });
      const outcome = timed(outcomeOf(call));
      await until(() => started, "fn runs");
      controller.abort("enough");
      await runTurns(3);
      assertEquals([run.active, started], [1, true]);
      const { ms, value } = await outcome;
      assertEquals(value, "enough");
      assert(ms >= GRACE - 2, `rejected after ${ms} ms`);
      await run.idle();
      assertEquals(run.active, 0);
    }
  });
}

test("limit(): a call whose fn ends within the grace time after an abort settles as fn does", async () => {
  const run = limit(1);
  const controller = new AbortController();
  const gate = Promise.withResolvers<string>();
  const call = run(() => gate.promise, { signal: controller.signal });
  await runTurns(1);
  controller.abort("enough");
  gate.resolve("saved");
  assertEquals([await call, run.active], ["saved", 0]);
});

test(`pooled({ signal }): items that ignore their signal do not delay the rejection for more than ${GRACE} ms`, async () => {
  for (const options of [{}, { timeout: 60_000 }, { retry: 1 }, { rate: { limit: 10, interval: 1 } }]) {
    for (const reading of ["await", "loop"]) {
      const controller = new AbortController();
      let started = 0;
      const late = Promise.withResolvers<number>();
      const results = pooled([0, 1, 2, 3], (n) => (started++, n === 0 ? 0 : late.promise), {
        ...options,
        concurrency: 3,
        signal: controller.signal,
      });
      const seen: number[] = [];
      const read = async () => {
        if (reading === "await") return await results;
        for await (const value of results) seen.push(value);
      };
      const outcome = outcomeOf(read());
      await until(() => started === 4, "all permits are taken");
      const reason = new Error("enough");
      const rejected = timed(outcome);
      controller.abort(reason);
      const { ms, value } = await rejected;
      assertStrictEquals(value, reason);
      assert(ms >= GRACE - 2, `rejected after ${ms} ms`);
      // What comes later changes nothing. With a timeout nothing comes: its timer must be gone all the same.
      if (!("timeout" in options)) late.reject(new Error("late"));
      await runTurns(3);
      assertEquals([started, seen], [4, reading === "await" ? [] : [0]]);
    }
  }
});

test("pooled({ signal }): an abort after a failure ends the wait for the items that ignore it; the failure is the result", async () => {
  const controller = new AbortController();
  const boom = new Error("boom");
  const results = pooled([0, 1], (n) => n === 0 ? NEVER : Promise.reject(boom), { signal: controller.signal });
  const outcome = outcomeOf(results);
  await runTurns();
  controller.abort("enough");
  assertStrictEquals(await outcome, boom);
});

test("pooled({ signal }): fn is not called for an item of an async input that came in the turn of the abort", async () => {
  const controller = new AbortController();
  let called = 0;
  const next = Promise.withResolvers<IteratorResult<number>>();
  const input: AsyncIterable<number> = { [Symbol.asyncIterator]: () => ({ next: () => next.promise }) };
  const outcome = outcomeOf(pooled(input, () => called++, { signal: controller.signal }));
  await runTurns(1);
  next.resolve({ done: false, value: 1 });
  // The item is read, and the loop that read it has not run yet.
  await Promise.resolve();
  controller.abort("enough");
  assertEquals([await outcome, called], ["enough", 0]);
});

test("tune({ signal }): calls that ignore the abort do not delay the rejection for ever", async () => {
  const controller = new AbortController();
  const outcome = outcomeOf(tune(() => NEVER, { concurrencies: [2], signal: controller.signal }));
  await runTurns(1);
  controller.abort("enough");
  assertEquals(await outcome, "enough");
});
