/** Values, queues and locks of a cluster, between processes and in tasks. */
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { inline, Pool, QueueClosedError, TransferError, WaitTimeoutError } from "@isopool/isopool";
import { cluster, ClusterError, LockLostError } from "@isopool/isopool/cluster";
import { expectError } from "../support/expect.ts";
import { TestHost } from "../support/cluster_host.ts";
import { TestRedis } from "../support/redis.ts";
import { MUST_HAPPEN, timed, until, within } from "../support/within.ts";
import { test } from "./kit.ts";
import { TestProcess } from "./objects_kit.ts";
import { rounds } from "../support/rounds.ts";

const TIMES = rounds(2_000, 10_000);

test(`4 processes add 1 to a value ${TIMES} times each: ${4 * TIMES} (bound: 90 s)`, async () => {
  await using redis = await TestRedis.start("--appendfsync", "everysec");
  const options = { redis: redis.address, queue: "values" };
  await using stack = new AsyncDisposableStack();
  const others = Array.from({ length: 4 }, () => stack.use(new TestProcess(options, "count", String(TIMES))));
  for (const other of others) assertEquals(await other.line(), "ready");
  for (const other of others) await other.goOn();
  for (const other of others) assertEquals(await within(90_000, other.rest()), []);
  await using backend = cluster(options);
  assertEquals(await backend.value("steps").get(), 4 * TIMES);
  assertEquals(await backend.value("big", "i64").get(), 4n * 2n ** 40n); // Each adds 2^40 once.
}, 150_000);

test("a value has the methods of Counter, and does not leave its range", async () => {
  await using redis = await TestRedis.start();
  await using backend = cluster({ redis: redis.address, queue: "values" });
  const value = backend.value("n");
  assertEquals([await value.get(), await value.add(), await value.sub(3), await value.exchange(7)], [0, 0, 1, -2]);
  assertEquals([await value.compareExchange(8, 9), await value.compareExchange(7, 9), await value.get()], [7, 7, 9]);
  await Promise.all(Array.from({ length: 20 }, () => value.update((n) => n + 1)));
  assertEquals(await value.get(), 29);
  await value.set(Number.MAX_SAFE_INTEGER);
  await assertRejects(() => value.add(1), RangeError, "safe integers");
  assertEquals(await value.get(), Number.MAX_SAFE_INTEGER);
  const big = backend.value("n", "i64");
  assertEquals(await big.add(2n ** 62n), 2n ** 53n - 1n);
  assertEquals(await big.get(), 2n ** 53n - 1n + 2n ** 62n);
  await assertRejects(() => value.get(), RangeError, `value(name, "i64")`);
  await big.set(2n ** 63n - 1n);
  await assertRejects(() => big.add(1n), RangeError, "64 bits");
  assertEquals(await big.get(), 2n ** 63n - 1n);
  await value.delete();
  assertEquals(await value.get(), 0);
});

test("a queue between 3 processes loses no item, doubles none, and keeps the order of each producer", async () => {
  await using redis = await TestRedis.start("--appendfsync", "everysec");
  const options = { redis: redis.address, queue: "queues" };
  await using a = new TestProcess(options, "produce", "a", "1000");
  await using b = new TestProcess(options, "produce", "b", "1000");
  await using consumer = new TestProcess(options, "consume");
  for (const each of [a, b, consumer]) assertEquals(await each.line(), "ready");
  for (const each of [a, b, consumer]) await each.goOn();
  await using backend = cluster(options);
  const queue = backend.queue<{ from: string; n: number }>("items");
  const own: string[] = [];
  const consuming = (async () => {
    for await (const { from, n } of queue) own.push(`${from} ${n}`);
  })();
  assertEquals([await within(60_000, a.rest()), await within(60_000, b.rest())], [[], []]);
  await queue.close();
  await within(MUST_HAPPEN, consuming);
  const other = await within(MUST_HAPPEN, consumer.rest());
  const all = [...own, ...other];
  assertEquals([all.length, new Set(all).size], [2_000, 2_000]);
  assert(own.length > 0 && other.length > 0, `${own.length} and ${other.length}`);
  for (const list of [own, other]) {
    for (const from of ["a", "b"]) {
      const numbers = list.filter((each) => each.startsWith(from)).map((each) => Number(each.slice(2)));
      assertEquals(numbers, numbers.toSorted((x, y) => x - y));
    }
  }
}, 120_000);

test("a queue has the methods of Queue: tickets, limits, timeouts, signals, close, values of any kind", async () => {
  await using redis = await TestRedis.start();
  await using backend = cluster({ redis: redis.address, queue: "queues" });
  const queue = backend.queue<unknown>("q", { maxSize: 2 });
  assertEquals(await queue.tryGet(), { state: "empty" });
  await assertRejects(() => queue.get({ timeout: 50 }), WaitTimeoutError);
  await assertRejects(() => queue.get({ timeout: 0 }), WaitTimeoutError);
  assertEquals([await queue.put(5n), await queue.put(new Map([[new Date(0), new RangeError("bad")]]))], [0, 1]);
  assertEquals([await queue.tryPut(1), await queue.size()], ["full", 2]);
  await assertRejects(() => queue.put(1, { timeout: 50 }), WaitTimeoutError);
  const puts = [1, 2, 3].map((n) => queue.put(n));
  const values = [];
  for (let i = 0; i < 5; i++) values.push(await within(MUST_HAPPEN, queue.get()));
  const [[date, error]] = [...values[1] as Map<Date, RangeError>];
  assertEquals([values[0], date.getTime(), error instanceof RangeError, ...values.slice(2)], [5n, 0, true, 1, 2, 3]);
  assertEquals(await Promise.all(puts), [2, 3, 4]);
  const controller = new AbortController();
  const waits = queue.get({ signal: controller.signal });
  controller.abort("enough");
  assertEquals((await timed(waits)).error, "enough");
  await assertRejects(() => queue.put(() => 1), TransferError);
  const blocked = queue.get();
  await queue.put("last");
  assertEquals(await within(MUST_HAPPEN, blocked), "last");
  const waiting = timed(within(MUST_HAPPEN, queue.get()));
  await queue.close();
  expectError((await waiting).error, QueueClosedError);
  assertEquals([await queue.tryPut(1), await queue.tryGet(), await queue.closed()], [
    "closed",
    { state: "closed" },
    true,
  ]);
  assertEquals(expectError((await timed(queue.put(9))).error, QueueClosedError).value, 9);
  await queue.delete();
  assertEquals([await queue.closed(), await queue.put(1)], [false, 0]);
});

test("gets that give up take nothing with them", async () => {
  await using redis = await TestRedis.start();
  await using backend = cluster({ redis: redis.address, queue: "queues" });
  const queue = backend.queue<number>("q");
  let received = 0;
  for (let n = 0; n < 300; n++) {
    const got = queue.get({ timeout: 1 + n % 3 }).then(
      () => received++,
      (error) => expectError(error, WaitTimeoutError),
    );
    if (n % 2) await queue.put(n);
    await got;
  }
  await until(async () => received + await queue.size() === 150, () => `${received} were received`);
});

test("a holder that is killed loses its lock after the lease; the next one has a higher token (bound: 10 s)", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "locks" };
  await using holder = new TestProcess(options, "hold", "1000", "1");
  const [, token] = (await holder.line()).split(" ");
  await using backend = cluster(options);
  const lock = backend.lock("one", { lease: 1_000 });
  // It is renewed while its holder lives.
  await assertRejects(() => lock.acquire({ timeout: 2_500 }), WaitTimeoutError);
  assertEquals([await lock.tryAcquire(), await lock.locked()], [undefined, true]);
  const start = performance.now();
  holder.signal("SIGKILL");
  const { ms, value: guard } = await timed(within(MUST_HAPPEN, lock.acquire()), start);
  assert(guard!.token > Number(token), `${guard!.token} after ${token}`);
  // It was renewed after a third of the lease at the latest, so 667 ms of it were left.
  assert(guard!.held && ms > 300, `${ms} ms`);
  await guard!.release();
  assertEquals([guard!.held, await lock.locked()], [false, false]);
});

test("a frozen holder that wakes up knows that it has lost its lock, and Redis refuses its write", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "locks" };
  await using holder = new TestProcess(options, "hold", "500", "1");
  const [, token] = (await holder.line()).split(" ");
  holder.signal("SIGSTOP");
  await using backend = cluster(options);
  await using guard = await within(MUST_HAPPEN, backend.lock("one", { lease: 5_000 }).acquire());
  await backend.value("guarded").set(2, { guard });
  holder.signal("SIGCONT");
  await holder.goOn();
  const lines = await within(MUST_HAPPEN, holder.rest());
  assert(guard.token > Number(token));
  assertEquals(lines.toSorted(), ["LockLostError", "lost false LockLostError", "release LockLostError"]);
  assertEquals(await backend.value("guarded").get(), 2);
});

test("a lock: waiters, using, tokens that grow although Redis has lost its data, the end of its object", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "locks" };
  await using backend = cluster(options);
  const lock = backend.lock("two");
  const first = await lock.acquire();
  const waits = lock.acquire();
  await first.release();
  const second = await within(MUST_HAPPEN, waits);
  await first.release(); // Again: nothing happens.
  assert(second.held && second.token > first.token);
  await assertRejects(() => backend.value("n").add(1, { guard: first }), LockLostError, "no longer holds");
  assertEquals(await backend.value("n").add(1, { guard: second }), 0);
  await redis.command("FLUSHALL");
  await assertRejects(() => second.release(), LockLostError);
  let token: number;
  {
    using third = await lock.acquire();
    token = third.token;
    assert(token > second.token);
  }
  await until(async () => !await lock.locked(), "the lock is released");
  const other = cluster(options);
  await other.lock("two").acquire();
  const waiting = timed(within(MUST_HAPPEN, other.queue("q").get()));
  await other.queue("q").size();
  await other.close();
  assertStringIncludes(expectError((await waiting).error, ClusterError).message, "closed");
  assertEquals(await lock.locked(), false);
});

test("values, queues and locks work in tasks on hosts, by name; as arguments they are refused", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "tasks" };
  await using _host = await TestHost.start({ ...options, concurrency: 2 });
  await using backend = cluster(options);
  await using pool = new Pool({ backend });
  const count = inline(async (options: { redis: string; queue: string }) => {
    const { cluster } = await import("@isopool/isopool/cluster");
    await using backend = cluster(options);
    await using _guard = await backend.lock("turn").acquire();
    await backend.value("ran").add();
    await backend.queue<number>("done").put(Deno.pid);
  });
  await within(30_000, Promise.all(Array.from({ length: 10 }, () => pool.submit(count, options))));
  assertEquals([await backend.value("ran").get(), await backend.queue("done").size()], [10, 10]);
  const take = inline((_: unknown) => 1);
  for (
    const object of [
      backend,
      backend.value("n"),
      backend.queue("q"),
      backend.lock("l"),
      await backend.lock("l").acquire(),
    ]
  ) {
    await assertRejects(async () => await pool.submit(take, object), TransferError);
  }
}, 90_000);

test("what was sent when Redis died takes effect once; while it is away, calls fail in 2 s (bound: 5 s)", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "away" };
  await using backend = cluster(options);
  const [value, queue] = [backend.value("n"), backend.queue<number>("q")];
  await value.set(1);
  await redis.kill();
  const { ms, error } = await timed(value.add(10));
  assert(ms < 5_000, `${ms} ms`);
  assertStringIncludes(expectError(error, ClusterError).message, `Cannot add to ClusterValue("n")`);
  expectError((await timed(queue.get())).error, ClusterError);
  await redis.start();
  // What was on its way may be done now, once.
  await until(async () => await value.get().then((n) => n === 1 || n === 11, () => false), "the value is back");
  const before = await value.get();
  // While adds are under way, Redis dies and comes back within the time that they wait.
  const adds = timed(Promise.all(Array.from({ length: 2_000 }, () => value.add(1))));
  await redis.kill();
  await redis.start();
  assertEquals((await within(MUST_HAPPEN, adds)).error, undefined);
  assertEquals(await value.get(), before + 2_000);
}, 90_000);

test("wrong names, options and values are refused at the call", async () => {
  await using redis = await TestRedis.start();
  await using backend = cluster({ redis: redis.address, queue: "wrong" });
  assertThrows(() => backend.value(""), RangeError, "`name`");
  assertThrows(() => backend.value("a", "f64" as never), RangeError, "`type`");
  assertThrows(() => backend.queue("a", { maxSize: 0 }), RangeError, "`maxSize`");
  assertThrows(() => backend.lock("a", { lease: 5 }), RangeError, "`lease`");
  assertThrows(() => backend.lock("a", { leese: 5 } as never), TypeError, "`leese`");
  await assertRejects(() => backend.value("a").add(0.5), RangeError, "`amount`");
  await assertRejects(() => backend.value("a", "i64").set(2n ** 63n), RangeError, "`value`");
  await assertRejects(() => backend.value("a").set(1, { guard: {} as never }), TypeError, "`guard`");
  await assertRejects(() => backend.queue("a").get({ timeout: -1 }), RangeError, "`timeout`");
});

test("an object of a cluster that was not closed lets its script end", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "end" };
  await using process = new TestProcess(options, "leave");
  assertEquals(await within(MUST_HAPPEN, process.rest()), ["token true"]);
});
