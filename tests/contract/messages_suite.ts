import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import {
  CancelledError,
  ItemLostError,
  JoinableQueue,
  Pipe,
  Queue,
  QueueClosedError,
  WorkerCrashedError,
} from "@isopool/isopool";
import { describeEnds } from "../fixtures/tasks/messages.ts";
import { messages } from "../fixtures/views.ts";
import { MUST_HAPPEN, within } from "../support/within.ts";
import type { Suite } from "./backend.ts";

const ITEMS = 400;

/** Queues and pipes between the script and its tasks: the same calls, results and errors on every backend. */
export const messagesSuite: Suite = (backend, check) => {
  const { isolated, forcedKill } = backend.capabilities;

  check(
    "queue: two producers, two consumers: each item arrives once, in its producer's order; tickets are unique",
    async () => {
      await using pool = backend.make({ workers: 4 });
      const queue = new Queue<number>({ maxSize: 7 });
      const taken = [0, 1].map(() => pool.submit(messages.takeAll, queue));
      const tickets = await Promise.all([0, 1].map((i) => pool.submit(messages.putAll, queue, i * ITEMS, ITEMS)));
      queue.close();
      const all = await within(MUST_HAPPEN, Promise.all(taken));
      assertEquals(all.flat().toSorted((a, b) => a - b), Array.from({ length: 2 * ITEMS }, (_, i) => i));
      for (const some of all) {
        for (const part of [some.filter((n) => n < ITEMS), some.filter((n) => n >= ITEMS)]) {
          assertEquals(part, part.toSorted((a, b) => a - b));
        }
      }
      assertEquals(new Set(tickets.flat()).size, 2 * ITEMS);
    },
  );

  check("queue: maxSize holds up a task that puts, and a task that relays", async () => {
    await using pool = backend.make({ workers: 2 });
    const [first, last] = [new Queue<unknown>({ maxSize: 2 }), new Queue<unknown>({ maxSize: 2 })];
    const relayed = pool.submit(messages.relay, first, last);
    // Two in each queue, and one that the task has in its hand.
    for (let n = 0; n < 5; n++) await within(MUST_HAPPEN, first.put(n));
    await assertRejects(() => first.put(5, { timeout: 30 }), Error, "took longer");
    assertEquals([first.size, last.size], [2, 2]);
    for (let n = 0; n < 5; n++) assertEquals(await last.get(), n);
    first.close();
    assertEquals(await relayed, 5);
  });

  check("queue: each call ends as it does in the script: full, empty, closed, timeout, signal, refused", async () => {
    await using pool = backend.make({ workers: 1 });
    const there = await pool.submit(messages.describeEnds, new Queue<unknown>({ maxSize: 1 }), 20);
    const here = await describeEnds(new Queue<unknown>({ maxSize: 1 }), 20);
    assertEquals(there, here);
    assertEquals(there.length, 16);
  });

  check("queue: a synchronous function puts and gets, gives up in time, and leaves nothing behind", async () => {
    await using pool = backend.make({ workers: 1 });
    const [out, into] = [new Queue<number>(), new Queue<number>()];
    await into.put(5);
    assertEquals(await pool.submit(messages.blockOn, out, into), [5, 0, "WaitTimeoutError", "ok", { state: "empty" }]);
    assertEquals([await out.get(), await out.get(), into.size], [6, 7, 0]);
  });

  check("joinable queue: join waits for the consumers in tasks, and a task can wait as well", async () => {
    await using pool = backend.make({ workers: 3 });
    const queue = new JoinableQueue<number>();
    const consumers = [0, 1].map(() => pool.submit(messages.workThrough, queue));
    await pool.submit(messages.putAll, queue, 0, 100);
    assertEquals(await pool.submit(messages.joinQueue, queue), 0);
    await queue.join({ timeout: MUST_HAPPEN });
    queue.close();
    assertEquals((await Promise.all(consumers)).reduce((a, b) => a + b), 100);
  });

  check("select takes from the first ready of several queues, in a task", async () => {
    await using pool = backend.make({ workers: 1 });
    const queues = [new Queue<string>(), new Queue<string>()];
    const found = pool.submit(messages.selectSome, queues, 3);
    for (const [i, item] of [[1, "a"], [0, "b"], [1, "c"]] as const) await queues[i].put(item);
    const all = await within(MUST_HAPPEN, found.result());
    const items = all.slice(0, 3).map((each) => (each as { result: { value: string } }).result.value);
    assertEquals([items.toSorted(), all[3]], [["a", "b", "c"], "WaitTimeoutError"]);
  });

  check("pipe: messages there and back, the end of the stream, one holder of an end", async () => {
    await using pool = backend.make({ workers: 1 });
    const [here, there] = Pipe<unknown>();
    const count = pool.submit(messages.echo, there);
    const sent = ["text", new Map([[1, new Date(2)]]), new Uint8Array(200_000).fill(7), { deep: [null, undefined] }];
    for (const message of sent) {
      await here.send(message);
      assertEquals(await within(MUST_HAPPEN, here.recv()), message);
    }
    if (isolated) {
      assertEquals(there.open, false);
      await assertRejects(() => there.recv(), QueueClosedError);
    }
    here.close();
    assertEquals(await count, sent.length);
  });

  check("pipe: an end goes to a task and comes back in its result", async () => {
    await using pool = backend.make({ workers: 1 });
    const [here, there] = Pipe<string>();
    const { end, wasOpen } = await pool.submit(messages.sendBack, { end: there });
    assertEquals([wasOpen, end.open, await here.recv()], [true, true, "from the task"]);
    await end.send("from the script");
    assertEquals(await here.recv(), "from the script");
    end.close();
    await assertRejects(() => here.recv({ timeout: MUST_HAPPEN }), QueueClosedError);
  });

  check("a queue inside an item, an argument, a result and a shared value is the same queue", async () => {
    await using pool = backend.make({ workers: 2 });
    const queue = new Queue<string>();
    const nested = { list: [new Map([["q", queue]])] };
    const deep = await pool.submit(messages.pass, nested) as typeof nested;
    await deep.list[0].get("q")!.put("by the result");
    assertEquals(await queue.get(), "by the result");
    using shared = pool.share([queue, queue]);
    for (let n = 0; n < 4; n++) {
      const [first, second] = await pool.submit(messages.pass, shared) as Queue<string>[];
      assert(first === second);
      await second.put(`shared ${n}`);
      assertEquals(await queue.get(), `shared ${n}`);
    }
    const results = await pool.map(messages.pass, [queue, queue, queue]) as Queue<string>[];
    await Promise.all(results.map((each, i) => each.put(`${i}`)));
    assertEquals([await queue.get(), await queue.get(), await queue.get()].toSorted(), ["0", "1", "2"]);
  });

  if (!isolated) return;

  check("queue: a consumer that dies loses the item that it took last, and no other; takeLost names it", async () => {
    await using pool = backend.make({ workers: 1 });
    const queue = new Queue<number>();
    for (let n = 0; n < 4; n++) await queue.put(n);
    assertInstanceOf(await pool.submit(messages.takeAndDie, queue, 3).exception(), WorkerCrashedError);
    assertEquals([queue.takeLost(), queue.takeLost(), await queue.get()], [[2], [], 3]);
  });

  check("joinable queue: join fails with the tickets of a consumer that dies, and not for ever", async () => {
    await using pool = backend.make({ workers: 2 });
    const queue = new JoinableQueue<number>();
    for (let n = 0; n < 3; n++) await queue.put(n);
    const joined = pool.submit(messages.joinQueue, queue);
    assertInstanceOf(await pool.submit(messages.takeAndDie, queue, 3).exception(), WorkerCrashedError);
    assertEquals(await within(MUST_HAPPEN, joined), ["ItemLostError", [0, 1, 2]]);
    await assertRejects(() => queue.join({ timeout: MUST_HAPPEN }), ItemLostError);
    assertEquals([queue.takeLost(), queue.unfinished], [[0, 1, 2], 0]);
    await queue.join({ timeout: MUST_HAPPEN });
  });

  check("pipe: the last words of a worker that dies arrive, then the stream ends", async () => {
    await using pool = backend.make({ workers: 1 });
    const [here, there] = Pipe<string>();
    const dying = pool.submit(messages.sendAndDie, there).exception();
    assertEquals(await within(MUST_HAPPEN, Array.fromAsync(here)), ["last words"]);
    assertInstanceOf(await dying, WorkerCrashedError);
    await assertRejects(() => here.send("too late"), QueueClosedError);
  });

  if (!forcedKill) return;

  check("queue: a consumer that is killed loses the item that it has", async () => {
    await using pool = backend.make({ workers: 1, killGrace: 0 });
    const [queue, taken] = [new Queue<number>(), new Queue<boolean>()];
    await queue.put(1);
    await queue.put(2);
    const victim = pool.submit(messages.takeAndStay, queue, taken);
    await within(MUST_HAPPEN, taken.get());
    victim.cancel();
    await assertRejects(() => victim.result(), CancelledError);
    await pool.submit(messages.pass, 0);
    assertEquals([queue.takeLost(), await queue.get()], [[0], 2]);
  });

  check("queue: a wait for an item is aborted with its call, and takes no later item", async () => {
    await using pool = backend.make({ workers: 1, killGrace: 0 });
    const [queue, waiting] = [new Queue<number>(), new Queue<boolean>()];
    const call = pool.submit(messages.waitForItem, queue, waiting);
    await within(MUST_HAPPEN, waiting.get());
    call.cancel();
    await assertRejects(() => call.result(), CancelledError);
    await pool.submit(messages.pass, 0);
    await queue.put(1);
    assertEquals(await within(MUST_HAPPEN, queue.get()), 1);
    assertEquals(queue.takeLost(), []);
  });
};
