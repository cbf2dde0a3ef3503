import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { pooled, type ProgressSink, type ProgressState } from "@isopool/isopool";
import { test, until } from "../support/within.ts";
import { outcomeOf, retries, runTurns, untilAborted } from "./kit.ts";

class Recorder implements ProgressSink {
  readonly updates: ProgressState[] = [];
  readonly ends: ProgressState[] = [];

  update(state: ProgressState): void {
    this.updates.push(state);
  }

  end(state: ProgressState): void {
    this.ends.push(state);
  }
}

test("pooled({ progress }): one update for each item, then the end, with the length of the input as the total", async () => {
  const progress = new Recorder();
  await pooled([1, 2, 3], (n) => n, { progress });
  assertEquals(progress.updates, [1, 2, 3].map((done) => ({ done, failed: 0, total: 3 })));
  assertEquals(progress.ends, [{ done: 3, failed: 0, total: 3 }]);
});

test("pooled({ progress }): the total is the length or size of the input, or the caller's `total`", async () => {
  const cases: [Iterable<unknown> | AsyncIterable<unknown>, number | undefined, number | undefined][] = [
    [[1, 2], undefined, 2],
    [new Set([1, 2]), undefined, 2],
    [new Map([[1, 1]]), undefined, 1],
    [new Uint8Array(3), undefined, 3],
    [[].values(), undefined, undefined],
    ["ab", undefined, undefined],
    [ReadableStream.from([1]), undefined, undefined],
    [[1].values(), 1, 1],
    [[1, 2, 3], 5, 5],
  ];
  for (const [input, total, expected] of cases) {
    const progress = new Recorder();
    await pooled(input, (item) => item, { progress, total });
    assertEquals([progress.ends.length, progress.ends[0].total], [1, expected]);
  }
});

test("pooled({ progress }): failed items count as done and as failed; attempts do not count", async () => {
  const progress = new Recorder();
  await pooled([0, 1, 2, 3], (n) => n % 2 ? Promise.reject(n) : n, { progress, onError: "settle", retry: retries(1) });
  assertEquals(progress.ends, [{ done: 4, failed: 2, total: 4 }]);
  assertEquals(progress.updates.length, 4);
});

test("pooled({ progress }): an `item` method gets the index of each ended item, and the error of a failed one", async () => {
  const items: unknown[] = [];
  const boom = new Error("boom");
  await pooled([0, 1, 2], (n) => n === 1 ? Promise.reject(boom) : n, {
    concurrency: 1,
    onError: "settle",
    retry: retries(1),
    progress: { item: (item) => items.push(item), update() {}, end() {} },
  });
  assertEquals(items, [
    { index: 0, status: "fulfilled" },
    { index: 1, status: "rejected", reason: boom },
    { index: 2, status: "fulfilled" },
  ]);
});

test("pooled({ progress }): the end comes once, when no item runs, after a failure too", async () => {
  const progress = new Recorder();
  const gate = Promise.withResolvers<void>();
  const outcome = outcomeOf(pooled([0, 1], (n) => n === 0 ? Promise.reject("boom") : gate.promise, { progress }));
  await until(() => progress.updates.length === 1, "the failure is counted");
  await runTurns();
  assertEquals(progress.ends, []);
  gate.resolve();
  assertEquals(await outcome, "boom");
  assertEquals(progress.ends, [{ done: 2, failed: 1, total: 2 }]);
});

test("pooled({ progress }): the end comes once, after an abort and when the reader leaves", async () => {
  const aborted = new Recorder();
  const controller = new AbortController();
  const outcome = outcomeOf(
    pooled([1, 2], (_, { signal }) => untilAborted(signal), { progress: aborted, signal: controller.signal }),
  );
  controller.abort("enough");
  assertEquals(await outcome, "enough");
  assertEquals(aborted.ends.map(({ failed }) => failed), [2]);
  const left = new Recorder();
  for await (const _ of pooled([1, 2, 3], (n) => n, { progress: left, concurrency: 1, buffer: 0 })) break;
  await until(() => left.ends.length > 0, "the end after the reader left");
  await runTurns();
  assertEquals(left.ends.length, 1);
  const before = new Recorder();
  await outcomeOf(pooled([1], (n) => n, { progress: before, signal: AbortSignal.abort() }));
  assertEquals([before.updates, before.ends], [[], [{ done: 0, failed: 0, total: 1 }]]);
});

test("pooled({ progress }): the end comes before the results", async () => {
  for (const timeout of [undefined, 10]) {
    const progress = new Recorder();
    const fn = () => timeout === undefined ? undefined : new Promise<void>(() => {});
    await pooled([1, 2], fn, { progress, timeout, onError: "settle" });
    assertEquals(progress.ends.length, 1);
    const looped = new Recorder();
    for await (const _ of pooled([1, 2], fn, { progress: looped, timeout, onError: "settle" }));
    assertEquals(looped.ends.length, 1);
  }
});

test("pooled({ progress }): an error of a sink is reported, and the map goes on", async () => {
  const reported: unknown[] = [];
  const listen = (event: ErrorEvent) => (event.preventDefault(), reported.push(event.error));
  globalThis.addEventListener("error", listen);
  const boom = new Error("sink");
  const progress: ProgressSink = {
    update() {
      throw boom;
    },
    end() {
      throw boom;
    },
  };
  assertEquals(await pooled([1, 2], (n) => n, { progress }), [1, 2]);
  await runTurns();
  globalThis.removeEventListener("error", listen);
  assertEquals(reported.length, 3);
  for (const error of reported) assertStrictEquals(error, boom);
});

Deno.test("pooled() refuses a bad progress and total at the call, and has not read its input", () => {
  // deno-lint-ignore no-explicit-any -- what a caller without types can pass
  const call = pooled as any;
  let read = 0;
  const input = (function* () {
    yield read++;
  })();
  assertThrows(() => call(input, () => 1, { progress: { update() {} } }), TypeError, "`progress` is an object");
  assertThrows(() => call(input, () => 1, { total: -1 }), RangeError, "`total` is -1");
  assertEquals(read, 0);
});
