import { assert, assertEquals, assertRejects } from "@std/assert";
import { Collector } from "../../lib/future/collector.ts";
import type { OnErrorPlan } from "../../lib/future/failure_budget.ts";
import { UnobservedFailures } from "../../lib/future/unobserved_failures.ts";
import { turn, within } from "../support/within.ts";

function setUp(options: { ordered?: boolean; onError?: OnErrorPlan["onError"] } = {}) {
  const calls = { resumed: 0, stopped: [] as unknown[] };
  const collector = new Collector<unknown>({
    resume: () => void calls.resumed++,
    stop: (reason) => void calls.stopped.push(reason),
  }, { ordered: options.ordered ?? true, onError: options.onError ?? "throw" });
  return { collector, calls };
}

Deno.test("Collector: an ordered reader gets input order, in whatever order results arrive", async () => {
  for (const early of [true, false]) {
    const { collector } = setUp();
    const reading = early ? undefined : Array.fromAsync(collector.iterate());
    if (!early) await turn();
    for (const index of [3, 1, 0, 2]) {
      collector.fulfill(index, [index * 10]);
      await turn();
    }
    collector.end(4);
    assertEquals(await within(10_000, reading ?? Array.fromAsync(collector.iterate())), [0, 10, 20, 30]);
  }
});

Deno.test("Collector: an unordered reader gets arrival order, an awaiting one input order", async () => {
  for (const early of [true, false]) {
    const { collector } = setUp({ ordered: false });
    const reading = early ? undefined : Array.fromAsync(collector.iterate());
    for (const index of [2, 0, 1]) collector.fulfill(index, [index]);
    collector.end(3);
    assertEquals(await within(10_000, reading ?? Array.fromAsync(collector.iterate())), [2, 0, 1]);
  }
  const { collector } = setUp({ ordered: false });
  collector.fulfill(1, [1]);
  const all = collector.collect();
  for (const index of [2, 0]) collector.fulfill(index, [index]);
  collector.end(3);
  assertEquals(await within(10_000, all), [0, 1, 2]);
});

Deno.test("Collector counts unread results, and resumes its producer when reading begins and at each read", async () => {
  const { collector, calls } = setUp();
  for (let i = 0; i < 5; i++) collector.fulfill(i, [i]);
  assertEquals([collector.unread, collector.isCollecting], [5, false]);
  const iterator = collector.iterate();
  await iterator.next();
  await iterator.next();
  assertEquals([collector.unread, calls.resumed], [3, 3]);
  await iterator.return();
  assertEquals([collector.isStopped, calls.stopped.length], [true, 1]);
  assertEquals((calls.stopped[0] as DOMException).name, "AbortError");
});

Deno.test("Collector: awaiting makes room for all results and resumes its producer", async () => {
  const { collector, calls } = setUp();
  for (let i = 0; i < 5; i++) collector.fulfill(i, [i]);
  const all = collector.collect();
  assertEquals([collector.unread, collector.isCollecting, calls.resumed], [0, true, 1]);
  collector.end(5);
  assertEquals(await within(10_000, all), [0, 1, 2, 3, 4]);
});

for (const ordered of [true, false]) {
  Deno.test(`Collector, onError "throw", ordered: ${ordered}: a reader gets the results before the failure, then the failure`, async () => {
    const { collector, calls } = setUp({ ordered });
    const boom = new RangeError("boom");
    collector.fulfill(0, [0, 1]);
    collector.reject(2, boom, "item");
    collector.fulfill(3, [3]);
    const seen: unknown[] = [];
    await assertRejects(() =>
      within(
        10_000,
        (async () => {
          for await (const value of collector.iterate()) seen.push(value);
        })(),
      ), RangeError);
    assertEquals([seen, calls.stopped.length], [[0, 1], 1]);
  });
}

Deno.test('Collector, onError "throw": an awaiting reader gets the first failure in time, before or during the wait', async () => {
  for (const early of [true, false]) {
    const { collector, calls } = setUp();
    const settle = () => {
      collector.reject(3, "first in time", "item");
      collector.reject(1, "second", "item");
    };
    if (early) settle();
    const all = collector.collect();
    if (!early) settle();
    assertEquals(await within(10_000, all.catch((error) => error)) as unknown, "first in time");
    assertEquals(calls.stopped, ["first in time"]);
  }
});

Deno.test('Collector, onError "settle": each item has its outcome at its index', async () => {
  const { collector } = setUp({ onError: "settle" });
  collector.reject(1, "r", "item");
  collector.fulfill(0, ["v"]);
  collector.end(2);
  assertEquals(await collector.collect(), [{ status: "fulfilled", value: "v", index: 0 }, {
    status: "rejected",
    item: "item",
    reason: "r",
    index: 1,
  }]);
});

Deno.test('Collector, onError "aggregate": a reader gets the results, then all failures in input order', async () => {
  for (const mode of ["collect", "iterate"]) {
    const { collector, calls } = setUp({ onError: "aggregate" });
    for (const index of [5, 0, 4, 2, 1, 3]) {
      if (index % 2 === 0) collector.fulfill(index, [index]);
      else collector.reject(index, index, "item");
    }
    collector.end(6);
    const seen: unknown[] = [];
    const error = await within(
      10_000,
      (async () => {
        if (mode === "collect") await collector.collect();
        for await (const value of collector.iterate()) seen.push(value);
      })().catch((thrown) => thrown),
    ) as unknown as AggregateError;
    assert(error instanceof AggregateError);
    assertEquals([error.errors, error.message], [[1, 3, 5], "3 (of 6) items failed"]);
    if (mode === "iterate") assertEquals([seen, calls.resumed], [[0, 2, 4], 7]);
  }
});

Deno.test("Collector.fail() ends a waiting reader, once, and drops later results", async () => {
  for (const mode of ["collect", "iterate"] as const) {
    const { collector, calls } = setUp();
    const reading = mode === "collect" ? collector.collect() : Array.fromAsync(collector.iterate());
    await turn();
    collector.fail("first");
    collector.fail("second");
    collector.fulfill(0, [0]);
    assertEquals(await within(10_000, reading.catch((error) => error)) as unknown, "first");
    assertEquals([calls.stopped, collector.isStopped], [["first"], true]);
  }
});

Deno.test("Collector.end(0) ends an empty map", async () => {
  for (const early of [true, false]) {
    const { collector } = setUp();
    if (early) collector.end(0);
    const reading = Array.fromAsync(collector.iterate());
    if (!early) collector.end(0);
    assertEquals(await within(10_000, reading), []);
  }
});

Deno.test("Collector: `undefined` is a result like any other", async () => {
  const { collector } = setUp();
  for (let i = 0; i < 3; i++) collector.fulfill(i, [undefined]);
  collector.end(3);
  assertEquals(await within(10_000, Array.fromAsync(collector.iterate())), [undefined, undefined, undefined]);
});

Deno.test("Collector.close() keeps an unread failure until it is read; a cancellation is no failure", async () => {
  const cases: [number, (collector: ReturnType<typeof setUp>["collector"]) => void][] = [
    [1, (collector) => collector.reject(0, "failed", "item")],
    [1, (collector) => collector.fail("failed as a whole")],
    [0, (collector) => collector.reject(0, "cancelled", "item", true)],
    [0, (collector) => collector.fail("cancelled as a whole", true)],
    [1, (collector) => (collector.reject(0, "failed", "item"), collector.fail("then cancelled", true))],
  ];
  for (const [expected, end] of cases) {
    const { collector } = setUp();
    const failures = new UnobservedFailures();
    end(collector);
    collector.close(failures, "a map");
    assertEquals(failures.count, expected);
    await collector.collect().catch(() => {});
    assertEquals(failures.count, 0);
  }
});

const STREAM = `
import { Collector } from ${JSON.stringify(import.meta.resolve("../../lib/future/collector.ts"))};
for (const ordered of [true, false]) {
  const collector = new Collector({ resume() {}, stop() {} }, { ordered, onError: "throw" });
  const iterator = collector.iterate();
  gc();
  const before = Deno.memoryUsage().heapUsed;
  let grown = 0;
  for (let i = 0; i < 300_000; i++) {
    collector.fulfill(i, [{ index: i, ballast: [i, i, i, i] }]);
    const { value } = await iterator.next();
    if (value.index !== i) throw new Error("out of order");
    if (i % 100_000 === 99_999) gc(), grown = Math.max(grown, Deno.memoryUsage().heapUsed - before);
  }
  console.log(Math.round(grown / 1024));
}
`;

Deno.test("Collector: an endless stream read in step keeps less than 1 MB of read results", async () => {
  const path = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(path, STREAM);
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--v8-flags=--expose-gc", "-A", path],
      stdout: "piped",
      stderr: "piped",
      signal: AbortSignal.timeout(60_000),
    }).output();
    const kept = new TextDecoder().decode(stdout).trim().split("\n").map(Number);
    assertEquals(kept.length, 2, new TextDecoder().decode(stderr));
    assert(kept.every((kibibytes) => kibibytes < 1024), `kept ${kept.join(" and ")} KiB`);
  } finally {
    await Deno.remove(path);
  }
});
