import { assertEquals } from "@std/assert";
import { EndLimit } from "../../lib/transport/end_limit.ts";
import { testWithClock } from "../scheduler/hand_clock.ts";

const LIMIT = 500;

/** Limits of workers that are stopped now, and the indexes of those whose time was up. */
function stopped(count: number) {
  const abandoned: number[] = [];
  const limits = Array.from({ length: count }, (_, i) => new EndLimit(LIMIT, () => void abandoned.push(i)));
  for (const limit of limits) limit.start();
  return { limits, abandoned };
}

testWithClock("EndLimit: a worker that does not end is abandoned, one that ends is not", async (clock) => {
  const { abandoned } = stopped(1);
  await clock.advance(LIMIT - 1);
  assertEquals(abandoned, []);
  await clock.advance(1);
  assertEquals(abandoned, [0]);
  const { limits: [ends], abandoned: none } = stopped(1);
  await clock.advance(100);
  ends.stop(true);
  await clock.advance(LIMIT);
  assertEquals(none, []);
});

testWithClock("EndLimit: 100 workers that end one after another, in 20 s, are not abandoned", async (clock) => {
  const { limits, abandoned } = stopped(100);
  for (const limit of limits) {
    await clock.advance(200);
    limit.stop(true);
  }
  assertEquals(abandoned, []);
});

testWithClock("EndLimit: one of 20 workers that does not end is abandoned 2 s after the others", async (clock) => {
  const { limits, abandoned } = stopped(20);
  for (const limit of limits.slice(1)) {
    await clock.advance(100);
    limit.stop(true);
  }
  await clock.advance(1_999);
  assertEquals(abandoned, []);
  await clock.advance(1);
  assertEquals(abandoned, [0]);
});

testWithClock("EndLimit: a worker does not wait for workers that were stopped later", async (clock) => {
  const { abandoned } = stopped(1);
  for (let n = 0; n < 5; n++) {
    await clock.advance(80);
    const { limits: [later] } = stopped(1);
    await clock.advance(20);
    later.stop(true);
  }
  await clock.advance(1);
  assertEquals(abandoned, [0]);
});

testWithClock("EndLimit: however many others end, a worker is abandoned after 30 s", async (clock) => {
  const { limits, abandoned } = stopped(40);
  let seconds = 0;
  await clock.advance(100);
  limits[1].stop(true);
  for (const limit of limits.slice(2)) {
    await clock.advance(1_000);
    seconds++;
    limit.stop(true);
    if (abandoned.length > 0) break;
  }
  assertEquals(abandoned[0], 0);
  assertEquals(seconds >= 30 && seconds <= 32, true, `${seconds} s`);
  for (const limit of limits) limit.stop(false);
});

testWithClock("EndLimit: an end that arrives after a blocked event loop is not too late", async (clock) => {
  const { limits, abandoned } = stopped(1);
  await clock.standStill(2_000);
  limits[0].stop(true);
  await clock.advance(5_000);
  assertEquals(abandoned, []);
});
