/**
 * `EndLimit` (lib/transport/end_limit.ts has the reasons). A stopped worker has `LIMIT` ms to end, and 2 ms more for each
 * pair of workers that end at the same time. After each end of another worker that was stopped before it or with it, it has
 * at least 2 s and the same allowance.
 */
import { assertEquals } from "@std/assert";
import { testWithClock } from "../scheduler/manual_clock.ts";

const LIMIT = 500;

let modules = 0;

/** Loads the class anew: what it knows of other workers starts with nothing. */
async function load(): Promise<typeof import("../../lib/transport/end_limit.ts").EndLimit> {
  return (await import(`../../lib/transport/end_limit.ts?${++modules}`)).EndLimit;
}

/** Limits of workers that are stopped now, and the indexes of those whose time was up. */
function stopped(EndLimit: Awaited<ReturnType<typeof load>>, count: number) {
  const abandoned: number[] = [];
  const limits = Array.from({ length: count }, (_, i) => new EndLimit(LIMIT, () => void abandoned.push(i)));
  for (const limit of limits) limit.start();
  return { limits, abandoned };
}

testWithClock("EndLimit: a worker that does not end is abandoned, one that ends is not", async (clock) => {
  const EndLimit = await load();
  const { abandoned } = stopped(EndLimit, 1);
  await clock.advance(LIMIT - 1);
  assertEquals(abandoned, []);
  await clock.advance(1);
  assertEquals(abandoned, [0]);
  const { limits: [ends], abandoned: none } = stopped(EndLimit, 1);
  await clock.advance(100);
  ends.stop(true);
  await clock.advance(LIMIT);
  assertEquals(none, []);
});

testWithClock(
  "EndLimit: of 150 workers the first ends after 20 s, the others 20 s later: none is abandoned",
  async (clock) => {
    const EndLimit = await load();
    const { limits, abandoned } = stopped(EndLimit, 150);
    await clock.advance(20_000);
    limits[0].stop(true);
    await clock.advance(20_000);
    for (const limit of limits) limit.stop(true);
    assertEquals(abandoned, []);
  },
);

testWithClock("EndLimit: two workers that do not end are abandoned as soon as one", async (clock) => {
  const EndLimit = await load();
  const { abandoned } = stopped(EndLimit, 2);
  await clock.advance(LIMIT + 10);
  assertEquals(abandoned, [0, 1]);
});

testWithClock("EndLimit: workers that end while they were only asked count as well", async (clock) => {
  const EndLimit = await load();
  const abandoned: number[] = [];
  const limits = Array.from({ length: 101 }, () => new EndLimit(LIMIT, () => void abandoned.push(0)));
  for (const limit of limits) limit.endRequested();
  for (const limit of limits.slice(1)) limit.stop(true);
  await clock.advance(10_000);
  limits[0].start();
  // 2 ms for each of the 100 x 100 pairs.
  await clock.advance(10_000);
  assertEquals(abandoned, []);
  await clock.advance(10_500);
  assertEquals(abandoned, [0]);
});

testWithClock("EndLimit: 100 workers that end one after another, in 20 s, are not abandoned", async (clock) => {
  const EndLimit = await load();
  const { limits, abandoned } = stopped(EndLimit, 100);
  for (const limit of limits) {
    await clock.advance(200);
    limit.stop(true);
  }
  assertEquals(abandoned, []);
});

testWithClock(
  "EndLimit: 60 workers whose stops take long are not abandoned if they end one after another",
  async (clock) => {
    const EndLimit = await load();
    const abandoned: number[] = [];
    const limits = Array.from({ length: 60 }, (_, i) => new EndLimit(LIMIT, () => void abandoned.push(i)));
    for (const limit of limits) {
      limit.start();
      clock.passInTurn(20);
    }
    // The first one is the last to end.
    for (const limit of limits.toReversed()) {
      await clock.advance(200);
      limit.stop(true);
    }
    assertEquals(abandoned, []);
  },
);

testWithClock("EndLimit: one of 20 workers that does not end is abandoned 3 s after the others", async (clock) => {
  const EndLimit = await load();
  const { limits, abandoned } = stopped(EndLimit, 20);
  for (const limit of limits.slice(1)) {
    await clock.advance(100);
    limit.stop(true);
  }
  await clock.advance(2_000);
  assertEquals(abandoned, []);
  await clock.advance(1_000);
  assertEquals(abandoned, [0]);
});

testWithClock("EndLimit: a worker does not wait for workers that were stopped later", async (clock) => {
  const EndLimit = await load();
  const { abandoned } = stopped(EndLimit, 1);
  for (let n = 0; n < 5; n++) {
    await clock.advance(80);
    const { limits: [later] } = stopped(EndLimit, 1);
    await clock.advance(20);
    later.stop(true);
  }
  await clock.advance(10);
  assertEquals(abandoned, [0]);
});

testWithClock("EndLimit: an end that arrives after a blocked event loop is not too late", async (clock) => {
  const EndLimit = await load();
  const { limits, abandoned } = stopped(EndLimit, 1);
  await clock.standStill(2_000);
  limits[0].stop(true);
  await clock.advance(5_000);
  assertEquals(abandoned, []);
});
