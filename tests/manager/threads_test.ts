/**
 * Objects of a manager and threads of both engines, and what remains when some threads die. What holds on every backend is
 * in tests/contract/managers_suite.ts.
 *
 * @module
 */
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import {
  Counter,
  type ListProxy,
  Manager,
  ManagerClosedError,
  Pool,
  Process,
  Queue,
  SharedEvent,
  tasks,
  WorkerCrashedError,
} from "@isopool/isopool";
import { leavesNothing } from "../support/leaks.ts";
import { test, until, within } from "../support/within.ts";
import { Account } from "./classes.ts";

const work = tasks<typeof import("./tasks.ts")>(import.meta.resolve("./tasks.ts"));

test("the transaction of a killed Process on a dict is undone", async () => {
  using manager = new Manager();
  const dict = manager.dict({ a: "whole" });
  const inside = new SharedEvent();
  await using process = new Process(work.dieInTransaction, [dict, inside, "stay"]);
  process.start();
  await inside.wait({ timeout: 10_000 });
  const waitingCall = dict.get("a");
  process.kill();
  assertEquals([await within(10_000, waitingCall), await process.reason], ["whole", "killed"]);
});

test("a thread that dies while it waits for a transaction, or during a call, blocks no other", async () => {
  using manager = new Manager();
  const list = manager.list<string>();
  const account = manager.register(Account)();
  const [requested, die] = [new SharedEvent(), new SharedEvent()];
  await using pool = new Pool(1);
  const inside = Promise.withResolvers<void>(), mayEnd = Promise.withResolvers<void>();
  const first = list.transaction(async () => {
    inside.resolve();
    await mayEnd.promise;
  });
  await inside.promise;
  const victim = pool.submit(work.dieWaiting, list, requested, die).exception();
  await requested.wait({ timeout: 10_000 });
  die.set();
  assertInstanceOf(await victim, WorkerCrashedError);
  const last = list.transaction(() => list.push("last"));
  mayEnd.resolve();
  await within(10_000, Promise.all([first, last]));
  assertEquals(await list.toArray(), ["last"]);
  assertInstanceOf(await pool.submit(work.dieInCall, account, "exit").exception(), WorkerCrashedError);
  assertEquals(await within(5_000, account.balance()), 0);
});

test("8 writers append 10,000 items each: none is lost, and those of each writer stay in order", async () => {
  using manager = new Manager();
  const list = manager.list<number>();
  await using threads = new Pool(4);
  await using scoped = new Pool({ workers: 2, permissions: "none" });
  const each = 10_000;
  const writers = Array.from(
    { length: 8 },
    (_, i) => (i % 4 === 3 ? scoped : threads).submit(work.append, list, i * each, each),
  );
  await Promise.all(writers);
  const items = await list.toArray();
  assertEquals([items.length, new Set(items).size], [8 * each, 8 * each]);
  const last = new Array(8).fill(-1);
  for (const item of items) {
    const writer = Math.floor(item / each);
    assert(item > last[writer], "items of one writer changed places");
    last[writer] = item;
  }
}, { deadline: 180_000 });

test("increments in transactions of six threads on two keys lose none", async () => {
  using manager = new Manager();
  const dict = manager.dict<string, number>();
  await using threads = new Pool(4);
  await using scoped = new Pool({ workers: 2, permissions: "none" });
  await Promise.all(
    Array.from(
      { length: 6 },
      (_, i) => (i < 4 ? threads : scoped).submit(work.increment, dict, i % 2 === 0 ? "even" : "odd", 100),
    ),
  );
  assertEquals(await dict.toObject(), { even: 300, odd: 300 });
}, { deadline: 120_000 });

test("proxies can be sent through queues", async () => {
  using manager = new Manager();
  const list = manager.list(["first"]);
  const toTask = new Queue<ListProxy<string>>();
  const fromTask = new Queue<{ proxies: ListProxy<string>[] }>();
  await using pool = new Pool(1);
  const done = pool.submit(work.relay, toTask, fromTask);
  await toTask.put(list);
  const { proxies: [first, second] } = await within(10_000, fromTask.get());
  await first.push("a");
  await second.push("b");
  await done;
  assertEquals(await list.toArray(), ["first", "seen", "a", "b"]);
});

test("close rejects the calls of workers with a ManagerClosedError", async () => {
  const manager = new Manager();
  const list = manager.list<number>();
  const account = manager.register(Account)();
  const begun = new Counter();
  await using pool = new Pool(2);
  const calls = pool.submit(work.callUntilClosed, list, begun);
  const pending = pool.submit(work.waitForever, account);
  await until(() => begun.get() > 50, "calls were made");
  manager.close();
  const [name, message] = await within(10_000, calls);
  assertEquals([name, await within(10_000, pending)], ["ManagerClosedError", "ManagerClosedError"]);
  assert(message.includes("its Manager was closed"), message);
});

test("the end of the manager's thread rejects all calls with a ManagerClosedError", async () => {
  await using pool = new Pool(1);
  const list = await pool.submit(work.createManager);
  assertEquals(await list.push(3), 3);
  const inside = Promise.withResolvers<void>();
  const held = list.transaction(async () => {
    await list.push(4);
    inside.resolve();
    await list.transaction(() => {}, { timeout: 60_000 }).catch(() => {});
    return await new Promise<never>(() => {});
  });
  held.catch(() => {});
  await inside.promise;
  const waiting = assertRejects(() => list.transaction(() => {}), ManagerClosedError, "made its Manager has ended");
  await pool.submit(work.exit).exception();
  await within(10_000, waiting);
  await assertRejects(() => list.push(5), ManagerClosedError);
});

leavesNothing();
