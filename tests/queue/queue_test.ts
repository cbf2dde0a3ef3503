/**
 * Queues, pipes and select on one thread: what each call does in each state.
 *
 * @module
 */
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import {
  Counter,
  IsopoolError,
  JoinableQueue,
  Lock,
  Pipe,
  Queue,
  QueueClosedError,
  select,
  TransferError,
  WaitTimeoutError,
} from "@isopool/isopool";
import type { ChannelItems } from "../../lib/queue/channel_items.ts";
import { source } from "../../lib/queue/queue.ts";
import { decode, encode } from "../../lib/shared/revive.ts";
import { pause, test, timed, within } from "../support/within.ts";

/** How many bytes of items a queue has room for. */
function memoryOf(queue: Queue<never> | Queue<Uint8Array>): number {
  return (source(queue as Queue<unknown>) as ChannelItems).channel.memory.pages.byteLength;
}

test("put on a full queue and get on an empty one end by timeout, by signal, or at once", async () => {
  const queue = new Queue<number>({ maxSize: 2 });
  assertEquals(queue.tryGet(), { state: "empty" });
  for (const get of [() => queue.get({ timeout: 30 }), () => Promise.resolve(queue.getSync({ timeout: 30 }))]) {
    const { ms, error } = await timed((async () => await get())());
    assertInstanceOf(error, WaitTimeoutError);
    assert(ms < 2_000, `${ms} ms`);
  }
  assertEquals([await queue.put(1), queue.putSync(2, { timeout: 0 }), queue.tryPut(3), queue.size], [0, 1, "full", 2]);
  await assertRejects(() => queue.put(3, { timeout: 20 }), WaitTimeoutError);
  assertThrows(() => queue.putSync(3, { timeout: 20 }), WaitTimeoutError);
  await assertRejects(() => queue.put(3, { signal: AbortSignal.abort(new Error("mine")) }), Error, "mine");
  assertThrows(() => queue.getSync(), TypeError, "timeout");
  assertEquals([await queue.get(), queue.getSync({ timeout: 0 }), queue.tryGet()], [1, 2, { state: "empty" }]);
});

test("waiting puts keep their order, and tryPut does not overtake them", async () => {
  const queue = new Queue<number>({ maxSize: 1 });
  const puts = [0, 1, 2, 3, 4].map((n) => queue.put(n));
  const givenUp = queue.put(99, { timeout: 5 });
  await assertRejects(() => givenUp, WaitTimeoutError);
  for (let n = 0; n < 5; n++) {
    assertEquals(await within(5_000, queue.get()), n);
    if (n === 0) assertEquals(queue.tryPut(7), "full");
  }
  assertEquals(await Promise.all(puts), [0, 1, 2, 3, 4]);
});

test("a put does not take the place that has just come free for an earlier put of its thread", async () => {
  const queue = new Queue<string>({ maxSize: 1 });
  assertEquals(queue.tryPut("first"), "ok");
  const puts = [queue.put("second")];
  assertEquals(queue.tryGet(), { state: "ok", value: "first" });
  puts.push(queue.put("third"));
  assertEquals([await queue.get(), await queue.get()], ["second", "third"]);
  await Promise.all(puts);
});

test("after close, producers get their value back, and consumers take the rest and end", async () => {
  const queue = new Queue<string>({ maxSize: 1 });
  await queue.put("a");
  const waitingPut = queue.put("b").catch((error) => error);
  await pause(5);
  queue.close();
  const error = await waitingPut;
  assertInstanceOf(error, QueueClosedError);
  assertEquals([error.value, queue.tryPut("c"), queue.closed], ["b", "closed", true]);
  assertThrows(() => queue.putSync("c", { timeout: 1 }), QueueClosedError);
  assertEquals([await queue.get(), queue.tryGet()], ["a", { state: "closed" }]);
  await assertRejects(() => queue.get(), QueueClosedError);
  assertThrows(() => queue.getSync({ timeout: 1 }), QueueClosedError);
  assertEquals(await Array.fromAsync(queue), []);
  const empty = new Queue();
  const gets = assertRejects(() => empty.get(), QueueClosedError);
  empty.close();
  await gets;
});

const shared = { a: 1 };
const cyclic: Record<string, unknown> = {};
cyclic.self = cyclic;
const view = new Uint8Array([1, 2, 3, 4]);

const values: unknown[] = [
  undefined,
  null,
  true,
  false,
  0,
  -0,
  NaN,
  Infinity,
  1.5,
  2 ** 53,
  12n,
  "",
  "text",
  "日本",
  "\ud800",
  "\ufeffa",
  "x".repeat(200_000),
  {},
  [],
  [[]],
  { a: { b: [1, "c", null, true] } },
  { a: undefined },
  [undefined],
  [-0],
  [NaN],
  [, 1],
  { a: 1n },
  new Date(5),
  new Map<unknown, unknown>([[1, { a: 1 }]]),
  new Set([1]),
  /a/gi,
  new Uint8Array([1, 2]),
  new Float64Array([1.5]),
  new ArrayBuffer(3),
  new DataView(new ArrayBuffer(4)),
  new RangeError("r", { cause: 1 }),
  Object(1),
  { list: Array(100).fill(0) },
  JSON.parse('{"__proto__":1}'),
  Array.from({ length: 2000 }, (_, i) => ({ i })),
];

test("every kind of value arrives as structured clone would copy it", async () => {
  const queue = new Queue();
  for (const value of values) {
    await queue.put(value);
    const got = await queue.get();
    assert(Object.is(got, value) || typeof value === "object", String(value));
    assertEquals(Deno.inspect(got, { depth: 9 }), Deno.inspect(structuredClone(value), { depth: 9 }));
  }
  await queue.put([shared, shared, cyclic, view.subarray(0, 2), view.subarray(2)]);
  const got = await queue.get() as unknown[];
  assertStrictEquals(got[0], got[1]);
  assertStrictEquals((got[2] as typeof cyclic).self, got[2]);
  assertStrictEquals((got[3] as Uint8Array).buffer, (got[4] as Uint8Array).buffer);
  await queue.put(new Blob(["abc"]));
  assertEquals(await (await queue.get() as Blob).text(), "abc");
  await assertRejects(() => queue.put([() => 1]), TransferError, "could not be cloned");
  assertEquals(queue.size, 0);
});

test("items can contain shared objects and the queue itself", async () => {
  const queue = new Queue<unknown>();
  const counter = new Counter();
  const memory = new SharedArrayBuffer(4);
  await queue.put({ deep: [new Map([["c", counter]])], lock: new Lock(), queue, memory });
  // deno-lint-ignore no-explicit-any -- its parts are checked one by one
  const got = await queue.get() as any;
  got.deep[0].get("c").add(3);
  new Uint8Array(got.memory)[0] = 7;
  assertEquals([counter.get(), new Uint8Array(memory)[0]], [3, 7]);
  assertInstanceOf(got.lock, Lock);
  assertEquals(got.queue.tryPut("through"), "ok");
  assertEquals(await queue.get(), "through");
});

test("items of every size arrive, and memory is reused", async () => {
  const queue = new Queue<Uint8Array>();
  const sizes = [0, 1, 65_500, 65_536, 200_000, 16 << 20];
  const bytes = (size: number) => new Uint8Array(size).map((_, i) => i * 7 + (i >> 8));
  for (const size of sizes) await queue.put(bytes(size));
  for (const size of sizes) assertEquals(new Uint8Array(await queue.get()), bytes(size));
  const before = memoryOf(queue);
  for (let i = 0; i < 100; i++) {
    queue.putSync(new Uint8Array(1 << 20), { timeout: 1_000 });
    queue.getSync({ timeout: 1_000 });
  }
  assertEquals(memoryOf(queue), before);
});

test("a queue without a limit takes all items before a consumer gets one", async () => {
  const queue = new Queue<number>();
  for (let i = 0; i < 200_000; i++) assertEquals(queue.tryPut(i), "ok");
  for (let i = 0; i < 200_000; i++) assertEquals(queue.tryGet(), { state: "ok", value: i });
  await undefined;
});

test("items that a loop leaves behind stay in the queue", async () => {
  const queue = new Queue<number>();
  for (let i = 0; i < 5; i++) queue.tryPut(i);
  for await (const n of queue) if (n === 2) break;
  assertEquals([await queue.get(), queue.size], [3, 1]);
});

test("join waits until each item is done, and taskDone fails when it is called too often", async () => {
  const queue = new JoinableQueue<number>();
  await queue.join();
  assertThrows(() => queue.taskDone(), IsopoolError, "once for each item");
  await queue.put(1);
  await assertRejects(() => queue.join({ timeout: 10 }), WaitTimeoutError);
  const join = queue.join();
  await queue.get();
  assertEquals(queue.unfinished, 1);
  queue.taskDone();
  await within(5_000, join);
  assertThrows(() => queue.taskDone(), IsopoolError);
  assertInstanceOf(decode(structuredClone(encode(queue))), JoinableQueue);
});

test("a pipe keeps messages apart in both directions; a one-way pipe has one direction", async () => {
  const [a, b] = Pipe<string>();
  for (const text of ["", "one", ""]) await a.send(text);
  assertEquals([b.poll(), await b.recv(), await b.recv(), b.poll(), b.recvSync({ timeout: 1 }), b.poll()], [
    true,
    "",
    "one",
    true,
    "",
    false,
  ]);
  await b.send("back");
  b.close();
  assertEquals([a.poll(), await a.recv()], [true, "back"]);
  await assertRejects(() => a.recv(), QueueClosedError);
  await assertRejects(() => a.send("x"), QueueClosedError);
  await assertRejects(() => b.send("x"), QueueClosedError);
  const [reader, writer] = Pipe<number>({ duplex: false });
  await assertRejects(() => reader.send(1), IsopoolError, "receives only");
  await assertRejects(() => writer.recv(), IsopoolError, "sends only");
  assertThrows(() => writer.poll(), IsopoolError);
  await writer.send(1);
  writer.close();
  assertEquals(await Array.fromAsync(reader), [1]);
});

test("select takes from the first ready source, and wakes another consumer for the rest", async () => {
  const one = new Queue<number>(), two = new Queue<number>();
  await assertRejects(() => select([one, two], { timeout: 10 }), WaitTimeoutError);
  const selecting = select([one, two]);
  const get = two.get();
  two.tryPut(1);
  two.tryPut(2);
  const { index, result } = await within(5_000, selecting);
  assertEquals([index, result.state, 3 - await get], [1, "ok", result.state === "ok" ? result.value : 0]);
  const [a, b] = Pipe<string>();
  await b.send("hi");
  assertEquals(await select([a, new Queue<string>()]), { index: 0, result: { state: "ok", value: "hi" } });
  b.close();
  assertEquals((await select([a])).result, { state: "closed" });
});
