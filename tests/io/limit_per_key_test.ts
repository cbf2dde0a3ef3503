import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { CancelledError, limit, TaskTimeoutError } from "@isopool/isopool";
import { expectError } from "../support/expect.ts";
import { random } from "../support/random.ts";
import { test, until } from "../support/within.ts";
import { outcomeOf, retries, runTurns, untilAborted } from "./kit.ts";

const never = () => new Promise<never>(() => {});

test("limit({ per }): at most 2 of a key at a time; a busy key does not hold back others", async () => {
  const run = limit({ concurrency: 4, per: { limit: 2 } });
  const gate = Promise.withResolvers<void>();
  const active = new Map<string, number>();
  const started: string[] = [];
  let most = 0;
  const call = (key: string, n: number, end: Promise<void>) =>
    run(async () => {
      started.push(`${key}${n}`);
      active.set(key, (active.get(key) ?? 0) + 1);
      most = Math.max(most, active.get(key)!);
      await end;
      active.set(key, active.get(key)! - 1);
    }, { key });
  const slow = Array.from({ length: 20 }, (_, n) => call("slow", n, gate.promise));
  const others = ["b", "c", "b", "b", "d"].map((key, n) => call(key, n, Promise.resolve()));
  await Promise.all(others);
  assertEquals([run.active, run.waiting, active.get("slow")], [2, 18, 2]);
  gate.resolve();
  await Promise.all(slow);
  assertEquals(started.filter((name) => name.startsWith("slow")), Array.from({ length: 20 }, (_, n) => `slow${n}`));
  assertEquals([most, run.active, run.waiting], [2, 0, 0]);
});

test("limit({ per }): calls without a key have no limit but concurrency; null and NaN are keys", async () => {
  const run = limit({ concurrency: 5, per: { limit: 1 } });
  const gate = Promise.withResolvers<void>();
  const calls = [undefined, undefined, null, NaN, null, NaN].map((key) => run(() => gate.promise, { key }));
  assertEquals([run.active, run.waiting], [4, 2]);
  gate.resolve();
  await Promise.all(calls);
});

test("limit({ per }): random calls, aborts and ends keep the limit of each key and of all, and none is lost", async () => {
  const seed = Number(Deno.env.get("ISOPOOL_SEED") ?? Date.now() % 1e6);
  console.log(`ISOPOOL_SEED=${seed}`);
  const next = random(seed);
  const below = (n: number) => Math.floor(next() * n);
  const run = limit({ concurrency: 5, per: { limit: 2 } });
  const active = [0, 0, 0, 0];
  let inside = 0, ran = 0, aborted = 0;
  await Promise.all(Array.from({ length: 3_000 }, async (_, n) => {
    const key = below(4);
    const [turns, isAborted, isFailing] = [below(3), below(4) === 0, below(5) === 0];
    for (let i = n >> 6; i > 0; i--) await Promise.resolve();
    const controller = new AbortController();
    const call = run(async () => {
      assert(++active[key] <= 2 && ++inside <= 5, `${active} of ${inside} run`);
      ran++;
      for (let i = 0; i < turns; i++) await Promise.resolve();
      active[key]--, inside--;
      if (isFailing) throw "failed";
    }, { key, signal: controller.signal }).catch((error) => {
      if (error === "aborted") aborted++;
      else assertEquals(error, "failed");
    });
    if (isAborted) queueMicrotask(() => controller.abort("aborted"));
    await call;
  }));
  assert(ran > 2_000 && aborted > 50 && ran + aborted >= 3_000, `${ran} ran, ${aborted} were aborted`);
  assertEquals([run.active, run.waiting, inside], [0, 0, 0]);
  // Every place is free again.
  const gate = Promise.withResolvers<void>();
  const calls = [0, 0, 1, 1, 2].map((key) => run(() => gate.promise, { key }));
  assertEquals(run.active, 5);
  gate.resolve();
  await Promise.all(calls);
});

test("limit({ per }): an aborted call that waits for a permit gives its place to the next of its key", async () => {
  const run = limit({ concurrency: 1, per: { limit: 1 } });
  const gate = Promise.withResolvers<void>();
  const first = run(() => gate.promise, { key: "a" });
  const controller = new AbortController();
  const aborted = outcomeOf(run(never, { key: "b", signal: controller.signal })); // has its place, no permit
  const next = run(() => "next", { key: "b" }); // has none
  controller.abort("enough");
  assertEquals(await aborted, "enough");
  gate.resolve();
  await first;
  assertEquals(await next, "next");
});

test("limit({ per }): clear() drops the calls that wait for their key, and idle() waits for all others", async () => {
  const run = limit({ per: { limit: 1 } });
  const gate = Promise.withResolvers<void>();
  const first = run(() => gate.promise, { key: "a" });
  const dropped = [1, 2].map(() => outcomeOf(run(never, { key: "a" })));
  run.clear("no time");
  for (const each of dropped) assertEquals(expectError(await each, CancelledError).cause, "no time");
  const later = run(() => "later", { key: "a" });
  let isIdle = false;
  const idle = run.idle().then(() => isIdle = true);
  await runTurns();
  assertEquals([isIdle, run.active, run.waiting], [false, 1, 1]);
  gate.resolve();
  await idle;
  assertEquals([await first, await later], [undefined, "later"]);
});

test("limit({ per }): a call keeps its place between attempts, and until fn has ended after a timeout", async () => {
  const run = limit({ per: { limit: 1 }, retry: retries(2), timeout: 60_000 });
  const order: string[] = [];
  const call = (name: string) =>
    run(({ attempt }) => {
      order.push(`${name}${attempt}`);
      if (attempt < 3) throw new Error("again");
    }, { key: "a" });
  await Promise.all([call("x"), call("y")]);
  assertEquals(order, ["x1", "x2", "x3", "y1", "y2", "y3"]);
  const short = limit({ per: { limit: 1 }, timeout: 10 });
  let ended = false;
  const late = outcomeOf(short(async ({ signal }) => {
    await untilAborted(signal).catch(() => {});
    await runTurns(3);
    ended = true;
  }, { key: "a" }));
  const next = short(() => ended, { key: "a" });
  expectError(await late, TaskTimeoutError);
  assertEquals(await next, true);
});

test("limit({ per }): wrap() takes the key of the arguments; acquire({ key }) holds a place", async () => {
  const run = limit({ concurrency: 10, per: { key: (url: string) => new URL(url).host, limit: 1 } });
  const gates = new Map<string, PromiseWithResolvers<void>>();
  const load = run.wrap(async (url: string) => {
    const gate = Promise.withResolvers<void>();
    gates.set(url, gate);
    await gate.promise;
    return url;
  });
  const calls = ["http://a/1", "http://a/2", "http://b/1"].map((url) => load(url));
  await until(() => gates.size === 2, "one of each host runs");
  assertEquals([[...gates.keys()], run.waiting], [["http://a/1", "http://b/1"], 1]);
  for (const url of ["http://a/1", "http://b/1", "http://a/2"]) {
    await until(() => gates.has(url), `${url} runs`);
    gates.get(url)!.resolve();
  }
  assertEquals(await Promise.all(calls), ["http://a/1", "http://a/2", "http://b/1"]);
  assertMatch(String(await outcomeOf(load("no url"))), /Invalid URL/);
  {
    using _permit = await run.acquire({ key: "c" });
    const waits = run(() => {}, { key: "c" });
    assertEquals([run.active, run.waiting], [1, 1]);
    _permit.release();
    await waits;
  }
  assertEquals([run.active, run.waiting], [0, 0]);
});

test("limit({ per }): a key that is idle takes no memory: less than 300 MB more after 100,000 keys of 10 KB", async () => {
  const run = limit({ concurrency: 10, per: { limit: 1 } });
  const before = Deno.memoryUsage().rss;
  for (let n = 0; n < 100_000; n++) await run(() => {}, { key: new Uint8Array(10_000).fill(n) });
  const grown = (Deno.memoryUsage().rss - before) / 1e6;
  assert(grown < 300, `${grown} MB`);
});

Deno.test("limit({ per }): bad values are refused at the call", () => {
  const refuses = (make: () => unknown, text: RegExp) => assertMatch(assertThrows(make, Error).message, text);
  refuses(() => limit({ per: 4 } as never), /`per` is 4: it takes an object with `limit`/);
  refuses(() => limit({ per: {} } as never), /`per.limit` is undefined/);
  refuses(() => limit({ per: { limit: 0 } }), /`per.limit` is 0/);
  refuses(() => limit({ per: { limit: 1, key: 5 } } as never), /`per.key` is 5: it takes a function/);
  refuses(() => limit({ per: { limit: 1, lookahead: 5 } } as never), /lookahead/);
  refuses(() => void limit(2)(() => {}, { key: "a" }), /`key` is "a": it takes effect only with the option `per`/);
  refuses(() => void limit(2).acquire({ key: "a" }), /`key` is "a": it takes effect only with the option `per`/);
});
