/**
 * Shared objects inside messages keep their class, their memory and their identity.
 *
 * @module
 */
import { assert, assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "@std/assert";
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  Counter,
  IsopoolError,
  Lock,
  RLock,
  Semaphore,
  SharedArray,
  SharedEvent,
  Value,
} from "@isopool/isopool";
import { KEY } from "../../lib/shared/handle.ts";
import { decode, encode, type Envelope } from "../../lib/shared/revive.ts";

/** Encodes, clones and decodes a value, as a message does. */
const send = <T>(value: T): T => decode(structuredClone(encode(value))) as T;

/** Does the same, first with a snapshot and then through a port, as the pool does. */
async function sendTwice<T>(value: T): Promise<T> {
  const { port1, port2 } = new MessageChannel();
  try {
    const snapshot: Envelope = structuredClone(encode(value));
    const { promise, resolve } = Promise.withResolvers<Envelope>();
    port2.onmessage = ({ data }) => resolve(data);
    port1.postMessage(snapshot);
    return decode(await promise) as T;
  } finally {
    port1.close();
    port2.close();
  }
}

Deno.test("each kind arrives as itself, over the same memory", () => {
  const value = new Value("i64", 1n);
  send(value).add(1n);
  assertEquals([value.get(), send(value).type], [2n, "i64"]);

  const counter = new Counter();
  send(counter).add(5);
  assertEquals(counter.get(), 5);

  const array = new SharedArray("f64", [1, 2, 3, 4]).slice(1, 3);
  send(array).set(0, 20);
  assertEquals([[...array], send(array).length], [[20, 3], 2]);

  const lock = new Lock();
  using _guard = send(lock).tryAcquire();
  assertEquals([lock.locked, lock.tryAcquire()], [true, undefined]);
  assert(send(new RLock()) instanceof RLock);

  const semaphore = new Semaphore(2);
  send(semaphore).tryAcquire();
  assertEquals(semaphore.permits, 1);

  const bounded = new BoundedSemaphore(2);
  send(bounded).tryAcquire();
  assertEquals([bounded.permits, send(bounded).limit], [1, 2]);

  const event = new SharedEvent();
  send(event).set();
  assert(event.isSet);

  const barrier = new Barrier(3);
  send(barrier).abort();
  assertEquals([barrier.broken, send(barrier).parties], [true, 3]);
});

Deno.test("a condition arrives with its lock, and is the same condition", async () => {
  const lock = new Lock();
  const condition = new Condition({ lock, maxWaiters: 3 });
  const there = send({ condition, lock });
  assertStrictEquals(there.condition.lock, there.lock);
  assertEquals(there.condition.maxWaiters, 3);
  const guard = await condition.acquire();
  const waits = condition.wait(guard, { timeout: 10_000 });
  using other = await there.condition.acquire({ timeout: 10_000 });
  there.condition.notify(other);
  other.release();
  await waits;
});

Deno.test("handles are found at any depth, in every container", async () => {
  const counter = new Counter();
  const error = new Error("with a cause", { cause: { counter } });
  const value = {
    list: [1, [2, { counter }]],
    map: new Map<unknown, unknown>([["a", counter], [counter, "b"], ["c", { counter }]]),
    set: new Set<unknown>([counter, 1, [counter]]),
    error,
    date: new Date(5),
    bytes: new Uint8Array([1, 2]),
    nothing: null,
  };
  for (const there of [send(value), await sendTwice(value)]) {
    const found = (there.list[1] as [number, { counter: Counter }])[1].counter;
    assertInstanceOf(found, Counter);
    assertEquals([...there.map.keys()], ["a", found, "c"]);
    assertStrictEquals(there.map.get("a"), found);
    assertStrictEquals((there.map.get("c") as typeof value.list[1] & { counter: Counter }).counter, found);
    assertEquals(there.set.has(found), true);
    assertStrictEquals([...there.set][0], found);
    assertStrictEquals((there.error.cause as { counter: Counter }).counter, found);
    assertEquals([there.date, there.bytes, there.nothing], [value.date, value.bytes, null]);
  }
});

Deno.test("cycles and shared references stay what they are", () => {
  const counter = new Counter();
  const inner = { counter };
  const value: Record<string, unknown> = { inner, again: inner, list: [inner], counter };
  value.self = value;
  const there = send(value);
  assertStrictEquals(there.self, there);
  assertStrictEquals(there.inner, there.again);
  assertStrictEquals((there.list as unknown[])[0], there.inner);
  assertStrictEquals((there.inner as typeof inner).counter, there.counter);
});

Deno.test("a message without shared objects is not walked", () => {
  const plain = { [KEY]: { kind: "counter", version: 1 } };
  const envelope = structuredClone(encode([plain, { a: 1 }]));
  assertEquals(envelope.handles, false);
  assertEquals(decode(envelope), [plain, { a: 1 }]);
  assertEquals(structuredClone(encode([new Counter()])).handles, true);
});

Deno.test("the flag `handles` survives a second clone, a port, and transfer", async () => {
  const buffer = new ArrayBuffer(8);
  const { port1, port2 } = new MessageChannel();
  const { promise, resolve } = Promise.withResolvers<Envelope>();
  port2.onmessage = ({ data }) => resolve(data);
  port1.postMessage(encode({ buffer, deep: [{ counter: new Counter(4) }] }), [buffer]);
  const there = decode(await promise) as { buffer: ArrayBuffer; deep: { counter: Counter }[] };
  assertEquals([there.deep[0].counter.get(), there.buffer.byteLength, buffer.byteLength], [4, 8, 0]);
  port1.close();
  port2.close();
});

Deno.test("an unknown kind and another protocol are refused by name", () => {
  const foreign = (handle: unknown): Envelope => ({ value: [{ [KEY]: handle }], handles: true });
  assertThrows(() => decode(foreign({ kind: "rope", version: 1 })), IsopoolError, 'has no kind "rope"');
  assertThrows(
    () => decode(foreign({ kind: "counter", version: 2 })),
    IsopoolError,
    "it comes from a copy of isopool with protocol 2, this one has 1",
  );
});

Deno.test("a value that cannot be cloned fails with structuredClone's DataCloneError", () => {
  const error = assertThrows(() => structuredClone(encode([new Counter(), () => 1]))) as Error;
  assertEquals(error.name, "DataCloneError");
});

/** A second copy of the library in this isolate, from another URL. */
async function secondCopy(folder: string): Promise<typeof import("../../lib/shared/revive.ts") & SharedClasses> {
  for (const part of ["core", "shared", "shared/steps"]) {
    await Deno.mkdir(`${folder}/${part}`, { recursive: true });
    const from = new URL(`../../lib/${part}/`, import.meta.url);
    for await (const { name, isFile } of Deno.readDir(from)) {
      if (isFile) await Deno.copyFile(new URL(name, from), `${folder}/${part}/${name}`);
    }
  }
  const load = (name: string) => import(`file://${folder}/shared/${name}.ts`);
  await load("kinds");
  return { ...await load("revive"), ...await load("counter"), ...await load("lock") };
}

interface SharedClasses {
  Counter: typeof Counter;
  Lock: typeof Lock;
}

Deno.test("two copies of the library in one isolate understand each other", async () => {
  const folder = await Deno.makeTempDir({ prefix: "isopool-test-" });
  try {
    const other = await secondCopy(folder);
    assert(other.Counter !== Counter && other.decode !== decode);
    // An object of the other copy, through this one: both count copies in one place; the result has this copy's class.
    const theirs = new other.Counter(7);
    const ours = send([theirs]) as Counter[];
    assertInstanceOf(ours[0], Counter);
    ours[0].add();
    assertEquals(theirs.get(), 8);
    // An object of this copy, through the other one.
    const lock = new Lock();
    const there = other.decode(structuredClone(other.encode({ lock }))) as { lock: Lock };
    assertInstanceOf(there.lock, other.Lock);
    // Both copies have the same id for this thread.
    using _guard = lock.tryAcquire()!;
    assertThrows(() => there.lock.acquireSync({ timeout: 0 }), Error, "other code of this thread holds it");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
