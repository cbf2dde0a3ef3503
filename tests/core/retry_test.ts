import { assert, assertEquals, assertThrows } from "@std/assert";
import { CancelledError, TaskLoadError, TaskNotFoundError, TaskTimeoutError, TransferError } from "@isopool/isopool";
import { type RetryOptions, retryPolicy } from "../../lib/core/retry.ts";

function delays(options: RetryOptions, count = 6): number[] {
  const policy = retryPolicy("test", options)!;
  return Array.from({ length: count }, (_, i) => policy.delay(i + 1));
}

Deno.test("retryPolicy() returns undefined without retries", () => {
  assertEquals([retryPolicy("t", undefined), retryPolicy("t", 0)], [undefined, undefined]);
});

Deno.test("retryPolicy() takes a number as the retries after the first attempt, without waits", () => {
  const policy = retryPolicy("t", 3)!;
  assertEquals([policy.maxAttempts, policy.delay(1), policy.delay(3)], [4, 0, 0]);
});

Deno.test("retryPolicy() has five attempts and no wait by default", () => {
  const policy = retryPolicy("t", {})!;
  assertEquals(policy.maxAttempts, 5);
  assertEquals(delays({}, 4), [0, 0, 0, 0]);
});

Deno.test("retryPolicy() takes a default wait, which is at most maxTimeout", () => {
  const firstWait = (options: number | RetryOptions) => retryPolicy("t", options, false, 1_000)!.minTimeout;
  assertEquals([firstWait(2), firstWait({}), firstWait({ maxTimeout: 50 })], [1_000, 1_000, 50]);
  assertEquals([firstWait({ minTimeout: 0 }), firstWait({ minTimeout: 2_000 })], [0, 2_000]);
});

Deno.test("delay() without jitter grows by the multiplier up to maxTimeout", () => {
  assertEquals(delays({ minTimeout: 100, maxTimeout: 1_000, jitter: 0 }), [100, 200, 400, 800, 1_000, 1_000]);
  assertEquals(delays({ minTimeout: 100, multiplier: 1, jitter: 0 }, 3), [100, 100, 100]);
  assertEquals(delays({ minTimeout: 10, multiplier: 3, jitter: 0 }, 4), [10, 30, 90, 270]);
});

Deno.test("delay() with jitter stays between its share and the whole", () => {
  for (const jitter of [0.25, 0.5, 1]) {
    const policy = retryPolicy("t", { minTimeout: 100, maxTimeout: 10_000, jitter })!;
    const seen = new Set<number>();
    for (let round = 0; round < 500; round++) {
      for (const [attempt, full] of [[1, 100], [3, 400], [20, 10_000]]) {
        const wait = policy.delay(attempt);
        assert(wait >= full * (1 - jitter) && wait <= full, `jitter ${jitter}, attempt ${attempt}: ${wait}`);
        seen.add(wait);
      }
    }
    assert(seen.size > 100, "the waits are not random");
  }
});

Deno.test("delay() is a number after any number of attempts", () => {
  for (const options of [{}, { minTimeout: 0, jitter: 0 }, { minTimeout: 5, maxTimeout: 50, jitter: 0 }]) {
    const policy = retryPolicy("t", options)!;
    for (const attempt of [1, 100, 1_024, 1_025, 5_000]) {
      const wait = policy.delay(attempt);
      assert(wait >= 0 && wait <= 50, `attempt ${attempt}: ${wait}`);
    }
  }
});

Deno.test("isRetriable() is false for an error that another attempt would repeat", () => {
  const final = [
    new TaskNotFoundError("m", { url: "u", task: "t", exports: [] }),
    new TaskLoadError("m", { url: "u" }),
    new TransferError("m", { direction: "argument", path: "p" }),
    new CancelledError("m"),
  ];
  let asked = 0;
  for (const policy of [retryPolicy("t", 1)!, retryPolicy("t", { isRetriable: () => ++asked > 0 })!]) {
    for (const error of final) assertEquals(policy.isRetriable(error), false);
    for (const error of [new Error("e"), new TaskTimeoutError("m", { timeout: 1 }), "text", undefined]) {
      assertEquals(policy.isRetriable(error), true);
    }
  }
  assertEquals(asked, 4);
});

Deno.test("isRetriable() calls the option with the error, and passes on what it throws", () => {
  const policy = retryPolicy("t", { isRetriable: (error) => error === "again" })!;
  assertEquals([policy.isRetriable("again"), policy.isRetriable("stop")], [true, false]);
  const angry = retryPolicy("t", {
    isRetriable() {
      throw new RangeError("mine");
    },
  })!;
  assertThrows(() => angry.isRetriable("x"), RangeError, "mine");
});

// deno-lint-ignore no-explicit-any -- what a caller without types can pass
const bad: [any, typeof TypeError | typeof RangeError, string][] = [
  [-1, RangeError, "Cannot test: `retry` is -1: it takes an integer of at least 0"],
  [1.5, RangeError, "`retry` is 1.5"],
  [Infinity, RangeError, "`retry` is Infinity"],
  [NaN, RangeError, "`retry` is NaN"],
  ["3", TypeError, '"3"'],
  [null, TypeError, "null"],
  [{ attempts: 3 }, TypeError, "unknown option `attempts`: did you mean `maxAttempts`? The options are maxAttempts"],
  [{ maxAttempts: 0 }, RangeError, "`retry.maxAttempts` is 0"],
  [{ maxAttempts: "3" }, TypeError, '`retry.maxAttempts` is "3"'],
  [{ minTimeout: -1 }, RangeError, "`retry.minTimeout` is -1"],
  [{ minTimeout: NaN }, RangeError, "`retry.minTimeout` is NaN"],
  [{ minTimeout: 10, maxTimeout: 5 }, RangeError, "`retry.maxTimeout` is 5: it takes a number from 10 to"],
  [{ maxTimeout: Infinity }, RangeError, "`retry.maxTimeout` is Infinity"],
  [{ multiplier: 0.5 }, RangeError, "`retry.multiplier` is 0.5"],
  [{ jitter: 1.1 }, RangeError, "`retry.jitter` is 1.1: it takes a number from 0 to 1"],
  [{ jitter: "full" }, TypeError, '`retry.jitter` is "full"'],
  [{ isRetriable: true }, TypeError, "`retry.isRetriable` is true: it takes a function"],
];
for (const [retry, error, message] of bad) {
  Deno.test(`retryPolicy() refuses ${typeof retry === "object" ? JSON.stringify(retry) : String(retry)}`, () => {
    assertThrows(() => retryPolicy("test", retry), error, message);
  });
}
