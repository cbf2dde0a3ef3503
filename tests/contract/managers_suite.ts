import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import {
  type ListProxy,
  Manager,
  ManagerClosedError,
  Queue,
  tasks,
  type ValueProxy,
  WorkerCrashedError,
} from "@isopool/isopool";
import { messages } from "../fixtures/views.ts";
import { Account } from "../manager/classes.ts";
import { MUST_HAPPEN, within } from "../support/within.ts";
import type { Suite } from "./backend.ts";

const work = tasks<typeof import("../manager/tasks.ts")>(import.meta.resolve("../manager/tasks.ts"));

/** Managers between the script and its tasks: every proxy, transactions, and what remains of a task that dies. */
export const managersSuite: Suite = (backend, check) => {
  const { isolated, forcedKill } = backend.capabilities;

  check("manager: every kind of object works, nested proxies reach their objects, errors arrive whole", async () => {
    using manager = new Manager();
    const account = manager.register(Account)();
    const inner = manager.list([1]);
    const all = {
      list: manager.list<unknown>(),
      dict: manager.dict<string, ListProxy<number>>({ inner }),
      settings: manager.namespace({ port: 80 }),
      best: manager.value({ score: 1 }),
      account,
    };
    await using pool = backend.make({ workers: 1 });
    const back = await pool.submit(work.useAll, all);
    await back!.push(3);
    assertEquals(await inner.toArray(), [1, 2, 3]);
    assertEquals(await all.list.toArray(), [{ when: new Date(0) }]);
    assertEquals(await Promise.all([all.settings.get("port"), all.best.get(), account.balance()]), [
      81,
      { score: 2 },
      5,
    ]);
    const absent = { code: undefined, path: undefined, cause: undefined };
    const [refused, range, uncopyable] = await pool.submit(work.fail, account, all.list) as Record<string, unknown>[];
    const name = "RangeError";
    assertEquals(refused, { ...absent, name, message: "too much", code: "E_LIMIT", cause: "beneath", range: true });
    assertEquals([range.name, range.range], [name, true]);
    assertEquals([uncopyable.name, uncopyable.path], ["TransferError", "args[0]"]);
  });

  check("manager: tasks create objects, and take part in transactions on all of them", async () => {
    using manager = new Manager();
    const tree = manager.dict<string, unknown>();
    await using pool = backend.make({ workers: 2 });
    const leaves = await pool.submit(messages.build, manager, tree);
    await leaves.push(3);
    assertEquals(await (await tree.get("leaves") as ListProxy<number>).toArray(), [1, 2, 3]);
    assertEquals(await (await tree.get("value") as ValueProxy<unknown>).get(), { at: new Date(0) });
  });

  check("manager: increments in transactions of several tasks lose none", async () => {
    using manager = new Manager();
    const dict = manager.dict<string, number>();
    await using pool = backend.make({ workers: 3 });
    await Promise.all([1, 2, 3].map(() => pool.submit(messages.increment, dict, 50)));
    assertEquals(await dict.get("n"), 150);
  });

  check("manager: a box with a queue, a list and an error goes from queue to queue", async () => {
    using manager = new Manager();
    const list = manager.list<unknown>();
    await using pool = backend.make({ workers: 1 });
    const [boxes, inner] = [new Queue<unknown>(), new Queue<string>()];
    await boxes.put({ deep: new Map([["queues", [inner]]]) });
    await pool.submit(messages.repack, boxes, list);
    assertEquals(await inner.get(), "from the task");
    const { queue } = await list.at(0) as { queue: Queue<string> };
    const box = await boxes.get() as { list: ListProxy<unknown>; error: Error };
    await queue.put("by the list");
    assertEquals([await inner.get(), await box.list.length(), box.error instanceof RangeError], [
      "by the list",
      1,
      true,
    ]);
  });

  check("manager: close rejects the calls of tasks", async () => {
    const manager = new Manager();
    const account = manager.register(Account)();
    await using pool = backend.make({ workers: 1 });
    const begun = new Queue<boolean>();
    const waiting = pool.submit(work.waitForever, account, begun);
    await within(MUST_HAPPEN, begun.get());
    manager.close();
    assertEquals(await within(MUST_HAPPEN, waiting), "ManagerClosedError");
    await assertRejects(() => account.balance(), ManagerClosedError);
  });

  if (!isolated) return;

  for (const how of forcedKill ? ["exit", "throw", "spin"] as const : ["exit", "throw"] as const) {
    check(`manager: the transaction of a task that dies by ${how} is undone, and no call waits for it`, async () => {
      using manager = new Manager();
      const list = manager.list(["whole"]);
      const inside = new Queue<boolean>();
      await using pool = backend.make({ workers: 1, killGrace: 0 });
      const victim = pool.submit(work.dieInTransaction, list, inside, how);
      await within(MUST_HAPPEN, inside.get());
      const waitingCall = list.push("next");
      const waitingTransaction = list.transaction(() => list.push("last"));
      if (how === "spin") victim.cancel();
      else assertInstanceOf(await victim.exception(), WorkerCrashedError);
      assertEquals(await within(MUST_HAPPEN, Promise.all([waitingCall, waitingTransaction])), [2, 3]);
      assertEquals(await list.toArray(), ["whole", "next", "last"]);
    });
  }
};
