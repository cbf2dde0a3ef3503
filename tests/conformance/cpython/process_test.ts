/**
 * CPython, `_test_multiprocessing.py`: what `TestWait`, `_TestProcess`, `TestStdinBadfiledescriptor` and `_TestLock` assert,
 * where the other suites of this repository assert less.
 */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  activeWorkers,
  type Connection,
  inline,
  Lock,
  Pipe,
  Process,
  Queue,
  QueueClosedError,
  RLock,
  select,
  SharedEvent,
  WaitTimeoutError,
} from "@isopool/isopool";
import { onLinux } from "../../support/proc.ts";
import { MUST_HAPPEN, test, until, within } from "../../support/within.ts";
import { range } from "../kit.ts";

const OPTIONS = { thread: {}, scoped: { permissions: "none" } } as const;

const sendTen = inline(async (writer: Connection<[number, number]>, id: number, slow: boolean) => {
  for (let n = 0; n < 10; n++) {
    if (slow) await new Promise((resolve) => setTimeout(resolve, 5 * Math.random()));
    await writer.send([n, id]);
  }
  writer.close();
});

const putAndWait = inline(async (queue: Queue<number>, event: SharedEvent, n: number) => {
  await queue.put(n);
  await event.wait();
});

for (const [engine, options] of Object.entries(OPTIONS)) {
  for (const slow of [false, true]) {
    test(`${engine}: TestWait.test_wait${slow ? "_slow" : ""}: ten messages of each of four, and the end of each`, async () => {
      const pipes = range(4).map(() => Pipe<[number, number]>({ duplex: false }));
      const processes = pipes.map(([, writer], id) => new Process(sendTen, [writer, id, slow], options).start());
      const messages: [number, number][] = [];
      let open = pipes.map(([reader]) => reader);
      while (open.length > 0) {
        const { index, result } = await within(MUST_HAPPEN, select(open));
        if (result.state === "ok") messages.push(result.value);
        else open = open.filter((_, n) => n !== index);
      }
      for (const process of processes) await within(MUST_HAPPEN, process.join());
      const order = ([n, id]: [number, number]) => 10 * id + n;
      assertEquals(messages.map(order).toSorted((a, b) => a - b), range(40));
      // Those of one arrive in their order.
      for (const id of range(4)) assertEquals(messages.filter(([, from]) => from === id).map(([n]) => n), range(10));
    });
  }

  test(
    `${engine}: _TestProcess.test_child_fd_inflation: descriptors do not grow with the number of processes`,
    async () => {
      if (!onLinux) return;
      const count = () => [...Deno.readDirSync("/proc/self/fd")].length;
      const round = async () => {
        const queue = new Queue<number>(), event = new SharedEvent();
        const processes = range(4).map((n) => new Process(putAndWait, [queue, event, n], options).start());
        const seen: number[] = [];
        for (let n = 0; n < 4; n++) seen.push(await within(MUST_HAPPEN, queue.get()));
        event.set();
        for (const process of processes) await within(MUST_HAPPEN, process.join());
        assertEquals(seen.toSorted(), range(4));
      };
      await round();
      const before = count();
      for (let turn = 0; turn < 3; turn++) await round();
      // The runtime may open one or two of its own; a leak would be 12.
      await until(() => count() <= before + 2, () => `${count()} descriptors, ${before} before`);
    },
    { deadline: 60_000 },
  );

  test(`${engine}: _TestLock.test_lock_locked_2processes, test_rlock_locked_2processes: locked is seen from outside`, async () => {
    const hold = inline(async (lock: Lock | RLock, held: SharedEvent, release: SharedEvent) => {
      using _ = await lock.acquire();
      held.set();
      await release.wait();
    });
    for (const lock of [new Lock(), new RLock()]) {
      const [held, release] = [new SharedEvent(), new SharedEvent()];
      assertEquals(lock.locked, false);
      const process = new Process(hold, [lock, held, release], options).start();
      await within(MUST_HAPPEN, held.wait());
      assertEquals(lock.locked, true);
      release.set();
      await within(MUST_HAPPEN, process.join());
      assertEquals(lock.locked, false);
    }
  });
}

test("TestWait.test_wait_timeout: nothing comes: it gives up in time; then the end that has a message", async () => {
  const [a, b] = Pipe<null>();
  const start = performance.now();
  await assertRejects(() => within(MUST_HAPPEN, select([a, b], { timeout: 200 })), WaitTimeoutError);
  assert(performance.now() - start >= 195);
  await b.send(null);
  assertEquals(await select([a, b], { timeout: 20_000 }), { index: 0, result: { state: "ok", value: null } });
});

test("TestStdinBadfiledescriptor.test_pool_in_process, test_queue_in_process: a process has a pool and a queue of its own", async () => {
  const before = activeWorkers();
  const own = inline(async (url: string) => {
    const { inline, Pool, Queue } = await import(url) as typeof import("@isopool/isopool");
    await using pool = new Pool(2);
    const queue = new Queue<number[]>();
    await queue.put(await pool.map(inline((n: number) => n * n), [1, 2, 3]));
    return await queue.get();
  });
  const process = new Process(own, [import.meta.resolve("../../../mod.ts")]).start();
  assertEquals(await within(MUST_HAPPEN, process.result()), [1, 4, 9]);
  await until(() => activeWorkers() === before, "its workers are gone");
});

test("_TestProcess.test_process, test_close, test_wait_after_end: before, during and after", async () => {
  const event = new SharedEvent();
  const process = new Process(inline((event: SharedEvent) => event.wait()), [event]);
  assertEquals([process.isAlive, process.exitCode], [false, undefined]);
  process.start();
  assertEquals([process.isAlive, process.exitCode], [true, undefined]);
  assertThrows(() => process.start(), Error);
  await assertRejects(() => process.join({ timeout: 0 }), WaitTimeoutError);
  event.set();
  await within(MUST_HAPPEN, process.join());
  assertEquals([process.isAlive, process.exitCode], [false, 0]);
  for (let turn = 0; turn < 2; turn++) await within(MUST_HAPPEN, process.join({ timeout: 0 }));
});

test("TestBaseProcessKwargs.test_default_kwargs_not_shared_between_instances: two processes share no option nor argument", async () => {
  const args: [number[]] = [[1]];
  const count = inline((list: number[]) => list.push(0));
  const [first, second] = [new Process(count, args), new Process(count, args)];
  assertEquals(await within(MUST_HAPPEN, first.start().result()), 2);
  assertEquals(await within(MUST_HAPPEN, second.start().result()), 2);
  await within(MUST_HAPPEN, Promise.all([first.join(), second.join()]));
  assertEquals(args, [[1]]);
});

test("_TestPicklingConnections.test_pickling, test_access: an end that was sent on works there, and no longer here", async () => {
  const [here, there] = Pipe<Connection<string>>();
  const shout = inline(async (connection: Connection<Connection<string>>) => {
    const inner = await connection.recv();
    await inner.send((await inner.recv()).toUpperCase());
    inner.close();
  });
  const process = new Process(shout, [there]).start();
  const [mine, sent] = Pipe<string>();
  await here.send(sent);
  await mine.send("hello");
  assertEquals(await within(MUST_HAPPEN, mine.recv()), "HELLO");
  // It has arrived there: here it can no longer be used.
  assertEquals(sent.open, false);
  await assertRejects(() => sent.send("mine again"), Error);
  await assertRejects(() => within(MUST_HAPPEN, mine.recv()), QueueClosedError);
  await within(MUST_HAPPEN, process.join());
});

test("TestSimpleQueue.test_empty, test_close: empty, not empty, empty; closed twice", async () => {
  const queue = new Queue<boolean>();
  assertEquals(queue.size, 0);
  await queue.put(true);
  assertEquals(queue.size, 1);
  assertEquals([await queue.get(), queue.size], [true, 0]);
  queue.close();
  queue.close();
  assertEquals(queue.closed, true);
});
