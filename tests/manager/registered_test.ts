/**
 * Objects of registered classes: their methods, their errors, and async methods.
 *
 * @module
 */
import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { Manager, TransferError } from "@isopool/isopool";
import { test, within } from "../support/within.ts";
import { Account } from "./classes.ts";

test("the proxy of a registered class has its methods, and nothing else", async () => {
  using manager = new Manager();
  const open = manager.register(Account);
  const account = open();
  assertEquals([await account.deposit(2), await account.id(), await account.slow(1)], [2, "base", "done"]);
  const own = Object.getOwnPropertyNames(account).filter((name) => name !== "isopool:shared").sort();
  assertEquals(own, [
    "balance",
    "deposit",
    "id",
    "never",
    "refuse",
    "self",
    "sibling",
    "slow",
    "uncopyable",
    "viaItself",
  ]);
  assertEquals(String(account).startsWith("Account("), true);
  // An object of a registered class arrives as a proxy of the same object each time.
  const sibling = await account.sibling();
  assertEquals([await sibling.deposit(1), await account.balance()], [1, 2]);
  assertEquals(await (await account.self()).balance(), 2);
  // A method can call its own object through a proxy: async calls run side by side. `viaItself` returns the new balance
  // twice over.
  assertEquals(await account.viaItself(account), 6);
  assertEquals(await account.transaction(() => account.viaItself(account)), 8);
  class Thenable {
    then(): void {}
  }
  assertThrows(() => manager.register(Thenable), TypeError, "cannot have a method `then`");
  assertThrows(() => manager.register({} as never), TypeError, "`type` is an object: it takes a class");
});

test("an error arrives with class, message, fields, cause, and the stack of both sides", async () => {
  using manager = new Manager();
  const account = manager.register(Account)();
  const error = await account.refuse().catch((error) => error);
  assertInstanceOf(error, RangeError);
  assertEquals([error.message, (error as RangeError & { code?: string }).code], ["too much", "E_LIMIT"]);
  assertInstanceOf(error.cause, TypeError);
  const { stack } = error;
  assert(stack!.startsWith("RangeError: too much\n"), stack);
  // First the frames of the manager's side, then those of the call, and none of the library.
  const [managerSide, callerSide] = stack!.split("  called:\n");
  assert(
    managerSide.includes("classes.ts") && /registered_test\.ts:\d+/.test(callerSide) &&
      !callerSide.includes("lib/manager"),
    stack,
  );
  await assertRejects(() => account.uncopyable(), TransferError, "result: a function cannot be copied");
  await assertRejects(() => manager.list<unknown>().push({ a: () => {} }), TransferError, "args[0].a");
  assertThrows(() => manager.list<unknown>([() => {}]), TransferError, "initial[0]");
});

test("other calls run beside an async method of the same object; a transaction waits for it", async () => {
  using manager = new Manager();
  const open = manager.register(Account);
  const [busy, account] = [open(), open()];
  busy.never().catch(() => {}); // It ends with the manager.
  assertEquals(await within(5_000, busy.balance()), 0);
  const order: string[] = [];
  const slow = account.slow(50).then(() => order.push("slow"));
  const alone = account.transaction(async () => {
    await account.deposit(1);
    order.push("transaction");
  });
  // A call of another object waits for neither.
  assertEquals(await manager.list([1]).length(), 1);
  // This call waits behind the transaction: it does not overtake.
  const after = account.balance().then((balance) => order.push(`after ${balance}`));
  await within(5_000, Promise.all([slow, alone, after]));
  assertEquals(order, ["slow", "transaction", "after 1"]);
});
