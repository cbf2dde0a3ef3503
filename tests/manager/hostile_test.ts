/**
 * Hostile clients: calls of what is no public method, malformed requests, transactions of other clients.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { Manager, Pool, tasks } from "@isopool/isopool";
import { decode, encode } from "../../lib/shared/revive.ts";
import { test, within } from "../support/within.ts";
import { Account } from "./classes.ts";

const { attack, garble } = tasks<typeof import("./hostile_tasks.ts")>(import.meta.resolve("./hostile_tasks.ts"));

const NOT_METHODS = [
  "constructor",
  "__proto__",
  "prototype",
  "toString",
  "valueOf",
  "hasOwnProperty",
  "__defineGetter__",
  "__lookupGetter__",
  "isPrototypeOf",
  "toLocaleString",
  "_hidden",
  "#balance",
  "currency",
  "field",
  "getter",
  "create",
  "save",
  "writes",
  "then",
  "transaction",
  "",
  "nothing",
];

for (const permissions of ["inherit", "none"] as const) {
  test(`permissions ${permissions}: a client can call public methods, and nothing else`, async () => {
    using manager = new Manager();
    const account = manager.register(Account)();
    await using pool = new Pool({ workers: 1, permissions });
    for (
      const object of [account, manager.list([1]), manager.dict({ a: 1 }), manager.value({}), manager.namespace({})]
    ) {
      const results = await pool.submit(attack, object, NOT_METHODS);
      assertEquals(results, NOT_METHODS.map(() => "TypeError"));
    }
    assertEquals(({} as Record<string, unknown>).polluted, undefined);
    assertEquals(await account.deposit(1), 1);
  });
}

test("malformed requests and records are refused, and other calls still run", async () => {
  using manager = new Manager();
  const list = manager.list(["mine"]);
  await using pool = new Pool({ workers: 1, permissions: "none" });
  const replies = await within(20_000, pool.submit(garble, list));
  assert(replies.every((name) => name === "TypeError"), replies.join());
  assertEquals(await within(5_000, list.toArray()), ["mine"]);
  await list.transaction(() => list.push("still mine"));
});

test("a client cannot end the transaction of another client", async () => {
  using manager = new Manager();
  const list = manager.list<string>();
  await using pool = new Pool({ workers: 1, permissions: "none" });
  const { endOthers } = tasks<typeof import("./hostile_tasks.ts")>(import.meta.resolve("./hostile_tasks.ts"));
  await list.transaction(async () => {
    await list.push("a");
    await pool.submit(endOthers, list);
    await list.push("b");
  });
  assertEquals(await list.toArray(), ["a", "b"]);
});

test("a forged handle with harmful method names makes a proxy without them", () => {
  using manager = new Manager();
  const account = manager.register(Account)();
  const message = structuredClone(encode(account)) as {
    value: Record<string, { methods: string[] }>;
    handles: boolean;
  };
  message.value["isopool:shared"].methods = ["then", "toString", "__proto__", "constructor", "deposit"];
  const forged = decode(message) as Record<string, unknown>;
  assertEquals([forged.then, typeof forged.deposit, String(forged).startsWith("Account(")], [
    undefined,
    "function",
    true,
  ]);
  assertEquals(Object.getPrototypeOf(forged) === Object.getPrototypeOf(account), true);
  return Promise.resolve();
});
