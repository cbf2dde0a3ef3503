import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { AsyncLocalStorage } from "node:async_hooks";
import { CancelledError, limit } from "@isopool/isopool";
import { countListeners } from "../support/count_listeners.ts";
import { expectError } from "../support/expect.ts";
import { test } from "../support/within.ts";
import { outcomeOf, retries, runTurns, untilAborted } from "./kit.ts";

for (const concurrency of [1, 5]) {
  test(`limit(${concurrency}): exactly that many calls run at a time, and start in order`, async () => {
    const run = limit(concurrency);
    const started: number[] = [];
    let inside = 0, most = 0;
    const results = await Promise.all(Array.from({ length: 40 }, (_, n) =>
      run(async () => {
        started.push(n);
        most = Math.max(most, ++inside);
        await runTurns(1 + n % 3);
        inside--;
        return n;
      })));
    assertEquals([most, results, started], [concurrency, started, Array.from({ length: 40 }, (_, n) => n)]);
  });
}

test("limit(): values, promises, synchronous throws and rejections arrive unchanged", async () => {
  const run = limit(1);
  const boom = new Error("boom");
  const outcomes = await Promise.allSettled([
    run(() => 1),
    run(() => Promise.resolve(2)),
    run(() => {
      throw boom;
    }),
    run(() => Promise.reject(boom)),
    run(() => null),
  ]);
  assertEquals(outcomes.map((each) => each.status === "fulfilled" ? each.value : each.reason), [
    1,
    2,
    boom,
    boom,
    null,
  ]);
  assertStrictEquals((outcomes[2] as PromiseRejectedResult).reason, boom);
  assertEquals([run.active, run.waiting], [0, 0]);
});

test("limit(): fn is not called within run(), but in a later microtask", async () => {
  const run = limit(1);
  let called = false;
  const call = run(() => called = true);
  assertEquals([called, run.active], [false, 1]);
  assertEquals(await call, true);
});

test("limit(): active and waiting count the calls", async () => {
  const run = limit(2);
  const gate = Promise.withResolvers<void>();
  assertEquals([run.active, run.waiting], [0, 0]);
  const calls = [1, 2, 3, 4, 5].map(() => run(() => gate.promise));
  assertEquals([run.active, run.waiting], [2, 3]);
  gate.resolve();
  await Promise.all(calls);
  assertEquals([run.active, run.waiting], [0, 0]);
});

test("limit().clear() rejects waiting calls with CancelledError, and does not affect running ones", async () => {
  const run = limit(1);
  const gate = Promise.withResolvers<string>();
  let called = 0;
  const first = run(() => gate.promise);
  const dropped = [1, 2, 3].map(() => outcomeOf(run(() => called++)));
  run.clear("no time");
  assertEquals([run.active, run.waiting], [1, 0]);
  for (const each of dropped) assertEquals(expectError(await each, CancelledError).cause, "no time");
  const later = run(() => "later");
  gate.resolve("first");
  assertEquals([await first, await later, called], ["first", "later", 0]);
});

test("limit().clear() does not reset the rate", async () => {
  const run = limit({ rate: { limit: 1, interval: 3_600_000 } });
  await run(() => 1);
  const before = outcomeOf(run(() => 2));
  run.clear();
  expectError(await before, CancelledError);
  const after = outcomeOf(run(() => 3));
  await runTurns();
  assertEquals([run.active, run.waiting], [0, 1]);
  run.clear();
  expectError(await after, CancelledError);
});

test("limit().idle() resolves when no call runs or waits, after failures and clear() too", async () => {
  const run = limit(1);
  await run.idle();
  const gate = Promise.withResolvers<void>();
  const calls = [run(() => gate.promise), run(() => Promise.reject(1)), run(() => 2)].map(outcomeOf);
  let idle = false;
  const waiting = run.idle().then(() => idle = true);
  await runTurns();
  assertEquals(idle, false);
  run.clear();
  assertEquals(idle, false);
  gate.resolve();
  await waiting;
  assertEquals([run.active, run.waiting], [0, 0]);
  await Promise.all(calls);
});

test("run(fn, { signal }): a waiting call rejects at once, with the signal's own reason", async () => {
  const run = limit(1);
  const gate = Promise.withResolvers<void>();
  const first = run(() => gate.promise);
  const controller = new AbortController();
  const listeners = countListeners(controller.signal);
  let called = false;
  const aborted = outcomeOf(run(() => called = true, { signal: controller.signal }));
  const last = run(() => "last");
  const reason = { mine: true };
  controller.abort(reason);
  assertStrictEquals(await aborted, reason);
  assertEquals([run.waiting, called], [1, false]);
  gate.resolve();
  await first;
  assertEquals([await last, called, listeners.max], ["last", false, 1]);
});

test("run(fn, { signal }): one signal for many calls has a listener for each unsettled call, and none when all have settled", async () => {
  const run = limit({ concurrency: 2, retry: retries(1) });
  const { signal } = new AbortController();
  const listeners = countListeners(signal);
  await Promise.allSettled([1, 2, 3, 4, 5].map((n) => run(() => n % 2 ? n : Promise.reject(n), { signal })));
  assertEquals([listeners.max, listeners.now], [5, 0]);
});

test("run(fn, { signal }): only the signal of this call aborts, with the same reason", async () => {
  const run = limit(2);
  const controller = new AbortController();
  const inner: AbortSignal[] = [];
  const gate = Promise.withResolvers<string>();
  const stopped = outcomeOf(
    run(({ signal }) => (inner.push(signal), untilAborted(signal)), { signal: controller.signal }),
  );
  const other = run(({ signal }) => (inner.push(signal), gate.promise));
  await runTurns();
  controller.abort("stop");
  assertEquals(await stopped, "stop");
  assertEquals(inner.map((signal) => signal.aborted), [true, false]);
  gate.resolve("fine");
  assertEquals(await other, "fine");
});

test("limit({ signal }): an abort rejects waiting calls, aborts running ones, refuses later ones, and leaves no listener", async () => {
  const controller = new AbortController();
  const listeners = countListeners(controller.signal);
  const run = limit({ concurrency: 1, signal: controller.signal });
  await Promise.all(Array.from({ length: 1_000 }, (_, n) => run(() => n)));
  assertEquals([listeners.now, listeners.max], [0, 1]);
  const calls = [1, 2, 3].map(() => outcomeOf(run(({ signal }) => untilAborted(signal))));
  await runTurns();
  const reason = new Error("over");
  controller.abort(reason);
  for (const call of calls) assertStrictEquals(await call, reason);
  assertStrictEquals(await outcomeOf(run(() => 1)), reason);
  await run.idle();
  assertEquals([run.active, run.waiting], [0, 0]);
});

test("limit(): a call inside a call waits for a permit of its own", async () => {
  const run = limit(2);
  assertEquals(await run(() => run(() => run.active)), 2);
});

test("limit(): each call keeps the asynchronous context of its caller", async () => {
  const run = limit(2);
  const store = new AsyncLocalStorage<number>();
  const seen = await Promise.all(Array.from({ length: 20 }, (_, n) =>
    store.run(n, () =>
      run(async () => {
        await runTurns(1);
        return store.getStore();
      }))));
  assertEquals(seen, Array.from({ length: 20 }, (_, n) => n));
});

test("limit() handles 100,000 waiting calls, aborted ones too", async () => {
  const run = limit(10);
  const controller = new AbortController();
  let ran = 0;
  const calls = Array.from({ length: 100_000 }, (_, n) =>
    run(() => {
      ran++;
    }, n % 1_000 === 999 ? { signal: controller.signal } : {}));
  controller.abort("gone");
  const outcomes = await Promise.allSettled(calls);
  assertEquals([ran, outcomes.filter(({ status }) => status === "rejected").length], [99_900, 100]);
});

Deno.test("limit() and run() refuse bad arguments at the call", () => {
  // deno-lint-ignore no-explicit-any -- what a caller without types can pass
  const call = limit as any;
  const cases: [() => unknown, typeof TypeError | typeof RangeError, string][] = [
    [() => call(), TypeError, "Cannot create limit: `options` is undefined: it takes a concurrency or an object"],
    [() => call(0), RangeError, "`concurrency` is 0"],
    [() => call(1.5), RangeError, "`concurrency` is 1.5"],
    [() => call(-1), RangeError, "`concurrency` is -1"],
    [() => call(NaN), RangeError, "`concurrency` is NaN"],
    [() => call(true), TypeError, "`options` is true"],
    [() => call({ concurency: 2 }), TypeError, "unknown option `concurency`"],
    [() => call({ signal: 1 }), TypeError, "an AbortSignal"],
    [() => call(1)(5), TypeError, "Cannot call with limit: `fn` is 5: it takes a function"],
    [() => call(1)(() => 1, { timeout: 5 }), TypeError, "unknown option `timeout`"],
  ];
  for (const [run, error, message] of cases) assertThrows(run, error, message);
  assert(call(Infinity));
});
