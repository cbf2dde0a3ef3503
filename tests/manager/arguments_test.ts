/**
 * Wrong arguments of queues, pipes, select and managers: an error of this library at the call, which names the call and
 * the argument.
 *
 * @module
 */
import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { Connection, JoinableQueue, Manager, Pipe, Queue, select, TransferError } from "@isopool/isopool";
import { test, within } from "../support/within.ts";

// deno-lint-ignore no-explicit-any -- wrong arguments on purpose
type Any = any;

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const values: Record<string, unknown> = {
  undefined,
  null: null,
  number: 3.5,
  NaN,
  text: "x",
  boolean: true,
  symbol: Symbol("s"),
  bigint: 5n,
  function: () => 1,
  promise: Promise.resolve(1),
  date: new Date(0),
  map: new Map(),
  array: [1],
  object: { x: 1 },
  signal: AbortSignal.abort(),
  revoked: revoked(),
};

class Account {
  deposit(amount: number): number {
    return amount;
  }
}

/** A call with one wrong argument, and the names of the values that it takes all the same. */
type Call = [name: string, call: (argument: Any, manager: Manager) => unknown, takes?: string];

const limits = "undefined";
const one = () => {
  const queue = new JoinableQueue<Any>();
  queue.tryPut(1);
  return queue;
};
const end = () => {
  const [here, there] = Pipe<Any>();
  there.sendSync(1, { timeout: 0 });
  return here;
};

const calls: Call[] = [
  ["new Queue", (argument) => new Queue(argument), "undefined"],
  ["new Queue, maxSize", (argument) => new Queue({ maxSize: argument }), "undefined"],
  ["new JoinableQueue, maxSize", (argument) => new JoinableQueue({ maxSize: argument }), "undefined"],
  ["Queue.put, limits", (argument) => one().put(1, argument), limits],
  ["Queue.put, timeout", (argument) => one().put(1, { timeout: argument }), "undefined number"],
  ["Queue.put, signal", (argument) => one().put(1, { signal: argument }), "undefined signal"],
  ["Queue.putSync, limits", (argument) => one().putSync(1, argument)],
  ["Queue.get, limits", (argument) => one().get(argument), limits],
  ["Queue.getSync, limits", (argument) => one().getSync(argument)],
  ["JoinableQueue.join, limits", (argument) => new JoinableQueue().join(argument), limits],
  ["JoinableQueue.joinSync, limits", (argument) => new JoinableQueue().joinSync(argument)],
  ["Pipe", (argument) => Pipe(argument), "undefined"],
  ["Pipe, duplex", (argument) => Pipe({ duplex: argument }), "undefined boolean"],
  ["new Connection", (argument) => new (Connection as Any)(argument)],
  ["Connection.send, limits", (argument) => end().send(1, argument), limits],
  ["Connection.sendSync, limits", (argument) => end().sendSync(1, argument)],
  ["Connection.recv, limits", (argument) => end().recv(argument), limits],
  ["Connection.recvSync, limits", (argument) => end().recvSync(argument)],
  ["select", (argument) => select(argument)],
  ["select, a source", (argument) => select([argument, one()])],
  ["select, limits", (argument) => select([one()], argument), limits],
  ["new Manager", (argument) => new (Manager as Any)(argument), "undefined"],
  ["Manager.list", (argument, manager) => manager.list(argument), "undefined text map array"],
  ["Manager.dict", (argument, manager) => manager.dict(argument), "undefined map object"],
  [
    "Manager.dict, a key",
    (argument, manager) => manager.dict([[argument, 1]]),
    "undefined null number NaN text boolean bigint",
  ],
  ["Manager.namespace", (argument, manager) => manager.namespace(argument), "object"],
  ["Manager.register", (argument, manager) => manager.register(argument)],
  ["Manager.forget", (argument, manager) => manager.forget(argument)],
  ["Manager.transaction", (argument, manager) => manager.transaction(argument), "function"],
  ["Manager.transaction, limits", (argument, manager) => manager.transaction(() => 1, argument), limits],
  ["ListProxy.extend", (argument, manager) => manager.list<Any>().extend(argument), "text map array"],
  ["ListProxy.at", (argument, manager) => manager.list([1]).at(argument)],
  ["ListProxy.set", (argument, manager) => manager.list([1]).set(argument, 1)],
  ["ListProxy.insert", (argument, manager) => manager.list([1]).insert(argument, 1)],
  ["ListProxy.delete", (argument, manager) => manager.list([1]).delete(argument)],
  ["ListProxy.slice, start", (argument, manager) => manager.list([1]).slice(argument), "undefined"],
  ["ListProxy.slice, end", (argument, manager) => manager.list([1]).slice(0, argument), "undefined"],
  ["ListProxy.sort", (argument, manager) => manager.list<Any>([{ a: 1 }]).sort(argument)],
  ["ListProxy.transaction", (argument, manager) => manager.list().transaction(argument), "function"],
  ["DictProxy.update", (argument, manager) => manager.dict().update(argument), "map object"],
  [
    "DictProxy.get",
    (argument, manager) => manager.dict<Any>().get(argument),
    "undefined null number NaN text boolean bigint",
  ],
  [
    "DictProxy.set",
    (argument, manager) => manager.dict<Any>().set(argument, 1),
    "undefined null number NaN text boolean bigint",
  ],
  ["NamespaceProxy.get", (argument, manager) => manager.namespace<Any>({}).get(argument), "text"],
  ["NamespaceProxy.set", (argument, manager) => manager.namespace<Any>({}).set(argument, 1), "text"],
  ["NamespaceProxy.delete", (argument, manager) => manager.namespace<Any>({}).delete(argument), "text"],
  ["NamespaceProxy.assign", (argument, manager) => manager.namespace<Any>({}).assign(argument), "object"],
  ["ValueProxy.update", (argument, manager) => manager.value(1).update(argument), "function"],
];

for (const [name, call, takes = ""] of calls) {
  test(`${name}: a wrong argument is refused with the call and the argument, within 10 s`, async () => {
    using manager = new Manager();
    for (const [what, value] of Object.entries(values)) {
      const outcome = within(10_000, (async () => await call(value, manager))(), `${name} with ${what}`);
      if (takes.split(" ").includes(what)) {
        // A signal that has aborted ends the call with its reason.
        await outcome.catch((error) => assertEquals([what, error.name], ["signal", "AbortError"]));
        continue;
      }
      const error = await assertRejects(() => outcome, Error, undefined, `${name} takes ${what}`);
      assert(
        /^Cannot (create|put|get|join|send|receive|select|make|register|forget|begin|extend|read|set|insert|delete|slice|sort|update|use|assign)/
          .test(error.message),
        `${name} with ${what}: ${error}`,
      );
      assert(
        !/is not (iterable|a function)|undefined or null|perform/.test(
          error.message.replace(/Cannot perform .* revoked/, ""),
        ),
        `${name} with ${what}: ${error}`,
      );
    }
  });
}

test("data that cannot be copied is refused with its path, a revoked proxy too", async () => {
  using manager = new Manager();
  const account = manager.register(Account)();
  for (const value of [revoked(), new Proxy({}, {}), Symbol("s"), () => 1]) {
    for (
      const run of [
        () => manager.list().push(value),
        () => manager.value<unknown>(0).set(value),
        () => account.deposit(value as number),
        () => new Queue<unknown>().put(value),
      ]
    ) {
      const error = await assertRejects(run, TransferError, "cannot be copied to another thread");
      assert(/^(args\[0\]|item)$/.test(error.path), error.path);
    }
    assertInstanceOf(assertThrows(() => manager.value(value)), TransferError);
  }
});
