import { assert, assertEquals, assertThrows } from "@std/assert";
import { RateLimiter, type RateOptions, rateOptions } from "../../lib/core/rate.ts";
import { random } from "../support/random.ts";

/** When each of `asks` starts: each asks at its time, at the earliest when the one before has started. */
function starts(options: Required<RateOptions>, asks: number[]): number[] {
  const limiter = new RateLimiter(options);
  const found: number[] = [];
  let now = 0;
  for (const ask of asks) {
    now = Math.max(now, ask);
    for (let wait = limiter.take(now); wait > 0; wait = limiter.take(now)) now += wait;
    found.push(now);
  }
  return found;
}

/** Random times in bursts and pauses, in order. */
function arrivals(next: () => number, count: number, interval: number): number[] {
  const found: number[] = [];
  let now = 0;
  for (let i = 0; i < count; i++) {
    if (next() < 0.3) now += next() * interval * (next() < 0.2 ? 5 : 1);
    found.push(now);
  }
  return found;
}

Deno.test("RateLimiter, fixed window, gives `limit` starts at once, and the next at the end of the window", () => {
  const asks = [0, 0, 0, 4, 9, 30, 39, 39];
  assertEquals(starts({ limit: 2, interval: 10, strict: false }, asks), [0, 0, 10, 10, 20, 30, 39, 40]);
});

Deno.test("RateLimiter, strict, gives a start one interval after the start `limit` before it", () => {
  const asks = [0, 1, 2, 3, 4, 30, 39, 39];
  assertEquals(starts({ limit: 2, interval: 10, strict: true }, asks), [0, 1, 10, 11, 20, 30, 39, 40]);
});

Deno.test("RateLimiter.take() that is refused counts nothing, and returns exactly how long to wait", () => {
  for (const strict of [false, true]) {
    const limiter = new RateLimiter({ limit: 1, interval: 100, strict });
    assertEquals([limiter.take(7), limiter.take(7), limiter.take(50), limiter.take(106)], [0, 100, 57, 1]);
    assertEquals([limiter.take(107), limiter.take(108)], [0, 99]);
  }
});

const SEEDS = Array.from({ length: 40 }, (_, n) => n + 1);

Deno.test("RateLimiter, strict, random arrivals: no interval has more than `limit` starts, and every wait is needed", () => {
  for (const seed of SEEDS) {
    const next = random(seed);
    const limit = 1 + Math.floor(next() * 7);
    const interval = 1 + Math.floor(next() * 500);
    const asks = arrivals(next, 400, interval);
    const found = starts({ limit, interval, strict: true }, asks);
    let waited = 0;
    for (let i = 0; i < found.length; i++) {
      const earliest = i < limit ? 0 : found[i - limit] + interval;
      assert(
        found[i] >= earliest - 1e-6,
        `seed ${seed}, start ${i} at ${found[i]} is less than ${interval} after start ${i - limit}`,
      );
      // It starts when it asks, or the moment the window allows, or with the one before it.
      const due = Math.max(asks[i], i === 0 ? 0 : found[i - 1], earliest);
      assert(found[i] <= due + 1e-6, `seed ${seed}, start ${i} at ${found[i]} could have been at ${due}`);
      if (found[i] > asks[i]) waited++;
    }
    assert(waited > 0, `seed ${seed}: the arrivals never met the limit`);
  }
});

Deno.test("RateLimiter, fixed window, random arrivals: no window has more than `limit` starts, and every wait is needed", () => {
  for (const seed of SEEDS) {
    const next = random(seed);
    const limit = 1 + Math.floor(next() * 7);
    const interval = 1 + Math.floor(next() * 500);
    const asks = arrivals(next, 400, interval);
    const found = starts({ limit, interval, strict: false }, asks);
    let window = -Infinity, count = 0;
    for (let i = 0; i < found.length; i++) {
      if (found[i] >= window + interval) {
        window = found[i];
        count = 0;
      }
      assert(++count <= limit, `seed ${seed}, start ${i}: ${count} starts in the window from ${window}`);
      const wanted = Math.max(asks[i], i === 0 ? 0 : found[i - 1]);
      const idle = found[i] > wanted;
      assert(
        !idle || Math.abs(found[i] - window) < 1e-6,
        `seed ${seed}, start ${i} waited to ${found[i]}, which opens no window`,
      );
      if (idle) {
        const before = found.slice(0, i).filter((start) => start >= found[i] - interval - 1e-6).length;
        assert(before >= limit, `seed ${seed}, start ${i} waited though its window had only ${before} starts`);
      }
    }
  }
});

Deno.test("rateOptions() checks each field", () => {
  assertEquals(rateOptions("call", undefined), undefined);
  assertEquals(rateOptions("call", { limit: 2, interval: 0.5 }), { limit: 2, interval: 0.5, strict: false });
  // deno-lint-ignore no-explicit-any -- what a caller without types can pass
  const cases: [any, typeof TypeError | typeof RangeError, string][] = [
    [5, TypeError, "`rate` is 5: it takes an object"],
    [null, TypeError, "`rate` is null"],
    [{}, TypeError, "Cannot call: `rate.limit` is undefined: it takes an integer of at least 1"],
    [{ limit: 0, interval: 1 }, RangeError, "`rate.limit` is 0"],
    [{ limit: Infinity, interval: 1 }, RangeError, "`rate.limit` is Infinity"],
    [{ limit: 1 }, TypeError, "`rate.interval` is undefined"],
    [{ limit: 1, interval: 0 }, RangeError, "`rate.interval` is 0: it takes milliseconds, more than 0"],
    [{ limit: 1, interval: NaN }, RangeError, "`rate.interval` is NaN"],
    [{ limit: 1, interval: 2 ** 31 }, RangeError, "`rate.interval` is 2147483648"],
    [{ limit: 1, interval: 1, strict: 1 }, TypeError, "`rate.strict` is 1"],
    [{ limit: 1, interval: 1, burst: 1 }, TypeError, "unknown option `burst`"],
  ];
  for (const [rate, error, message] of cases) assertThrows(() => rateOptions("call", rate), error, message);
});
