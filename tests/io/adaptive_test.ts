import { assert, assertEquals, assertThrows } from "@std/assert";
import { pooled, TaskTimeoutError } from "@isopool/isopool";
import { MUST_HAPPEN, test, turn, until, within } from "../support/within.ts";

/** A service on loopback that takes `capacity` requests at a time, and answers 503 beyond that. */
function service(capacity: () => number, ms: number) {
  const seen = { active: 0, most: 0, refused: 0, served: 0 };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async () => {
    if (seen.active >= capacity()) {
      seen.refused++;
      return new Response("busy", { status: 503 });
    }
    seen.most = Math.max(seen.most, ++seen.active);
    await new Promise((resolve) => setTimeout(resolve, ms));
    seen.active--;
    seen.served++;
    return new Response("page");
  });
  return Object.assign(seen, {
    async ask(): Promise<string> {
      const response = await fetch(`http://127.0.0.1:${server.addr.port}/`);
      const text = await response.text();
      if (!response.ok) throw Object.assign(new Error(text), { status: response.status });
      return text;
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  });
}

const retry = { maxAttempts: 50, minTimeout: 1, maxTimeout: 20 };

test("adaptive comes close to the limit of a service, is refused now and then, and completes all items", async () => {
  await using seen = service(() => 10, 5);
  const items = Array.from({ length: 1_500 }, (_, n) => n);
  const pages = await pooled(items, () => seen.ask(), { concurrency: 200, adaptive: true, retry });
  assertEquals(pages, items.map(() => "page"));
  assert(seen.most >= 8, `never more than ${seen.most} of 10 at a time`);
  assert(seen.refused > 0 && seen.refused < seen.served / 2, `${seen.refused} were refused, ${seen.served} served`);
});

test("adaptive follows a service whose limit falls and rises", async () => {
  let capacity = 12;
  await using seen = service(() => capacity, 4);
  let active = 0;
  // The most at a time of the last third of each phase.
  const most = [0, 0, 0];
  const results = pooled(Array.from({ length: 3_000 }, (_, n) => n), async (n) => {
    active++;
    try {
      if (n === 1_000) capacity = 2;
      if (n === 2_000) capacity = 12;
      const phase = Math.floor(n / 1_000);
      if (n % 1_000 > 666) most[phase] = Math.max(most[phase], active);
      return await seen.ask();
    } finally {
      active--;
    }
  }, { concurrency: 100, adaptive: true, retry });
  await within(60_000, results);
  const [before, less, after] = most;
  assert(less < before && less < after, `${most} at a time while it bore 12, 2, 12`);
});

test("adaptive without an overload grows from `min` to `concurrency` and no further", async () => {
  for (const [min, first] of [[undefined, 1], [4, 4]] as const) {
    let active = 0;
    const seen: number[] = [];
    await pooled(Array.from({ length: 400 }, (_, n) => n), async () => {
      seen.push(++active);
      await new Promise((resolve) => setTimeout(resolve, 1));
      active--;
    }, { concurrency: 16, adaptive: min ? { min } : true });
    assertEquals([Math.max(...seen), Math.max(...seen.slice(0, first))], [16, first]);
  }
});

test("adaptive does not grow with a slow input", async () => {
  let calls = 0, active = 0, most = 0;
  async function* slowly() {
    for (let n = 0; n < 60; n++) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      yield n;
    }
    // Now all at once: it must begin with few.
    for (let n = 0; n < 40; n++) yield n;
  }
  await pooled(slowly(), async () => {
    most = Math.max(most, ++active);
    if (++calls > 60) await new Promise((resolve) => setTimeout(resolve, 20));
    active--;
  }, { concurrency: 40, adaptive: true });
  assert(most < 40, `${most} at a time`);
});

test("adaptive counts timeouts and overload statuses, not other failures, and calls isOverload", async () => {
  const overloads: [string, () => unknown, Record<string, unknown>][] = [
    ["a Response with 429", () => new Response(null, { status: 429 }), {}],
    ["an error with status 502", () => Promise.reject(Object.assign(new Error(), { status: 502 })), {}],
    ["a timeout", () => new Promise((resolve) => setTimeout(resolve, 40)), { timeout: 10 }],
  ];
  for (const [name, outcome, options] of overloads) {
    let active = 0, most = 0, calls = 0;
    const results = pooled(Array.from({ length: 40 }, (_, n) => n), async () => {
      most = Math.max(most, ++active);
      try {
        // Four come through at first; then it is too much for good.
        return ++calls > 8 ? await outcome() : await new Promise((resolve) => setTimeout(resolve, 2));
      } finally {
        active--;
      }
    }, { concurrency: 40, adaptive: true, onError: "settle", ...options });
    await within(MUST_HAPPEN * 3, results);
    assert(most < 20, `${name}: ${most} at a time`);
  }
  for (const isOverload of [undefined, () => true]) {
    let active = 0, most = 0;
    const results = pooled(Array.from({ length: 200 }, (_, n) => n), async () => {
      most = Math.max(most, ++active);
      await new Promise((resolve) => setTimeout(resolve, 1));
      active--;
      throw new TypeError("not the service's fault");
    }, { concurrency: 20, adaptive: { isOverload }, onError: "settle" });
    await within(MUST_HAPPEN, results);
    assertEquals(most, isOverload ? 1 : 20);
  }
});

test("adaptive ends at a failure like any map, and no item runs on", async () => {
  let active = 0;
  const error = await within(
    MUST_HAPPEN,
    pooled([1, 2, 3, 4, 5, 6], async (n, { signal }) => {
      active++;
      try {
        if (n === 4) throw new RangeError("four");
        if (n > 4) await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      } finally {
        active--;
      }
    }, { concurrency: 4, adaptive: true }).then(() => undefined, (error) => error),
  );
  assert(error instanceof RangeError && !(error as unknown instanceof TaskTimeoutError));
  await until(() => active === 0, "all have ended");
});

test("an attempt for which isOverload throws fails with that error, and isOverload is not asked about it", async () => {
  const asked: unknown[] = [];
  const isOverload = (outcome: unknown): boolean => {
    asked.push(outcome);
    throw new RangeError(`no idea about ${outcome}`);
  };
  const fn = (n: number) => n === 1 ? n : Promise.reject(n);
  const results = await pooled([1, 2], fn, { adaptive: { isOverload }, onError: "settle" });
  assertEquals(results.map((result) => `${result.status === "rejected" && result.reason}`), [
    "RangeError: no idea about 1",
    "RangeError: no idea about 2",
  ]);
  assertEquals(asked, [1, 2]);
});

test("an isOverload that throws for a timeout leaves no attempt in progress, and does not raise the limit", async () => {
  let together = 0, hasEnded = false;
  async function* items() {
    for (let n = 0; n < 8; n++) yield "times out";
    // A slow input does not raise the limit, unless attempts that have ended still count as in progress.
    for (let n = 0; n < 40; n++) {
      await turn();
      yield "succeeds";
    }
    for (let n = 0; n < 40; n++) yield "waits";
  }
  const isOverload = (outcome: unknown): boolean => {
    if (outcome instanceof TaskTimeoutError) throw new RangeError("no idea");
    return false;
  };
  await within(
    MUST_HAPPEN,
    pooled(items(), async (item, { signal }) => {
      if (item === "times out") await new Promise((resolve) => signal.addEventListener("abort", resolve));
      if (item !== "waits") return;
      if (!hasEnded) together++;
      for (let n = 0; n < 5; n++) await turn();
      hasEnded = true;
    }, { concurrency: 40, timeout: 20, adaptive: { min: 4, isOverload }, onError: "settle" }),
  );
  assertEquals(together, 4);
});

// deno-lint-ignore require-await
test("adaptive refuses bad options at the call", async () => {
  const all: [unknown, string][] = [
    ["yes", '`adaptive` is "yes"'],
    [{ min: 0 }, "`adaptive.min` is 0"],
    [{ min: 33 }, "`adaptive.min` is 33"],
    [{ isOverload: 503 }, "`adaptive.isOverload` is 503"],
    [{ max: 5 }, "max"],
  ];
  for (const [adaptive, message] of all) {
    assertThrows(() => pooled([1], () => 1, { adaptive: adaptive as boolean }), Error, message);
  }
});
