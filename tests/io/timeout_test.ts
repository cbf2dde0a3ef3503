import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { limit, pooled, TaskTimeoutError } from "@isopool/isopool";
import { GRACE } from "../../lib/io/attempts.ts";
import { expectError } from "../support/expect.ts";
import { pause, test, timed, until } from "../support/within.ts";
import { outcomeOf, readAll, runTurns, untilAborted } from "./kit.ts";

const NEVER = new Promise<never>(() => {});

test("pooled({ timeout }): an item that takes longer fails with TaskTimeoutError, and its signal has that as its reason", async () => {
  let reason: unknown;
  const error = expectError(
    await outcomeOf(pooled([1], (_, { signal }) => {
      signal.addEventListener("abort", () => reason = signal.reason);
      return untilAborted(signal);
    }, { timeout: 20 })),
    TaskTimeoutError,
  );
  assertEquals([error.timeout, error.message], [20, "Task ran longer than its timeout of 20 ms: items[0] (1)"]);
  assertStrictEquals(reason, error);
});

test("a timeout of pooled() and limit() names the item or the key, and the attempt", async () => {
  const options = { timeout: 10, retry: { maxAttempts: 3, minTimeout: 0 } };
  const [, { reason }] = await pooled(["/a", "/b"], (path, { signal }) => path === "/b" ? untilAborted(signal) : path, {
    ...options,
    onError: "settle",
  }) as PromiseRejectedResult[];
  assertEquals(reason.message, 'Task ran longer than its timeout of 10 ms: items[1] ("/b"), attempt 3 of 3');
  const run = limit({ ...options, per: { limit: 1, key: (url: string) => new URL(url).host } });
  const direct = run(({ signal }) => untilAborted(signal), { key: "127.0.0.1:8000" });
  const wrapped = run.wrap((_: string) => NEVER)("http://localhost/a");
  const messages = await Promise.all([direct, wrapped].map((call) => outcomeOf(call)));
  assertEquals(messages.map((error) => (error as Error).message), [
    'Task ran longer than its timeout of 10 ms: key "127.0.0.1:8000", attempt 3 of 3',
    'Task ran longer than its timeout of 10 ms: key "localhost", attempt 3 of 3',
  ]);
  // The wrapped function never ends: its permit is free after the grace time.
  await run.idle();
  const plain = await outcomeOf(limit({ timeout: 10 })(({ signal }) => untilAborted(signal))) as Error;
  assertEquals(plain.message, "Task ran longer than its timeout of 10 ms");
  // The first line of an uncaught error is no line of the library.
  for (const error of [plain, reason]) assert(!error.stack.includes("/lib/io/"), error.stack);
});

test("pooled({ timeout }): other items are not affected, and items in time keep their results", async () => {
  const aborted: number[] = [];
  const outcomes = await pooled([0, 1, 2, 3], (n, { signal }) => {
    signal.addEventListener("abort", () => aborted.push(n));
    return n === 1 ? untilAborted(signal) : Promise.resolve(n);
  }, { timeout: 30, onError: "settle" });
  assertEquals(outcomes.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled", "fulfilled"]);
  assertEquals(aborted, [1]);
});

test("pooled({ timeout }): waiting for a permit, for the reader or for the rate does not count", async () => {
  const slow = (n: number) => new Promise<number>((resolve) => setTimeout(() => resolve(n), 150));
  const options = { concurrency: 1, timeout: 1_000 };
  // The last one waits 1,350 ms for its permit.
  const items = Array.from({ length: 10 }, (_, n) => n);
  assertEquals(await pooled(items, slow, options), items);
  const read: number[] = [];
  for await (const n of pooled([1, 2, 3], slow, options)) {
    read.push(n);
    if (n === 1) await pause(1_200);
  }
  assertEquals(read, [1, 2, 3]);
  // Three intervals of waiting, each longer than the timeout.
  const rate = { limit: 1, interval: 150 };
  assertEquals(await pooled([1, 2, 3], (n) => n, { timeout: 100, rate }), [1, 2, 3]);
});

test("pooled({ timeout }): an item whose fn ignores its signal settles at once, and the map does not hang", async () => {
  let settledAt = 0;
  const begin = performance.now();
  const results = pooled([0, 1, 2], (n) => n === 0 ? NEVER : n, { concurrency: 1, timeout: 20, onError: "settle" });
  const seen: unknown[] = [];
  for await (const { status } of results) {
    seen.push(status);
    settledAt ||= performance.now() - begin;
  }
  assertEquals(seen, ["rejected", "fulfilled", "fulfilled"]);
  const all = performance.now() - begin;
  assert(settledAt < all - GRACE / 2, `it was told of the first after ${settledAt} ms of ${all}`);
  assert(all >= 20 + GRACE - 2, `its permit was free after ${all} ms`);
});

test("pooled({ timeout }): an fn that ends late after its signal keeps its permit until then", async () => {
  let inside = 0, most = 0;
  const gate = Promise.withResolvers<void>();
  const results = pooled([0, 1, 2, 3], async (n, { signal }) => {
    most = Math.max(most, ++inside);
    if (n < 2) {
      await outcomeOf(untilAborted(signal));
      // Tidies up for some turns.
      await runTurns(5);
      if (n === 1) gate.resolve();
    }
    inside--;
    return n;
  }, { concurrency: 2, timeout: 20, onError: "settle" });
  const outcomes = await results;
  await gate.promise;
  assertEquals([outcomes.map(({ status }) => status), most], [["rejected", "rejected", "fulfilled", "fulfilled"], 2]);
});

test("pooled({ timeout }): an fn that runs on after the grace time changes nothing, and causes no unhandled rejection", async () => {
  const unhandled: unknown[] = [];
  const listen = (event: PromiseRejectionEvent) => (event.preventDefault(), unhandled.push(event.reason));
  globalThis.addEventListener("unhandledrejection", listen);
  const late = Promise.withResolvers<number>();
  const { seen, error } = await readAll(
    pooled([0, 1], (n) => n === 0 ? late.promise : n, { timeout: 10, onError: "settle", concurrency: 1 }),
  );
  late.reject(new Error("late"));
  await runTurns();
  globalThis.removeEventListener("unhandledrejection", listen);
  assertEquals([seen.map(({ status }) => status), error, unhandled], [["rejected", "fulfilled"], undefined, []]);
});

test("pooled({ timeout }): a synchronous throw and a plain value arrive unchanged", async () => {
  const boom = new Error("boom");
  const error = await outcomeOf(pooled([1], () => {
    throw boom;
  }, { timeout: 1_000 }));
  assertStrictEquals(error, boom);
  assertEquals(await pooled([1, 2], (n) => n, { timeout: 1_000 }), [1, 2]);
});

test("pooled({ timeout }): a TimeoutError that fn throws itself is not replaced", async () => {
  const { error } = await timed(pooled([1], () => untilAborted(AbortSignal.timeout(10)), { timeout: 5_000 }));
  assertEquals(expectError(error, DOMException).name, "TimeoutError");
});

test("pooled({ timeout, signal }): an abort ends items at once, with the signal's reason and not the timeout", async () => {
  const controller = new AbortController();
  let started = 0;
  const outcome = outcomeOf(pooled([1, 2], (_, { signal }) => {
    started++;
    return untilAborted(signal);
  }, { timeout: 60_000, signal: controller.signal }));
  await until(() => started === 2, "both have started");
  controller.abort("enough");
  assertEquals(await outcome, "enough");
});

test("limit({ timeout }): the call rejects at once; its permit is free when fn has ended, or after the grace", async () => {
  const run = limit({ concurrency: 1, timeout: 20 });
  expectError(await outcomeOf(run(() => NEVER)), TaskTimeoutError);
  assertEquals(run.active, 1);
  const { ms, value } = await timed(run(() => 5));
  assertEquals([value, ms > GRACE / 2], [5, true]);
  await run.idle();
  assertEquals(run.active, 0);
});

Deno.test("pooled() and limit() refuse a bad timeout at the call", () => {
  assertThrows(() => pooled([], () => 1, { timeout: -1 }), RangeError, "`timeout` is -1: it takes milliseconds");
  assertThrows(() => limit({ timeout: NaN }), RangeError, "`timeout` is NaN");
});
