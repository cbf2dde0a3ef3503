import { assert, assertEquals, assertRejects } from "@std/assert";
import { inline, Pool, tune, type TuneOptions } from "@isopool/isopool";
import { test } from "../support/within.ts";

/** Work that `capacity` can do at a time, and that fails beyond that with `status`. */
function service(capacity: number, ms: number, status = 503): () => Promise<void> {
  let active = 0;
  return async () => {
    if (active >= capacity) throw Object.assign(new Error("busy"), { status });
    active++;
    await new Promise((resolve) => setTimeout(resolve, ms));
    active--;
  };
}

test("tune() finds the knee, stops when calls fail, and draws the curve", async () => {
  const tuning = await tune(service(8, 10), { concurrencies: [1, 2, 4, 8, 16, 32], duration: 300 });
  assertEquals([tuning.best, tuning.points.map(({ concurrency }) => concurrency)], [8, [1, 2, 4, 8, 16]]);
  for (const { concurrency, perSecond, p50, failed } of tuning.points.slice(0, 4)) {
    assertEquals(failed, 0);
    assert(p50 >= 9, `a call takes ${p50} ms`);
    assert(perSecond > 0 && perSecond <= concurrency * 110, `${perSecond} a second at ${concurrency}`);
  }
  assert(tuning.points[4].failed > 0);
  const lines = `${tuning}`.split("\n");
  assertEquals([lines.length, lines.findIndex((line) => line.endsWith("<- best"))], [5, 3]);
});

test("tune() takes concurrencies in any order: the lowest good one is best, and none above an overload is tried", async () => {
  const atMost = (max: number) => {
    let active = 0;
    return async () => {
      const isBusy = ++active > max;
      await new Promise((resolve) => setTimeout(resolve, 10));
      active--;
      return { status: isBusy ? 503 : 200 };
    };
  };
  const falling = await tune(atMost(4), { concurrencies: [16, 8, 4, 1], duration: 300 });
  assertEquals([falling.best, falling.points.map(({ concurrency }) => concurrency)], [4, [16, 8, 4, 1]]);
  const mixed = await tune(atMost(4), { concurrencies: [1, 16, 32, 4, 64, 2], duration: 300 });
  assertEquals([mixed.best, mixed.points.map(({ concurrency }) => concurrency)], [4, [1, 16, 4, 2]]);
  // Four at a time are not faster than one: the lower one is better, though it was measured later.
  let line = Promise.resolve();
  const queued = () => line = line.then(() => new Promise<void>((resolve) => setTimeout(resolve, 5)));
  const flat = await tune(queued, { concurrencies: [4, 1], duration: 600 });
  assertEquals(flat.best, 1, `${flat}`);
});

test("tune() counts a status of 503 as failed, and passes an index to each call", async () => {
  const seen = new Set<number>();
  const answer = ({ index }: { index: number }) => {
    assert(!seen.has(index));
    seen.add(index);
    return new Response(null, { status: 503 });
  };
  const error = await assertRejects(
    () => tune(answer, { concurrencies: [1, 2], duration: 5 }),
    AggregateError,
    "every concurrency",
  );
  assertEquals(error.errors.length, 2);
});

test("tune() rejects with the signal's reason when all calls have ended", async () => {
  const controller = new AbortController();
  let active = 0;
  const reason = new Error("enough");
  const error = await assertRejects(() =>
    tune(async () => {
      active++;
      if (active === 2) controller.abort(reason);
      await new Promise((resolve) => setTimeout(resolve, 5));
      active--;
    }, { concurrencies: [2, 4], duration: 60_000, signal: controller.signal })
  );
  assertEquals([error, active], [reason, 0]);
});

test("tune() measures a pool", async () => {
  await using pool = new Pool(2);
  const sleep = inline((ms: number) => new Promise((resolve) => setTimeout(resolve, ms)));
  const { best } = await tune(() => pool.submit(sleep, 60), { concurrencies: [1, 2, 8], duration: 600 });
  // With eight, two run at a time as well.
  assert(best >= 2, `${best}`);
});

test("tune() refuses bad options at the call", async () => {
  const all: [unknown, string][] = [
    [{ concurrencies: [] }, "`concurrencies` is an array"],
    [{ concurrencies: [1, 0] }, "`concurrencies[1]` is 0"],
    [{ duration: -1 }, "`duration` is -1"],
    [{ steps: 3 }, "steps"],
  ];
  for (const [options, message] of all) {
    await assertRejects(() => tune(() => 1, options as TuneOptions), Error, message);
  }
});
