/**
 * p-limit and p-queue, written for `limit()`: what their suites assert beyond `../p_queue_test.ts` and `tests/io/`.
 */
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { CancelledError, limit, Pool, pooled, TaskTimeoutError } from "@isopool/isopool";
import { untilAborted } from "../../io/kit.ts";
import { countListeners } from "../../support/count_listeners.ts";
import { unhandledDuring } from "../../support/unhandled.ts";
import { MUST_HAPPEN, test, turn, until, within } from "../../support/within.ts";
import { range } from "../kit.ts";

test("p-limit: concurrency 1: three calls one after another, in order", async () => {
  const run = limit(1);
  let inside = 0;
  const call = (n: number) =>
    run(async () => {
      assertEquals(++inside, 1);
      await turn();
      inside--;
      return n;
    });
  assertEquals(await Promise.all([10, 20, 30].map(call)), [10, 20, 30]);
});

test("p-limit: continues after sync throw, does not ignore errors: one that throws holds up none", async () => {
  const run = limit(1);
  let ran = false;
  const errors = await Promise.allSettled([
    run(() => {
      throw new URIError("sync");
    }),
    run(() => Promise.reject(new URIError("async"))),
    run(() => {
      ran = true;
    }),
  ]);
  assertEquals(errors.map(({ status }) => status), ["rejected", "rejected", "fulfilled"]);
  assert(ran);
});

test("p-limit: map, map passes index, accepts an iterable: pooled() over an array, a set and an iterator", async () => {
  const plus = (n: number, { index }: { index: number }) => n + index;
  for (const items of [[1, 2, 3], new Set([1, 2, 3]), [1, 2, 3].values()]) {
    assertEquals(await pooled(items, plus, { concurrency: 1 }), [1, 3, 5]);
  }
});

test("p-limit: activeCount and pendingCount, p-queue: pending counted fast enough: they add up at each step", async () => {
  const run = limit(5);
  assertEquals([run.active, run.waiting], [0, 0]);
  const gates = range(10).map(() => Promise.withResolvers<void>());
  const calls = gates.map((gate) => run(() => gate.promise));
  assertEquals(run.active + run.waiting, 10);
  await turn();
  assertEquals([run.active, run.waiting], [5, 5]);
  for (const [n, gate] of gates.entries()) {
    gate.resolve();
    await calls[n];
    await turn();
    assertEquals([run.active, run.waiting], [Math.min(5, 9 - n), Math.max(0, 4 - n)]);
  }
});

test("p-queue: .add() - timeout behavior: the ones after a call that ran out of time go on", async () => {
  const run = limit({ concurrency: 1, timeout: 50 });
  const slow = run(({ signal }) => untilAborted(signal));
  const quick = run(() => "quick");
  await assertRejects(() => within(MUST_HAPPEN, slow), TaskTimeoutError);
  assertEquals(await within(MUST_HAPPEN, quick), "quick");
});

test("p-queue: aborting multiple queued tasks with the same AbortController: all at once, the others run", async () => {
  const run = limit(1);
  const gate = Promise.withResolvers<void>();
  const controller = new AbortController();
  const first = run(() => gate.promise);
  const aborted = range(3).map(() => run(() => "never", { signal: controller.signal }));
  const last = run(() => "last");
  const reason = new URIError("my reason");
  const ends = Promise.allSettled(aborted);
  controller.abort(reason);
  for (const end of await within(MUST_HAPPEN, ends)) assertStrictEquals((end as PromiseRejectedResult).reason, reason);
  assertEquals(run.waiting, 1);
  gate.resolve();
  assertEquals([await first, await last], [undefined, "last"]);
});

test("p-queue: abort before start frees concurrency immediately: the next call takes the place", async () => {
  const run = limit(1);
  const gate = Promise.withResolvers<void>();
  const first = run(() => gate.promise);
  const controller = new AbortController();
  const aborted = run(() => "never", { signal: controller.signal });
  const rejected = assertRejects(() => aborted, DOMException);
  controller.abort();
  await rejected;
  gate.resolve();
  await first;
  assertEquals(await within(MUST_HAPPEN, run(() => "next")), "next");
});

test("p-queue: clear() removes queued abort listeners, shared ones too, in repeated cycles; the running one stays", async () => {
  const run = limit(1);
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = countListeners(signal);
  const running = run(({ signal }) => untilAborted(signal), { signal });
  await turn();
  const before = listeners.now;
  for (let cycle = 0; cycle < 20; cycle++) {
    const dropped = range(5).map(() => run(() => "never", { signal }));
    const ends = Promise.allSettled(dropped);
    run.clear();
    for (const end of await ends) assert((end as PromiseRejectedResult).reason instanceof CancelledError);
    assertEquals(listeners.now, before);
  }
  const rejected = assertRejects(() => running, URIError);
  controller.abort(new URIError("later"));
  await within(MUST_HAPPEN, rejected);
  assertEquals([listeners.now, run.active, run.waiting], [0, 0, 0]);
});

test("p-queue: clear() only leaves the running task affected when a shared signal aborts later", async () => {
  const run = limit(1);
  const controller = new AbortController();
  const { signal } = controller;
  const running = run(({ signal }) => untilAborted(signal), { signal });
  await turn();
  const dropped = run(() => "never", { signal });
  const cancelled = assertRejects(() => dropped, CancelledError);
  run.clear();
  await cancelled;
  const unhandled = await unhandledDuring(async () => {
    const rejected = assertRejects(() => running, URIError);
    controller.abort(new URIError("later"));
    await within(MUST_HAPPEN, rejected);
  });
  assertEquals(unhandled, []);
});

test("p-queue: .onIdle(), .onEmpty(), .clear() resolves waiters: after a call, after a failure, after clear()", async () => {
  const run = limit(1);
  await within(MUST_HAPPEN, run.idle());
  const gate = Promise.withResolvers<void>();
  const running = run(() => gate.promise);
  const waiting = run(() => "never");
  const cancelled = assertRejects(() => waiting, CancelledError);
  let idle = 0;
  const waits = range(3).map(() => run.idle().then(() => idle++));
  run.clear();
  await cancelled;
  await turn();
  assertEquals(idle, 0);
  gate.resolve();
  await running;
  await within(MUST_HAPPEN, Promise.all(waits));
  const failing = run(() => Promise.reject(new URIError("fails")));
  const rejected = assertRejects(() => failing, URIError);
  await within(MUST_HAPPEN, run.idle());
  await rejected;
});

test("p-queue: rate-limit preserves the count for re-entrant additions: calls made by calls wait as well", async () => {
  const run = limit({ rate: { limit: 2, interval: 200 } });
  const starts: number[] = [];
  const begin = performance.now();
  const start = () => void starts.push(performance.now() - begin);
  await within(
    MUST_HAPPEN,
    run(async () => {
      start();
      const calls = [run(start), run(start)];
      // No timer fires between microtasks: the first of them does not wait for the next interval.
      for (let n = 0; n < 100; n++) await undefined;
      assertEquals(starts.length, 2);
      await Promise.all(calls);
    }),
  );
  assertEquals(starts.length, 3);
  assert(starts[2] >= 190, `${starts}`);
});

test("p-queue: .onSizeLessThan(), isSaturated: room() resolves when a place comes free, for one waiter each", async () => {
  await using pool = new Pool({ backend: "async", workers: 1, maxQueue: 1 });
  const gate = Promise.withResolvers<void>();
  const futures = [pool.submit(() => gate.promise), pool.submit(() => gate.promise)];
  let resolved = 0;
  const rooms = range(2).map(() =>
    pool.room().then(() => {
      resolved++;
      futures.push(pool.submit(() => Promise.resolve()));
    })
  );
  await turn();
  assertEquals(resolved, 0);
  gate.resolve();
  await within(MUST_HAPPEN, Promise.all(rooms));
  await within(MUST_HAPPEN, Promise.all(futures));
  assertEquals(resolved, 2);
});

test("p-queue: .pause(), autoStart: false, .start(): nothing starts while paused; a timeout counts from the start", async () => {
  await using pool = new Pool({ backend: "async", workers: 2, timeout: 5_000 });
  pool.pause();
  const started: number[] = [];
  const futures = range(4).map((n) => pool.submit(() => void started.push(n)));
  await turn();
  assertEquals([started, pool.stats().tasks.waiting], [[], 4]);
  pool.resume();
  await within(MUST_HAPPEN, Promise.all(futures));
  assertEquals(started, [0, 1, 2, 3]);
  await until(() => pool.stats().tasks.active === 0, "all have ended");
});
