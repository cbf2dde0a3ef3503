/**
 * Transactions: exclusive, in order, undone on failure, and never waiting for ever.
 *
 * @module
 */
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { DeadlockError, type ListProxy, Manager, WaitTimeoutError } from "@isopool/isopool";
import { test, until, within } from "../support/within.ts";
import { Account } from "./classes.ts";

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

test("read-modify-write loses no change in transactions, and does without", async () => {
  using manager = new Manager();
  const dict = manager.dict({ safe: 0, unsafe: 0 });
  const add = async (key: "safe" | "unsafe") => {
    const now = (await dict.get(key))!;
    await turn();
    await dict.set(key, now + 1);
  };
  await Promise.all(Array.from({ length: 50 }, () => add("unsafe")));
  await Promise.all(Array.from({ length: 50 }, () => dict.transaction(() => add("safe"))));
  assertEquals(await dict.get("safe"), 50);
  assert((await dict.get("unsafe"))! < 50);
});

test("other calls wait for the end; calls of the transaction run, whichever function makes them", async () => {
  using manager = new Manager();
  const list = manager.list<string>();
  const other = manager.list<string>();
  const begun = Promise.withResolvers<void>(), mayContinue = Promise.withResolvers<void>();
  const push = (item: string) => list.push(item);
  const transaction = list.transaction(async () => {
    await push("a");
    begun.resolve();
    await mayContinue.promise;
    await Promise.all([push("b"), push("c")]);
    return "result";
  });
  await begun.promise;
  const outside = list.push("d");
  let done = false;
  const seen = outside.then(() => done = true);
  assertEquals([await other.push("x"), done], [1, false]);
  mayContinue.resolve();
  assertEquals([await transaction, await outside], ["result", 4]);
  await seen;
  assertEquals(await list.toArray(), ["a", "b", "c", "d"]);
});

test("a transaction that fails is undone on lists, dicts, namespaces and values, also inside another one", async () => {
  using manager = new Manager();
  const list = manager.list([3, 1, 2]);
  const dict = manager.dict({ a: 1 });
  const settings = manager.namespace({ x: 1 });
  const value = manager.value("before");
  const fail = async () => {
    await list.sort();
    await list.delete(0);
    await dict.set("b", 2);
    await settings.set("x", 2);
    await value.set("after");
    throw new RangeError("mine");
  };
  const all = async () => [await list.toArray(), await dict.toObject(), await settings.get("x"), await value.get()];
  await assertRejects(() => manager.transaction(fail), RangeError, "mine");
  assertEquals(await all(), [[3, 1, 2], { a: 1 }, 1, "before"]);
  // Here the transactions have the list and the dict only.
  await assertRejects(() => list.transaction(() => dict.transaction(fail)), RangeError, "mine");
  assertEquals(await all(), [[3, 1, 2], { a: 1 }, 2, "after"]);
  await manager.transaction(async () => {
    await list.push(4);
    await list.transaction(async () => {
      await list.push(5);
      throw new Error("inner");
    }).catch(() => {});
  });
  assertEquals(await list.toArray(), [3, 1, 2, 4]);
});

test("a transaction inside another one on the same object is refused at once, also through a function", async () => {
  using manager = new Manager();
  const list = manager.list<number>();
  const inner = () => list.transaction(() => list.push(2));
  const error = await list.transaction(() => within(5_000, inner())).catch((error) => error);
  assertInstanceOf(error, DeadlockError);
  assertEquals(await list.length(), 0);
  await assertRejects(() => manager.transaction(() => manager.transaction(() => {})), DeadlockError);
  await list.transaction(() => list.push(1));
  assertEquals(await list.toArray(), [1]);
});

for (const size of [2, 3]) {
  test(`${size} transactions that take objects in a cycle: one is refused, the others continue`, async () => {
    using manager = new Manager();
    const lists = Array.from({ length: size }, () => manager.list<number>());
    let inside = 0;
    const take = (i: number) =>
      lists[i].transaction(async () => {
        inside++;
        await until(() => inside === size, "all have their first");
        await lists[(i + 1) % size].transaction(async () => {
          await lists[i].push(i);
          await lists[(i + 1) % size].push(i);
        });
      });
    const ends = await within(10_000, Promise.allSettled(lists.map((_, i) => take(i))));
    const failed = ends.filter((end) => end.status === "rejected");
    assertEquals(failed.length, 1);
    assertInstanceOf((failed[0] as PromiseRejectedResult).reason, DeadlockError);
    const counts = await Promise.all(lists.map((list) => list.length()));
    assertEquals(counts.reduce((sum, count) => sum + count), 2 * (size - 1));
  });
}

test("a plain call inside a transaction can close a cycle as well", async () => {
  using manager = new Manager();
  const [a, b] = [manager.list<number>(), manager.list<number>()];
  let inside = 0;
  const cross = (mine: ListProxy<number>, other: ListProxy<number>) =>
    mine.transaction(async () => {
      inside++;
      await until(() => inside === 2, "both transactions have begun");
      await other.push(1);
    });
  const ends = await within(10_000, Promise.allSettled([cross(a, b), cross(b, a)]));
  assertEquals(ends.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
});

test("two transactions that both want the whole manager: one is refused", async () => {
  using manager = new Manager();
  const [a, b] = [manager.list<number>(), manager.list<number>()];
  let inside = 0;
  const all = (mine: ListProxy<number>) =>
    mine.transaction(async () => {
      inside++;
      await until(() => inside === 2, "both transactions have begun");
      await manager.transaction(() => mine.push(1));
    });
  const ends = await within(10_000, Promise.allSettled([all(a), all(b)]));
  assertEquals(ends.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  await within(5_000, manager.transaction(async () => [await a.length(), await b.length()]));
});

test("a method that begins a transaction on its own object is refused while another call runs", async () => {
  class Hub {
    me: { transaction(fn: () => Promise<void>): Promise<void> } | undefined;
    async alone(): Promise<string> {
      await new Promise((resolve) => setTimeout(resolve, 10));
      return await this.me!.transaction(async () => {}).then(() => "ok", (error) => error.name);
    }
  }
  using manager = new Manager();
  const hub = new Hub();
  const proxy = manager.register(
    class {
      run(): Promise<string> {
        return hub.alone();
      }
    },
  )();
  hub.me = proxy as never;
  assertEquals(await within(5_000, proxy.run()), "ok");
  assertEquals((await within(5_000, Promise.all([proxy.run(), proxy.run()]))).sort(), ["DeadlockError", "ok"]);
});

test("code that a transaction started and did not await is no part of it after its end", async () => {
  using manager = new Manager();
  const list = manager.list<number>();
  const mayContinue = Promise.withResolvers<void>();
  let later: Promise<number> | undefined;
  await list.transaction(() => {
    later = mayContinue.promise.then(() => list.push(2));
  });
  const next = list.transaction(async () => {
    mayContinue.resolve();
    await turn();
    await list.push(1);
  });
  await within(5_000, Promise.all([next, later]));
  assertEquals(await list.toArray(), [1, 2]);
});

test("a begin that gives up by timeout or signal is withdrawn", async () => {
  using manager = new Manager();
  const list = manager.list<number>();
  const inside = Promise.withResolvers<void>(), mayContinue = Promise.withResolvers<void>();
  const first = list.transaction(async () => {
    inside.resolve();
    await mayContinue.promise;
  });
  await inside.promise;
  await assertRejects(() => list.transaction(() => list.push(1), { timeout: 20 }), WaitTimeoutError, "than 20 ms");
  await assertRejects(() => list.transaction(() => list.push(1), { timeout: 0 }), WaitTimeoutError, "is 0");
  const signal = AbortSignal.timeout(20);
  await assertRejects(() => list.transaction(() => list.push(1), { signal }), DOMException, "timeout");
  await assertRejects(() => list.transaction(() => {}, { timout: 1 } as never), TypeError, "unknown option");
  await assertRejects(() => list.transaction(1 as never), TypeError, "`fn` is 1: it takes a function");
  const last = list.push(9);
  mayContinue.resolve();
  await within(5_000, first);
  assertEquals([await last, await list.toArray()], [1, [9]]);
  assertEquals(await list.transaction(() => list.length(), { timeout: 0 }), 1);
});

test("a transaction on an object of a registered class is exclusive; its changes stay", async () => {
  using manager = new Manager();
  const account = manager.register(Account)();
  await assertRejects(() =>
    account.transaction(async () => {
      await account.deposit(1);
      throw new Error("mine");
    })
  );
  assertEquals(await account.balance(), 1);
});

test("2,000 concurrent transactions on one object lose no change", async () => {
  using manager = new Manager();
  const value = manager.value(0);
  await Promise.all(Array.from({ length: 2_000 }, () => value.update((n) => n + 1)));
  assertEquals(await value.get(), 2_000);
}, { deadline: 60_000 });
