/**
 * Tasks that use the objects of a manager.
 *
 * @module
 */
import type {
  Counter,
  DictProxy,
  ListProxy,
  Manager,
  NamespaceProxy,
  Proxied,
  Queue,
  SharedEvent,
  ValueProxy,
} from "@isopool/isopool";
import type { Account } from "./classes.ts";

/** How a thread ends in the middle of a task. */
export type Ending = "exit" | "throw" | "spin" | "stay";

function end(how: Ending): Promise<never> {
  if (how === "exit") Deno.exit(0);
  if (how === "throw") setTimeout(() => Promise.reject(new Error("on purpose")), 0);
  while (how === "spin");
  return new Promise<never>(() => {});
}

/** Appends numbers, with 100 calls in flight. */
export async function append(list: ListProxy<number>, from: number, count: number): Promise<void> {
  for (let n = from; n < from + count; n += 100) {
    await Promise.all(Array.from({ length: Math.min(100, from + count - n) }, (_, i) => list.push(n + i)));
  }
}

/** Appends one number. */
export async function appendOne(list: ListProxy<number>, n: number): Promise<number> {
  return await list.push(n);
}

/** Increments a value in transactions. */
export async function increment(dict: DictProxy<string, number>, key: string, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await dict.transaction(async () => dict.set(key, (await dict.get(key) ?? 0) + 1));
  }
}

/** Uses every kind of object; returns a proxy. */
export async function useAll(
  { list, dict, settings, best, account }: {
    list: ListProxy<unknown>;
    dict: DictProxy<string, ListProxy<number>>;
    settings: NamespaceProxy<{ port: number }>;
    best: ValueProxy<{ score: number }>;
    account: Proxied<Account>;
  },
): Promise<ListProxy<number> | undefined> {
  await list.push({ when: new Date(0) });
  await (await dict.get("inner"))!.push(2);
  await settings.set("port", await settings.get("port") + 1);
  await best.update(({ score }) => ({ score: score + 1 }));
  await account.deposit(5);
  return await dict.get("inner");
}

/** Creates objects of a manager on another thread, and puts them into a dict. */
export async function build(manager: Manager, tree: DictProxy<string, unknown>, name: string): Promise<void> {
  const leaves = manager.list([name]);
  const branch = manager.dict<string, unknown>({ leaves });
  await tree.set(name, branch);
  await leaves.push("late");
}

/** Returns the errors of calls that fail in different ways. */
export async function fail(account: Proxied<Account>, list: ListProxy<unknown>): Promise<unknown[]> {
  const errors: unknown[] = [];
  const calls = [() => account.refuse(), () => list.set(7, 1), () => list.push(() => 1)];
  for (const call of calls) {
    await call().catch((error: Error & { code?: unknown; path?: unknown; cause?: Error }) => {
      const { name, message, code, path, cause } = error;
      errors.push({ name, message, code, path, cause: cause?.message, range: error instanceof RangeError });
    });
  }
  return errors;
}

/** Begins a transaction, changes an object, says that it is inside, and ends its worker. */
export async function dieInTransaction(
  object: ListProxy<string> | DictProxy<string, string>,
  inside: SharedEvent | Queue<boolean>,
  how: Ending,
): Promise<void> {
  await object.transaction(async () => {
    await ("push" in object ? object.push("half") : object.set("a", "half"));
    await ("set" in inside ? inside.set() : inside.put(true));
    await end(how);
  });
}

/** Waits for a transaction to begin, and ends its thread when `die` is set. */
export async function dieWaiting(list: ListProxy<string>, requested: SharedEvent, die: SharedEvent): Promise<void> {
  const late = list.transaction(() => list.push("too late"));
  late.catch(() => {});
  // Its refusal shows that the manager has received the first request.
  await list.transaction(() => {}, { timeout: 0 }).catch(() => {});
  requested.set();
  await die.wait();
  await end("exit");
}

/** Calls a method that never settles, and ends its thread. */
export async function dieInCall(account: Proxied<Account>, how: Ending): Promise<void> {
  const call = account.never();
  call.catch(() => {});
  await account.balance(); // Its reply shows that the manager has received the call.
  await end(how);
}

/** Calls until the manager is closed; returns the error. */
export async function callUntilClosed(list: ListProxy<number>, begun: Counter): Promise<[string, string]> {
  try {
    for (;;) {
      await list.push(1);
      begun.add();
    }
  } catch (error) {
    return [(error as Error).name, (error as Error).message];
  }
}

/** Waits for a reply that never comes, and says that it has begun; returns the name of the error. */
export async function waitForever(account: Proxied<Account>, begun?: Queue<boolean>): Promise<string> {
  const reply = account.never().then(String, (error: Error) => error.name);
  await begun?.put(true);
  return await reply;
}

/** Takes a proxy from one queue and puts it into another. */
export async function relay(
  from: Queue<ListProxy<string>>,
  to: Queue<{ proxies: ListProxy<string>[] }>,
): Promise<void> {
  const list = await from.get();
  await list.push("seen");
  await to.put({ proxies: [list, list] });
}

let ownManager: Manager | undefined;

/** Creates a manager on this thread; returns a list of it. */
export async function createManager(): Promise<ListProxy<number>> {
  const { Manager } = await import("@isopool/isopool");
  ownManager = new Manager();
  return ownManager.list([1, 2]);
}

/** Ends this thread. */
export function exit(): void {
  Deno.exit(0);
}

/** Makes calls and transactions, one after the other. */
export async function callMany(list: ListProxy<unknown>, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    if (i % 10 === 0) await list.transaction(() => list.set(0, { i, text: "x".repeat(100) }));
    else await list.at(0);
  }
}

/** Puts values into the queue that a value of a manager is. */
export async function putValues(holder: ValueProxy<Queue<unknown>>, values: unknown[]): Promise<void> {
  const queue = await holder.get();
  for (const value of values) await queue.put(value);
}
