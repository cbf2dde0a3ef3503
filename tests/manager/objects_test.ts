/**
 * Each kind of object, on one thread.
 *
 * @module
 */
import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { IsopoolError, Lock, Manager, ManagerClosedError } from "@isopool/isopool";
import { pause, test, within } from "../support/within.ts";
import { Account } from "./classes.ts";

test("a list changes at both ends and in the middle, searches and sorts", async () => {
  using manager = new Manager();
  const list = manager.list([3, 1]);
  assertEquals([await list.push(2, 5), await list.extend(new Set([4])), await list.length()], [4, 5, 5]);
  assertEquals([await list.at(-1), await list.at(0), await list.at(9)], [4, 3, undefined]);
  assertEquals([await list.pop(), await list.shift(), await list.toArray()], [4, 3, [1, 2, 5]]);
  assertEquals([await list.insert(1, 9), await list.insert(99, 8), await list.toArray()], [4, 5, [1, 9, 2, 5, 8]]);
  assertEquals([await list.delete(-1), await list.delete(0), await list.slice(1)], [8, 1, [2, 5]]);
  await list.set(-1, 7);
  await list.sort();
  assertEquals(await list.toArray(), [2, 7, 9]);
  await list.reverse();
  assertEquals([await list.toArray(), await list.indexOf(7), await list.includes(8)], [[9, 7, 2], 1, false]);
  await list.clear();
  assertEquals([await list.pop(), await list.shift(), await list.toArray()], [undefined, undefined, []]);
  await assertRejects(() => list.set(0, 1), RangeError, "`index` is 0: it takes none: it is empty");
  await assertRejects(() => list.delete(1.5), RangeError, "an integer");
});

test("a list finds items by their content, and proxies by their object", async () => {
  using manager = new Manager();
  const inner = manager.list<number>();
  const list = manager.list<unknown>([{ a: [1, new Date(5)] }, new Uint8Array([1, 2]), NaN, inner, null]);
  assertEquals(
    await Promise.all([
      list.indexOf({ a: [1, new Date(5)] }),
      list.indexOf(new Uint8Array([1, 2])),
      list.indexOf(NaN),
      list.indexOf(inner),
      list.indexOf(null),
      list.indexOf({ a: [1, new Date(6)] }),
      list.indexOf({ a: [1], b: 1 }),
      list.indexOf(manager.list()),
    ]),
    [0, 1, 2, 3, 4, -1, -1, -1],
  );
});

test("a list finds an item whose parts are in two places each, 40 levels deep, and one with a cycle, within 5 s", async () => {
  const twice = (end: unknown) => {
    let value: unknown = [end];
    for (let level = 0; level < 40; level++) value = [value, { value }];
    return value;
  };
  const cycle = (end: unknown) => {
    const value: unknown[] = [end];
    value.push({ value }, twice(end));
    return value;
  };
  using manager = new Manager();
  const list = manager.list<unknown>([twice("a"), cycle("b")]);
  const found = Promise.all(
    [twice("a"), cycle("b"), twice("c"), cycle("c")].map((item) => list.indexOf(item)),
  );
  assertEquals(await within(5_000, found), [0, 1, -1, -1]);
});

test("sort orders numbers, strings, and objects by a field; it refuses other items and changes nothing", async () => {
  using manager = new Manager();
  const numbers = manager.list([10, 9, 1]);
  await numbers.sort();
  assertEquals(await numbers.toArray(), [1, 9, 10]);
  const rows = manager.list([{ n: 2, id: "a" }, { n: 1, id: "b" }, { n: 2, id: "c" }]);
  await rows.sort("n");
  assertEquals((await rows.toArray()).map(({ id }) => id), ["b", "a", "c"]);
  const mixed = manager.list<unknown>([2, "1"]);
  await assertRejects(() => mixed.sort(), TypeError, "numbers only");
  assertEquals(await mixed.toArray(), [2, "1"]);
});

test("a dict behaves as a Map; it refuses objects as keys", async () => {
  using manager = new Manager();
  const dict = manager.dict<string | number, unknown>([["a", 1]]);
  await dict.set(1, "one");
  await dict.update({ b: 2 });
  await dict.update([["a", 3]]);
  assertEquals(await dict.entries(), [["a", 3], [1, "one"], ["b", 2]]);
  assertEquals([await dict.get(1), await dict.get("1"), await dict.has("b"), await dict.size()], [
    "one",
    undefined,
    true,
    3,
  ]);
  assertEquals([await dict.setDefault("b", 9), await dict.setDefault("c", 9), await dict.pop("c")], [2, 9, 9]);
  assertEquals([await dict.delete("b"), await dict.delete("b"), await dict.keys()], [true, false, ["a", 1]]);
  assertEquals([await dict.values(), await dict.toMap()], [
    [3, "one"],
    new Map<unknown, unknown>([["a", 3], [1, "one"]]),
  ]);
  await assertRejects(() => dict.set({} as never, 1), TypeError, "objects arrive as copies");
  await assertRejects(() => dict.update([["x", 1], [{} as never, 1]]), TypeError);
  await dict.set("__proto__", { polluted: true });
  assertEquals([await dict.has("x"), Object.keys(await dict.toObject())], [false, ["1", "a", "__proto__"]]);
  assertEquals(({} as Record<string, unknown>).polluted, undefined);
  await dict.clear();
  assertEquals(await dict.size(), 0);
});

test("a namespace has properties, a value has one value", async () => {
  using manager = new Manager();
  const settings = manager.namespace<{ host: string; port?: number }>({ host: "a" });
  await settings.assign({ port: 1 });
  await settings.set("host", "b");
  assertEquals([await settings.get("host"), await settings.toObject()], ["b", { host: "b", port: 1 }]);
  assertEquals([await settings.delete("port"), await settings.get("port")], [true, undefined]);
  const value = manager.value<unknown>(undefined);
  assertEquals(await value.get(), undefined);
  await value.set(new Map([[1, new Date(2)]]));
  assertEquals(await value.get(), new Map([[1, new Date(2)]]));
  assertEquals(await value.update(() => 5), 5);
  assertEquals(await value.transaction(() => value.update((n) => n as number + 1)), 6);
  await assertRejects(() => value.update(3 as never), TypeError, "`fn` is 3: it takes a function");
});

test("plain data is copied in both directions; proxies and locks stay shared", async () => {
  using manager = new Manager();
  const inner = manager.list<number>();
  const lock = new Lock();
  const item = { plain: [1], inner, lock };
  const list = manager.list<typeof item>();
  const pushed = list.push(item);
  item.plain.push(2);
  await pushed;
  const got = (await list.at(0))!;
  got.plain.push(3);
  assertEquals((await list.at(0))!.plain, [1]);
  await got.inner.push(7);
  assertEquals(await inner.toArray(), [7]);
  using _guard = await got.lock.acquire();
  assert(lock.locked);
});

test("a loop iterates over a copy", async () => {
  using manager = new Manager();
  const list = manager.list([1, 2]);
  const seen: number[] = [];
  for await (const item of list) {
    seen.push(item);
    await list.push(item + 10);
  }
  assertEquals([seen, await list.length()], [[1, 2], 4]);
  const pairs: unknown[] = [];
  for await (const pair of manager.dict({ a: 1 })) pairs.push(pair);
  assertEquals(pairs, [["a", 1]]);
});

test("calls of one thread run in the order in which they were made", async () => {
  using manager = new Manager();
  const list = manager.list<number>();
  const calls = Array.from({ length: 1_000 }, (_, i) => list.push(i));
  assertEquals(await list.toArray(), Array.from({ length: 1_000 }, (_, i) => i));
  assertEquals(await Promise.all(calls), Array.from({ length: 1_000 }, (_, i) => i + 1));
});

test("calls to a forgotten object fail", async () => {
  using manager = new Manager();
  using other = new Manager();
  const list = manager.list([1]);
  await manager.forget(list);
  await assertRejects(() => list.length(), IsopoolError, "forgotten");
  await assertRejects(() => manager.forget(other.list()), TypeError, "a proxy of this manager");
});

test("close rejects pending, waiting and later calls, also in transactions, and the error says what to do", async () => {
  const manager = new Manager();
  const account = manager.register(Account)();
  const list = manager.list<number>();
  const inside = Promise.withResolvers<void>();
  const calls: Promise<unknown>[] = [
    account.never(),
    list.transaction(async () => {
      await list.push(1);
      inside.resolve();
      await new Promise((resolve) => setTimeout(resolve, 20));
      await list.push(2);
    }),
  ];
  await inside.promise;
  calls.push(list.push(3), list.transaction(() => {}), manager.transaction(() => {}));
  await pause(1);
  calls.push(list.length());
  manager.close();
  manager.close();
  for (const end of await within(5_000, Promise.allSettled(calls))) {
    const { reason } = end as PromiseRejectedResult;
    assertInstanceOf(reason, ManagerClosedError);
    assert(reason.message.includes("after the last call"), reason.message);
  }
  assertThrows(() => manager.list(), ManagerClosedError);
  await assertRejects(() => list.push(1), ManagerClosedError);
});

test("toString of a proxy has its class and number; a proxy cannot be created by its constructor", () => {
  using manager = new Manager();
  const list = manager.list();
  assert(/^ListProxy\(\d+\)$/.test(String(list)), String(list));
  assertThrows(() => new (list.constructor as new () => unknown)(), TypeError, "a Manager makes them");
  assertEquals(String(manager), "Manager(of this thread)");
  return Promise.resolve();
});
