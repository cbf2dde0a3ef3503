/**
 * The suites of p-queue and p-limit, written for `limit()` and `pooled()`.
 *
 * | suite   | original                                                           | here                                    |
 * | ------- | ------------------------------------------------------------------ | --------------------------------------- |
 * | p-limit | concurrency; continues after sync throw; does not ignore errors; clearQueue; propagates async execution context | tests/io/limit_test.ts |
 * | p-queue | strict: enforces sliding window; strict mode vs fixed window timing; prevents boundary bursts; after queue becomes idle | rate: strict and fixed |
 * | p-queue | strict mode with long-running tasks / concurrency limit            | rate and concurrency                    |
 * | p-queue | strict mode clear() preserves ticks; frees capacity when task aborts before start | tests/io/limit_test.ts, rate_test.ts |
 * | p-queue | rate-limit preserves the interval count for re-entrant task additions | calls made from within a call        |
 * | p-queue | aborted tasks do not occupy the queue                              | aborted calls leave the queue           |
 * | p-queue | timeout                                                            | tests/io/timeout_test.ts                |
 *
 * Different on purpose: `clear()` leaves no promise pending.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { limit, pooled } from "@isopool/isopool";
import { outcomeOf } from "../io/kit.ts";
import { test } from "../support/within.ts";

test("p-queue: rate, strict: of any `limit` + 1 starts, the last is an interval after the first", async () => {
  const [count, interval] = [3, 60];
  const starts: number[] = [];
  const begin = performance.now();
  await pooled(Array.from({ length: 10 }), () => void starts.push(performance.now()), {
    rate: { limit: count, interval, strict: true },
  });
  // This holds on a busy machine too; the times in between are tested with the virtual clock of tests/core/rate_test.ts.
  for (const [i, time] of starts.entries()) {
    const earliest = Math.floor(i / count) * interval;
    assert(time - begin >= earliest, `start ${i} after ${time - begin} ms, not ${earliest}`);
  }
});

test("p-queue: rate, fixed window: after an idle interval the whole limit may start at once", async () => {
  const run = limit({ rate: { limit: 2, interval: 50 } });
  await Promise.all([run(() => 1), run(() => 2)]);
  await new Promise((resolve) => setTimeout(resolve, 60));
  const calls = [run(() => 3), run(() => 4), run(() => 5)];
  assertEquals([run.active, run.waiting], [2, 1]);
  assertEquals(await Promise.all(calls), [3, 4, 5]);
});

test("p-queue: rate and concurrency: tasks longer than the interval do not overlap more than the concurrency", async () => {
  let inside = 0, maxInside = 0;
  await pooled([1, 2, 3, 4, 5], async () => {
    maxInside = Math.max(maxInside, ++inside);
    await new Promise((resolve) => setTimeout(resolve, 25));
    inside--;
  }, { concurrency: 2, rate: { limit: 2, interval: 10, strict: true } });
  assertEquals(maxInside, 2);
});

test("p-queue: calls made from within a call count as starts", async () => {
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

test("p-queue: aborted calls leave the queue", async () => {
  const run = limit(1);
  const controller = new AbortController();
  const gate = Promise.withResolvers<void>();
  const first = run(() => gate.promise);
  const aborted = Array.from({ length: 100 }, () => outcomeOf(run(() => "ran", { signal: controller.signal })));
  const last = run(() => "last");
  assertEquals(run.waiting, 101);
  controller.abort("gone");
  assertEquals([run.waiting, new Set(await Promise.all(aborted))], [1, new Set(["gone"])]);
  gate.resolve();
  assertEquals([await first, await last], [undefined, "last"]);
});
