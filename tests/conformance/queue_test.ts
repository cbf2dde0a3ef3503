/**
 * Cases of CPython's `_TestQueue`, `_TestConnection` and `_TestPoll` that no other test here asserts. TABLE.md has all
 * cases.
 *
 * @module
 */
import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import {
  type Connection,
  JoinableQueue,
  Pipe,
  Queue,
  QueueClosedError,
  SharedEvent,
  TransferError,
  WaitTimeoutError,
} from "@isopool/isopool";
import { TestThread } from "../shared/support/test_thread.ts";
import { test, timed, until, within } from "../support/within.ts";

const TIMEOUT = 60;

/** Asserts that a call throws `WaitTimeoutError` after its timeout, not before, and at once with a timeout of 0. */
async function assertTimesOut(call: (limits: { timeout: number }) => unknown): Promise<void> {
  for (const timeout of [0, TIMEOUT]) {
    const start = performance.now();
    const { ms, error } = await timed(Promise.try(() => call({ timeout })), start);
    assertInstanceOf(error, WaitTimeoutError);
    // Timers may be a millisecond early.
    assert(ms >= timeout - 2 && ms < timeout + 5_000, `${ms} ms of ${timeout}`);
  }
}

for (const engine of ["thread", "web"] as const) {
  test(`${engine}: put into a full queue times out, and succeeds when a thread has taken`, async () => {
    await using child = await TestThread.start(engine);
    const queue = new Queue<number>({ maxSize: 6 });
    const [start, done] = [new SharedEvent(), new SharedEvent()];
    const taken = child.run("getSome", queue, 6, start, done);
    assertEquals(queue.size, 0);
    await queue.put(1);
    await queue.put(2, {});
    queue.putSync(3, { timeout: 1_000 });
    await queue.put(4, { timeout: 0 });
    queue.putSync(5, { timeout: 0 });
    assertEquals([queue.tryPut(6), queue.size, queue.tryPut(7)], ["ok", 6, "full"]);
    await assertTimesOut((limits) => queue.put(7, limits));
    await assertTimesOut((limits) => queue.putSync(7, limits));
    start.set();
    await done.wait({ timeout: 10_000 });
    assertEquals([queue.size, queue.tryPut(7)], [0, "ok"]);
    await taken;
  });

  test(`${engine}: get takes what a thread has put, then times out`, async () => {
    await using child = await TestThread.start(engine);
    const queue = new Queue<number>();
    const [start, done] = [new SharedEvent(), new SharedEvent()];
    const put = child.run("putSome", queue, [1, 2, 3, 4, 5], start, done);
    assertEquals(queue.size, 0);
    start.set();
    await done.wait({ timeout: 10_000 });
    // At once: there is no feeder thread that may still be busy.
    assertEquals(queue.size, 5);
    assertEquals(queue.tryGet(), { state: "ok", value: 1 });
    assertEquals([await queue.get(), await queue.get({}), await queue.get({ timeout: 1_000 })], [2, 3, 4]);
    assertEquals(queue.getSync({ timeout: 0 }), 5);
    assertEquals(queue.tryGet(), { state: "empty" });
    await assertTimesOut((limits) => queue.get(limits));
    await assertTimesOut((limits) => queue.getSync(limits));
    await put;
  });

  test(`${engine}: items of a thread come after those that its parent put before`, async () => {
    const queue = new Queue<number>();
    for (let i = 0; i < 10; i++) await queue.put(i);
    await using child = await TestThread.start(engine);
    const alreadySet = new SharedEvent();
    alreadySet.set();
    const put = child.run(
      "putSome",
      queue,
      Array.from({ length: 10 }, (_, i) => i + 10),
      alreadySet,
      new SharedEvent(),
    );
    for (let i = 0; i < 20; i++) assertEquals(await within(10_000, queue.get()), i);
    assertEquals(queue.tryGet(), { state: "empty" });
    await put;
  });

  test(`${engine}: a connection echoes values, bytes and 16 MB, polls, and ends`, async () => {
    await using child = await TestThread.start(engine);
    const [here, there] = Pipe<unknown>();
    const done = child.run("echo", there);
    const bytes = new TextEncoder().encode("hello world");
    for (const message of [[1, 2.25, null], bytes, new Int32Array([0, 1, 2, 3]), null]) {
      assertEquals(here.poll(), false);
      await assertRejects(() => here.recv({ timeout: 0 }), WaitTimeoutError);
      await here.send(message);
      await until(() => here.poll(), "the echo");
      assertEquals(await here.recv(), message);
    }
    await assertTimesOut((limits) => here.recv(limits));
    await assertTimesOut((limits) => here.recvSync(limits));
    const big = new Uint8Array(16 << 20).fill(88);
    await here.send(big);
    assertEquals(new Uint8Array(await within(20_000, here.recv()) as Uint8Array).every((byte) => byte === 88), true);
    here.close();
    await done;
    await assertRejects(() => here.recv(), QueueClosedError);
  });

  test(`${engine}: messages arrive one by one as they were sent, empty ones too, and then the end`, async () => {
    await using child = await TestThread.start(engine);
    for (const messages of [["hello", "", "a", "b", "", "bye", "", "lop"], ["a", "b", "cd"]]) {
      const [here, there] = Pipe<unknown>();
      assertEquals(here.poll(), false);
      const sent = child.run("sendAll", there, messages);
      for (const message of messages) {
        await until(() => here.poll(), "a message");
        assertEquals([here.poll(), await here.recv()], [true, message]);
      }
      await sent;
      await assertRejects(() => here.recv({ timeout: 10_000 }), QueueClosedError);
      assertThrows(() => here.recvSync({ timeout: 10_000 }), QueueClosedError);
    }
  });

  test(`${engine}: poll() takes no message`, async () => {
    await using child = await TestThread.start(engine);
    const [reader, writer] = Pipe<string>({ duplex: false });
    const polled = child.run("pollOne", reader);
    await writer.send("first");
    await writer.send("second");
    writer.close();
    const back = await within(10_000, polled) as Connection<string>;
    assertEquals(await Array.fromAsync(back), ["first", "second"]);
  });
}

test("size follows puts and gets", async () => {
  const queue = new Queue<number>();
  const sizes = [queue.size];
  for (const step of [() => queue.put(1), () => queue.put(5), () => queue.get(), () => queue.get()]) {
    await step();
    sizes.push(queue.size);
  }
  assertEquals(sizes, [0, 1, 2, 1, 0]);
});

test("a queue can be used by a module that is being imported", async () => {
  const { received } = await within(10_000, import("./fixtures/queue_at_import.ts"));
  assertEquals(received, "knock knock");
});

test("an item that cannot be cloned makes its own put fail, and takes no room", async () => {
  const queue = new Queue<unknown>({ maxSize: 1 });
  const hostile = {
    get value() {
      throw new RangeError("mine");
    },
  };
  await assertRejects(() => queue.put(hostile), TransferError, "mine");
  await assertRejects(() => queue.put(() => 1), TransferError, "Cannot send argument item");
  assertThrows(() => queue.tryPut(Symbol("s")), TransferError);
  assertEquals(await queue.put(true), 0);
  assertEquals([queue.size, await queue.get({ timeout: 1_000 }), queue.size], [1, true, 0]);
});

test("a closed queue of either kind rejects put and get, and still has a size", async () => {
  for (const queue of [new Queue<string>(), new JoinableQueue<string>()]) {
    await queue.put("foo");
    queue.close();
    assertEquals(queue.size, 1);
    assertEquals(await queue.get(), "foo");
    await assertRejects(() => queue.put("foo"), QueueClosedError, "closed");
    await assertRejects(() => queue.get(), QueueClosedError, "closed");
    assertEquals([queue.size, queue.closed], [0, true]);
  }
});

test("of a view only its own part of the buffer is sent", async () => {
  const [a, b] = Pipe<Uint8Array>();
  const bytes = new TextEncoder().encode("abcdefghijklmnopqrstuvwxyz");
  for (const part of [bytes, bytes.subarray(5), bytes.subarray(7, 15), bytes.subarray(26), bytes.subarray(26, 26)]) {
    await a.send(part);
    assertEquals([...await b.recv()], [...part]);
  }
});

test("a connection is closed when its block ends", async () => {
  const [outer, inner] = Pipe<number>();
  {
    using a = outer, b = inner;
    await a.send(1729);
    assertEquals([await b.recv(), a.open, b.open], [1729, true, true]);
  }
  assertEquals([outer.open, inner.open], [false, false]);
  await assertRejects(() => outer.recv(), QueueClosedError);
  await assertRejects(() => inner.recv(), QueueClosedError);
});
