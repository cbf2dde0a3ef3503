import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { RetryError } from "@std/async/retry";
import { CancelledError, inline, limit, Pool, pooled, TaskTimeoutError } from "@isopool/isopool";
import { expectError } from "../support/expect.ts";
import { test, timed, until } from "../support/within.ts";
import { outcomeOf, readAll, retries, runTurns, untilAborted } from "./kit.ts";

const NEVER = new Promise<never>(() => {});

test("pooled({ retry: 2 }) makes two more attempts, and fn gets the number of the attempt", async () => {
  const attempts: [string, number, number][] = [];
  const results = pooled(["a", "b"], (item, { attempt, index }) => {
    attempts.push([item, index, attempt]);
    if (attempt < 3) throw new Error(`attempt ${attempt}`);
    return item + attempt;
  }, { retry: retries(2), concurrency: 1 });
  assertEquals(await results, ["a3", "b3"]);
  assertEquals(attempts, [["a", 0, 1], ["a", 0, 2], ["a", 0, 3], ["b", 1, 1], ["b", 1, 2], ["b", 1, 3]]);
});

test("pooled({ retry }): after the last attempt, fn's own last error arrives, not wrapped", async () => {
  for (const thrown of [new Error("mine"), new RetryError(new Error("inner"), 3), undefined, NaN, "text", null]) {
    let calls = 0;
    const { error } = await timed(pooled([1], () => {
      calls++;
      throw thrown;
    }, { retry: retries(1) }));
    assertStrictEquals(error, thrown);
    assertEquals(calls, 2);
  }
});

test("pooled({ retry: { isRetriable } }): an error that is not retriable arrives at once, a RetryError of std too", async () => {
  const asked: unknown[] = [];
  for (const thrown of [new Error("no"), new RetryError("inner", 1)]) {
    const isRetriable = (error: unknown) => (asked.push(error), false);
    assertStrictEquals(await outcomeOf(pooled([1], () => Promise.reject(thrown), { retry: { isRetriable } })), thrown);
    assertStrictEquals(asked.pop(), thrown);
  }
  assertEquals(asked, []);
});

test("pooled({ retry }): the item fails with what isRetriable throws", async () => {
  const mine = new RangeError("mine");
  const error = await outcomeOf(
    pooled([1], () => Promise.reject(new Error("x")), {
      retry: {
        isRetriable() {
          throw mine;
        },
      },
    }),
  );
  assertStrictEquals(error, mine);
});

test("pooled({ retry }): a CancelledError is not retried", async () => {
  let calls = 0;
  const cancelled = new CancelledError("gone");
  assertStrictEquals(
    await outcomeOf(pooled([1], () => (calls++, Promise.reject(cancelled)), { retry: retries(5) })),
    cancelled,
  );
  assertEquals(calls, 1);
});

test("pooled({ retry }): the wait between attempts grows", async () => {
  const at: number[] = [];
  await pooled([1], () => {
    at.push(performance.now());
    if (at.length < 4) throw new Error("again");
  }, { retry: { maxAttempts: 4, minTimeout: 40, multiplier: 2, jitter: 0 } });
  const waits = at.slice(1).map((time, i) => time - at[i]);
  for (const [i, least] of [40, 80, 160].entries()) assert(waits[i] >= least - 2, `wait ${i} was ${waits[i]} ms`);
});

test("pooled({ retry: { minTimeout: 0, maxTimeout: 0 } }) does not wait", async () => {
  const retry = { maxAttempts: 3, minTimeout: 0, maxTimeout: 0 };
  assertEquals(await pooled([1], (_, { attempt }) => attempt < 3 ? Promise.reject("x") : attempt, { retry }), [3]);
});

test("pooled({ retry, timeout }): each attempt has the whole timeout and its own signal", async () => {
  const signals: AbortSignal[] = [];
  const results = pooled([1], (_, { signal, attempt }) => {
    signals.push(signal);
    return attempt < 3 ? untilAborted(signal) : attempt;
  }, { timeout: 30, retry: retries(2) });
  assertEquals(await results, [3]);
  assertEquals(signals.map((signal) => signal.aborted), [true, true, false]);
  assert(signals[0].reason instanceof TaskTimeoutError);
  assert(signals[0] !== signals[1]);
});

test("pooled({ retry, timeout }): the next attempt starts when the last one has ended, or after the grace time", async () => {
  let inside = 0, most = 0;
  assertEquals(
    await pooled([1], async (_, { signal, attempt }) => {
      most = Math.max(most, ++inside);
      if (attempt === 1) {
        await outcomeOf(untilAborted(signal));
        await runTurns(5);
      }
      inside--;
      return attempt;
    }, { timeout: 30, retry: retries(1) }),
    [2],
  );
  assertEquals(most, 1);
  const stuck = pooled([1], (_, { attempt }) => attempt === 1 ? NEVER : attempt, { timeout: 20, retry: retries(1) });
  assertEquals(await outcomeOf(stuck), [2]);
});

test("pooled({ retry }): an item keeps its permit while it waits for its next attempt", async () => {
  const events: string[] = [];
  await pooled([1, 2], (n, { attempt }) => {
    events.push(`${n}.${attempt}`);
    if (n === 1 && attempt === 1) throw new Error("again");
  }, { concurrency: 1, retry: { maxAttempts: 2, minTimeout: 30, jitter: 0 } });
  assertEquals(events, ["1.1", "1.2", "2.1"]);
});

test("pooled({ retry, signal }): an abort during the wait ends it at once, with the signal's own reason", async () => {
  const controller = new AbortController();
  const reason = { mine: true };
  let calls = 0;
  const outcome = outcomeOf(
    pooled([1], () => (calls++, Promise.reject(new Error("again"))), {
      signal: controller.signal,
      retry: { maxAttempts: 2, minTimeout: 60_000, jitter: 0 },
    }),
  );
  await until(() => calls === 1, "the first attempt");
  await runTurns();
  controller.abort(reason);
  assertStrictEquals(await outcome, reason);
  assertEquals(calls, 1);
});

test("pooled({ retry }): an attempt that fails because the map was cancelled is not retried", async () => {
  const boom = new Error("boom");
  let stopped = 0, asked = 0;
  const error = await outcomeOf(pooled([0, 1], async (n, { signal }) => {
    if (n === 0) throw boom;
    stopped++;
    return await untilAborted(signal);
  }, { retry: { maxAttempts: 3, isRetriable: (error) => (asked++, error !== boom) } }));
  assertStrictEquals(error, boom);
  assertEquals([stopped, asked], [1, 1]);
});

test('pooled({ retry, onError: "settle" }): only an item whose last attempt fails is a failure', async () => {
  const { seen } = await readAll(
    pooled([0, 1, 2], (n, { attempt }) => attempt <= n ? Promise.reject(n) : attempt, {
      retry: retries(1),
      onError: "settle",
    }),
  );
  assertEquals(seen, [
    { status: "fulfilled", value: 1, index: 0 },
    { status: "fulfilled", value: 2, index: 1 },
    { status: "rejected", reason: 2, index: 2, item: 2 },
  ]);
});

test("limit({ retry }) retries a call, which keeps its permit", async () => {
  const run = limit({ concurrency: 1, retry: retries(2) });
  const first = run(({ attempt }) => attempt < 3 ? Promise.reject(new Error("again")) : attempt);
  const second = run(() => "second");
  assertEquals([run.active, run.waiting], [1, 1]);
  assertEquals(await Promise.all([first, second]), [3, "second"]);
  const boom = new Error("boom");
  assertStrictEquals(await outcomeOf(run(() => Promise.reject(boom))), boom);
});

Deno.test("pooled() and limit() refuse a bad retry at the call", () => {
  assertThrows(() => pooled([], () => 1, { retry: -1 }), RangeError, "`retry` is -1");
  assertThrows(() => limit({ retry: { jitter: 2 } }), RangeError, "`retry.jitter` is 2");
});

test("pooled() and limit() wait between attempts as @std/async/retry does: up to 1 s, then up to 2 s", async () => {
  const random = Math.random;
  // No jitter: the whole wait, cut to 30 and 60 ms by `maxTimeout`.
  Math.random = () => 0;
  try {
    for (const maxTimeout of [30, 60]) {
      const start = performance.now();
      const retry = { maxAttempts: 2, maxTimeout };
      await outcomeOf(pooled([1], () => Promise.reject("x"), { retry }));
      await outcomeOf(limit({ retry })(() => Promise.reject("x")));
      const ms = performance.now() - start;
      assert(ms >= 2 * maxTimeout - 2, `two waits took ${ms} ms`);
    }
    const { ms } = await timed(outcomeOf(pooled([1], () => Promise.reject("x"), { retry: 2 })));
    assert(ms >= 2_990, `the waits of 1 s and 2 s took ${ms} ms`);
  } finally {
    Math.random = random;
  }
}, { deadline: 40_000 });

for (const backend of ["worker", "async"] as const) {
  test(`${backend}: the next attempt of a task starts at once if its policy sets no wait: four within 900 ms`, async () => {
    const random = Math.random;
    Math.random = () => 0;
    try {
      await using pool = new Pool({ workers: 1, backend });
      const fails = inline(() => {
        throw new RangeError("no");
      });
      expectError(await outcomeOf(pool.submit(fails)), RangeError);
      const { ms, value } = await timed(outcomeOf(pool.submit(fails.with({ retry: 3 }))));
      expectError(value, RangeError);
      assert(ms < 900, `four attempts took ${ms} ms`);
    } finally {
      Math.random = random;
    }
  });
}
