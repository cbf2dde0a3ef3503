/**
 * The assertions of CPython's tests of managers (`_TestContainers`, `_TestMyManager`, `_TestRemoteManager`,
 * `_TestManagerRestart`) that no other file here has.
 *
 * @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import { type DictProxy, type ListProxy, Manager, Pool, Queue, tasks, TransferError } from "@isopool/isopool";
import { test, within } from "../support/within.ts";

const { appendOne, putValues } = tasks<typeof import("./tasks.ts")>(import.meta.resolve("./tasks.ts"));

test("a list can contain proxies of lists, plain lists, and itself", async () => {
  using manager = new Manager();
  const a = manager.list([0, 1, 2].map(() => manager.list([0, 1, 2])));
  await (await a.at(0))!.set(-1, 55);
  assertEquals(await (await a.at(1))!.pop(), 2);
  const rows = await Promise.all((await a.toArray()).map((inner) => inner.toArray()));
  assertEquals(rows, [[0, 1, 55], [0, 1], [0, 1, 2]]);
  const outer = manager.list<number[] | typeof a>([[88, 99], a]);
  assertEquals(await outer.at(0), [88, 99]);
  assertEquals(await (await (await outer.at(-1) as typeof a).at(0))!.at(2), 55);
  const b = manager.list<unknown>();
  await b.push(b);
  const self = await b.at(0) as typeof b;
  await self.push("b");
  assertEquals([await b.length(), await b.includes(b)], [2, true]);
});

test("a dict inside a dict is the same object through every proxy, and outlives the outer one", async () => {
  using manager = new Manager();
  const pets = manager.dict<string, number>({ ferrets: 2, hamsters: 4 });
  const supplies = manager.dict<string, number>({ water: 10, feed: 3 });
  const d = manager.dict<string, DictProxy<string, number>>({ pets, supplies });
  assertEquals(await (await d.get("supplies"))!.get("water"), 10);
  await (await d.get("supplies"))!.set("blankets", 5);
  assertEquals(await supplies.get("blankets"), 5);
  await supplies.set("water", 7);
  assertEquals(await (await d.get("supplies"))!.get("water"), 7);
  await d.clear();
  assertEquals([await d.size(), await supplies.get("water"), await pets.get("hamsters")], [0, 7, 4]);
  const l = manager.list([pets, supplies]);
  await (await l.at(0))!.set("marmots", 1);
  assertEquals(await pets.get("marmots"), 1);
});

test("a list and a dict can contain queues", async () => {
  using manager = new Manager();
  const list = manager.list([new Queue<number>()]);
  await (await list.at(0))!.put(123);
  assertEquals(await (await list.at(0))!.get(), 123);
  const dict = manager.dict<number, Queue<number>>([[0, new Queue<number>()]]);
  await (await dict.get(0))!.put(456);
  assertEquals(await (await dict.get(0))!.get(), 456);
});

test("a registered class has its public methods and their errors, and no private method", async () => {
  class FooBar {
    f(): string {
      return "f()";
    }
    g(): never {
      throw new RangeError("g");
    }
    _h(): string {
      return "_h()";
    }
  }
  using manager = new Manager();
  const foo = manager.register(FooBar)();
  assertEquals(await foo.f(), "f()");
  await assertRejects(() => foo.g(), RangeError, "g");
  assertEquals("_h" in foo, false);
});

test("another thread can put into a queue that is a value of a manager; a function is refused", async () => {
  using manager = new Manager();
  const holder = manager.value(new Queue<unknown>());
  await using pool = new Pool(1);
  const values = ["hello world", null, true, 2.25, "héllo", "привет", new Uint8Array([1])];
  await pool.submit(putValues, holder, values);
  const queue = await holder.get();
  for (const value of values) assertEquals(await within(5_000, queue.get()), value);
  await assertRejects(() => queue.put(() => {}), TransferError);
});

test("managers that are created and closed in quick succession do not mix", async () => {
  await using pool = new Pool(1);
  const lists: ListProxy<number>[] = [];
  for (let round = 0; round < 50; round++) {
    using manager = new Manager();
    const list = manager.list<number>();
    assertEquals(await pool.submit(appendOne, list, round), 1);
    assertEquals(await list.toArray(), [round]);
    lists.push(list);
  }
  for (const list of lists) await assertRejects(() => list.length());
});
