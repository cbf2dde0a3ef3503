/**
 * Wrong arguments of shared objects: an error of this library at the call, which names the call and the argument.
 *
 * @module
 */
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import * as isopool from "@isopool/isopool";
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  Counter,
  Lock,
  RLock,
  Semaphore,
  SharedArray,
  SharedEvent,
  Value,
} from "@isopool/isopool";

/** Values that no call here takes, apart from numbers. */
const nonsense: [name: string, value: unknown][] = [
  ["null", null],
  ["a symbol", Symbol("s")],
  ["a string", "x"],
  ["a function", () => 1],
  ["a bigint", 1n],
  ["an array", [1]],
  ["NaN", NaN],
  ["a date", new Date(0)],
  ["a revoked proxy", revoked()],
];

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

// deno-lint-ignore no-explicit-any -- wrong arguments on purpose
type Any = any;

/** Calls with one wrong argument. */
const calls: [name: string, call: (argument: Any) => unknown][] = [
  ["new Lock", (argument) => new (Lock as Any)(argument)],
  ["new RLock", (argument) => new (RLock as Any)(argument)],
  ["new SharedEvent", (argument) => new (SharedEvent as Any)(argument)],
  ["new Semaphore", (argument) => new Semaphore(argument)],
  ["new BoundedSemaphore", (argument) => new BoundedSemaphore(argument)],
  ["new Barrier", (argument) => new Barrier(argument)],
  ["new Condition", (argument) => new Condition(argument)],
  ["new Condition, lock", (argument) => new Condition({ lock: argument })],
  ["new Condition, maxWaiters", (argument) => new Condition({ maxWaiters: argument })],
  ["new Counter", (argument) => new Counter(argument)],
  ["new Value, type", (argument) => new Value(argument)],
  ["new Value, initial", (argument) => new Value("i32", argument)],
  ["new SharedArray, type", (argument) => new SharedArray(argument, 1)],
  ["Lock.acquire", (argument) => new Lock().acquire(argument)],
  ["Lock.acquire, recover", (argument) => new Lock().acquire({ recover: argument === nonsense[3][1] ? 3 : argument })],
  ["Lock.acquireSync, timeout", (argument) => new Lock().acquireSync({ timeout: argument })],
  ["Semaphore.acquire, signal", (argument) => new Semaphore().acquire({ signal: argument })],
  ["Semaphore.release", (argument) => new Semaphore().release(argument)],
  ["BoundedSemaphore.acquireSync", (argument) => new BoundedSemaphore(1).acquireSync(argument)],
  ["SharedEvent.wait", (argument) => new SharedEvent().wait(argument)],
  ["Barrier.wait", (argument) => new Barrier(2).wait(argument)],
  ["Condition.wait, guard", (argument) => new Condition().wait(argument)],
  ["Condition.wait, limits", (argument) => {
    const condition = new Condition();
    return condition.wait(condition.lock.tryAcquire()!, argument);
  }],
  ["Condition.waitFor, condition", (argument) => {
    const condition = new Condition();
    return condition.waitFor(condition.lock.tryAcquire()!, argument === nonsense[3][1] ? 3 : argument);
  }],
  ["Condition.waitForSync, condition", (argument) => {
    const condition = new Condition();
    const guard = condition.lock.tryAcquire()!;
    return condition.waitForSync(guard, argument === nonsense[3][1] ? 3 : argument, { timeout: 10 });
  }],
  ["Condition.notify, guard", (argument) => new Condition().notify(argument)],
  ["Condition.notify, count", (argument) => {
    const condition = new Condition();
    return condition.notify(condition.lock.tryAcquire()!, argument);
  }],
  ["Value.set", (argument) => new Value("i32").set(argument)],
  ["Value.add", (argument) => new Value("i32").add(argument)],
  ["Value.compareExchange", (argument) => new Value("i32").compareExchange(argument, 1)],
  ["Value.update", (argument) => new Value("i32").update(argument === nonsense[3][1] ? 3 : argument)],
  ["Counter.add", (argument) => new Counter().add(argument)],
  ["SharedArray.get", (argument) => new SharedArray("i32", 2).get(argument)],
  ["SharedArray.slice, start", (argument) => new SharedArray("i32", 2).slice(argument)],
  ["SharedArray.slice, end", (argument) => new SharedArray("i32", 2).slice(0, argument)],
  ["SharedArray.update", (argument) => new SharedArray("i32", 2).update(0, argument === nonsense[3][1] ? 3 : argument)],
];

/** Not "Cannot perform 'getPrototypeOf'", "Cannot read properties of null": those are the engine's. */
const CLEAR = /^Cannot (?!perform|read|convert|mix|destructure|set propert)/;

async function errorOf(call: () => unknown): Promise<Error | undefined> {
  try {
    await call();
  } catch (error) {
    return error as Error;
  }
  return undefined;
}

for (const [name, call] of calls) {
  Deno.test(`${name}: a wrong argument is an error of this library`, async () => {
    for (const [what, value] of nonsense) {
      const error = (await errorOf(() => call(value)))!;
      assert(error instanceof Error, `${what}: ${Deno.inspect(error)}`);
      assert(["TypeError", "RangeError"].includes(error.name), `${what}: ${error.name}`);
      assert(CLEAR.test(error.message), `${what}: ${error.message}`);
    }
  });
}

Deno.test("new Condition(lock) uses that lock, as in Python", async () => {
  const lock = new Lock();
  const condition = new Condition(lock);
  assertStrictEquals(condition.lock, lock);
  assertEquals(condition.maxWaiters, 64);
  using guard = await lock.acquire();
  condition.notifyAll(guard);
  assertEquals(lock.locked, true);
});

Deno.test("a Condition takes no other lock than a Lock, and says so", () => {
  for (const lock of [new RLock(), new Semaphore(), new Condition()]) {
    for (const argument of [lock, { lock }]) {
      assertThrows(
        () => new Condition(argument as Any),
        TypeError,
        "Cannot create Condition: `lock` is an object: it takes a Lock",
      );
    }
  }
  assertThrows(() => new Condition({ locks: new Lock() } as Any), TypeError, "unknown option `locks`");
});

Deno.test("waitFor() refuses a function that returns a promise, which would always count as true", async () => {
  const condition = new Condition();
  using guard = await condition.acquire();
  const promised = (() => Promise.resolve(false)) as Any;
  await assertRejects(
    () => condition.waitFor(guard, promised),
    TypeError,
    "returned a promise: it must return true or false",
  );
  assertThrows(() => condition.waitForSync(guard, promised, { timeout: 10 }), TypeError, "returned a promise");
  assertEquals(guard.held, true);
});

Deno.test("an array that no memory can hold is refused with its size", () => {
  assertThrows(() => new SharedArray("f64", 2 ** 50), RangeError, "Cannot create SharedArray");
});

Deno.test("each exported error class can be made without its options", () => {
  const classes = Object.entries(isopool).filter(([name]) => name.endsWith("Error")) as [
    string,
    new (...args: Any[]) => Error,
  ][];
  assert(classes.length > 10, `${classes.length} classes`);
  for (const [name, Class] of classes) {
    for (const args of [[], ["message"], ["message", null], ["message", 3], ["message", {}]]) {
      const error = new Class(...args);
      assertInstanceOf(error, isopool.IsopoolError);
      assertEquals(error.name, name);
    }
  }
});
