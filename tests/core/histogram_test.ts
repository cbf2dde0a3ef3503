import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Histogram } from "../../lib/core/histogram.ts";

const of = (...durations: number[]) => {
  const histogram = new Histogram();
  for (const ms of durations) histogram.add(ms);
  return histogram.distribution();
};

Deno.test("an empty Histogram has only zeros", () => {
  assertEquals(of(), { count: 0, min: 0, max: 0, mean: 0, p50: 0, p90: 0, p99: 0 });
});

Deno.test("with one duration, every figure of a Histogram is that duration", () => {
  for (const ms of [0, 1e-5, 1e-4, 0.3, 1, 17, 1e6, 1e12]) {
    assertEquals(of(ms), { count: 1, min: ms, max: ms, mean: ms, p50: ms, p90: ms, p99: ms });
  }
});

Deno.test("Histogram has exact count, min, max and mean, and percentiles at most a quarter too high", () => {
  const durations = Array.from({ length: 1_000 }, (_, n) => (n * 7919) % 1_000 + 1);
  const { count, min, max, mean, p50, p90, p99 } = of(...durations);
  assertEquals([count, min, max, mean], [1_000, 1, 1_000, 500.5]);
  for (const [got, exact] of [[p50, 500], [p90, 900], [p99, 990]]) {
    assert(got >= exact && got <= 1.25 * exact, `${got} for ${exact}`);
  }
});

Deno.test("Histogram has right percentiles at every scale, from 200 ns to a day", () => {
  for (let ms = 2e-4; ms < 86_400_000; ms *= 3) {
    const { p50, p99 } = of(...Array.from({ length: 99 }, () => ms), ms * 10);
    assert(p50 >= ms * 0.999 && p50 <= ms * 1.251, `${p50} for ${ms}`);
    assert(p99 >= ms * 0.999 && p99 <= ms * 1.251, `${p99} for ${ms}`);
  }
});

Deno.test("Histogram counts beyond its last bucket, and no figure exceeds the longest duration", () => {
  const { max, p99, count } = of(1e12, 1e13, 1e14);
  assertEquals([count, max], [3, 1e14]);
  assert(p99 <= 1e14 && p99 >= 1e8, String(p99));
});

Deno.test("Histogram.add() with a count adds that many durations", () => {
  const histogram = new Histogram();
  histogram.add(2, 90);
  histogram.add(100, 10);
  const { count, mean, p50, p90, p99 } = histogram.distribution();
  assertEquals(count, 100);
  assertAlmostEquals(mean, 11.8);
  assert(p50 >= 2 && p50 <= 2.5 && p90 >= 2 && p90 <= 2.5, `${p50} ${p90}`);
  assertEquals(p99, 100);
});

Deno.test("the figures of a Histogram are in order for random durations", () => {
  let seed = 7;
  for (let round = 0; round < 200; round++) {
    const durations = Array.from({ length: 1 + round % 20 }, () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return 10 ** (seed / 2 ** 31 * 14 - 6);
    });
    const { min, p50, p90, p99, max, mean } = of(...durations);
    assert(min <= p50 && p50 <= p90 && p90 <= p99 && p99 <= max, `${[min, p50, p90, p99, max]}`);
    assert(min <= mean * (1 + 1e-12) && mean <= max * (1 + 1e-12), `${[min, mean, max]}`);
  }
});

Deno.test("Histogram.distribution() is a snapshot", () => {
  const histogram = new Histogram();
  histogram.add(1);
  const before = histogram.distribution();
  histogram.add(100);
  assertEquals([before.count, before.max, histogram.distribution().count], [1, 1, 2]);
});
