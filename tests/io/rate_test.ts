import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { limit, pooled } from "@isopool/isopool";
import { MUST_HAPPEN, test, timed, until, within } from "../support/within.ts";
import { outcomeOf, retries, runTurns } from "./kit.ts";

const HOUR = 3_600_000;

for (const strict of [false, true]) {
  test(`pooled({ rate: { strict: ${strict} } }): 20 items at 5 in 100 ms take three intervals, and start in order`, async () => {
    const started: number[] = [];
    const begin = performance.now();
    const rate = { limit: 5, interval: 100, strict };
    const results = await pooled(Array.from({ length: 20 }, (_, n) => n), (n) => (started.push(n), n), { rate });
    const ms = performance.now() - begin;
    assertEquals([results, started], [started, Array.from({ length: 20 }, (_, n) => n)]);
    // A lower bound, which holds on a busy machine, too: no start may come before its window.
    assert(ms >= 300, `it took ${ms} ms`);
    assert(ms < MUST_HAPPEN, `it took ${ms} ms`);
  });
}

test("pooled({ rate }): at most `limit` items start at once, with any concurrency", async () => {
  const controller = new AbortController();
  let started = 0;
  const rate = { limit: 3, interval: HOUR };
  const outcome = outcomeOf(
    pooled(Array.from({ length: 10 }), () => ++started, { rate, concurrency: 8, signal: controller.signal }),
  );
  await until(() => started === 3, "three starts");
  await runTurns();
  assertEquals(started, 3);
  controller.abort("enough");
  assertEquals(await outcome, "enough");
  assertEquals(started, 3);
});

test("pooled({ rate, signal }): an abort ends the wait for the rate at once, with the signal's own reason", async () => {
  const controller = new AbortController();
  const reason = new Error("mine");
  let read = 0;
  const input = (function* () {
    for (;;) yield read++;
  })();
  const outcome = outcomeOf(
    pooled(input, (n) => n, { rate: { limit: 1, interval: HOUR }, concurrency: 4, signal: controller.signal }),
  );
  await until(() => read > 1, "an item waits for the rate");
  controller.abort(reason);
  assertStrictEquals(await outcome, reason);
});

test("pooled({ rate, retry }): each attempt counts as a start", async () => {
  let attempts = 0;
  const { ms, value } = await timed(
    pooled([1], (_, { attempt }) => {
      attempts++;
      if (attempt < 3) throw new Error("again");
      return attempt;
    }, { rate: { limit: 1, interval: 60 }, retry: retries(2) }),
  );
  assertEquals([value, attempts], [[3], 3]);
  assert(ms >= 120, `three starts took ${ms} ms`);
});

test("pooled({ rate }): the timer of a map that has ended does not keep the script alive", async () => {
  // The sanitizer would see it.
  const controller = new AbortController();
  const outcome = outcomeOf(
    pooled([1, 2], (n) => n, { rate: { limit: 1, interval: HOUR }, signal: controller.signal }),
  );
  await runTurns();
  controller.abort();
  await outcome;
});

test("limit({ rate }): calls start within the rate, in order, and count as waiting or active", async () => {
  const run = limit({ rate: { limit: 2, interval: 80, strict: true } });
  const started: number[] = [];
  const begin = performance.now();
  const calls = [0, 1, 2, 3, 4].map((n) => run(() => (started.push(n), n)));
  assertEquals([run.active, run.waiting], [2, 3]);
  assertEquals(await within(MUST_HAPPEN, Promise.all(calls)), [0, 1, 2, 3, 4]);
  assert(performance.now() - begin >= 160);
  assertEquals([started, run.active, run.waiting], [[0, 1, 2, 3, 4], 0, 0]);
});

test("limit({ rate }): a call that is aborted before it starts uses no start of the rate", async () => {
  const run = limit({ rate: { limit: 2, interval: HOUR } });
  assertEquals(await run(() => "first"), "first");
  assertEquals(await outcomeOf(run(() => "never", { signal: AbortSignal.abort("before") })), "before");
  assertEquals(await run(() => "second"), "second");
  const controller = new AbortController();
  const third = outcomeOf(run(() => "third", { signal: controller.signal }));
  controller.abort("while it waited");
  assertEquals([await third, run.waiting], ["while it waited", 0]);
});

test("limit({ rate, concurrency }) keeps both limits", async () => {
  const run = limit({ concurrency: 1, rate: { limit: 3, interval: 50 } });
  let inside = 0, most = 0;
  const begin = performance.now();
  await Promise.all(Array.from({ length: 7 }, () =>
    run(async () => {
      most = Math.max(most, ++inside);
      await runTurns(1);
      inside--;
    })));
  assertEquals(most, 1);
  assert(performance.now() - begin >= 100);
});

test("limit({ rate, retry }): a retry starts before calls that have not started", async () => {
  const run = limit({ concurrency: 2, rate: { limit: 1, interval: 40 }, retry: retries(1) });
  const events: string[] = [];
  await Promise.all(["a", "b", "c"].map((name) =>
    run(({ attempt }) => {
      events.push(name + attempt);
      if (name === "a" && attempt === 1) throw new Error("again");
    })
  ));
  assertEquals(events, ["a1", "a2", "b1", "c1"]);
});

Deno.test("pooled() and limit() refuse a bad rate at the call", () => {
  assertThrows(() => pooled([], () => 1, { rate: { limit: 0, interval: 1 } }), RangeError, "`rate.limit` is 0");
  assertThrows(() => limit({ rate: { limit: 1, interval: -1 } }), RangeError, "`rate.interval` is -1");
});
