/**
 * Queues and pipes between threads of both engines, and what remains when some threads die.
 *
 * a long run (support/rounds.ts) sends 1,000,000 messages in all, instead of 10,000 for each producer.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  Counter,
  ItemLostError,
  JoinableQueue,
  Pipe,
  Queue,
  QueueClosedError,
  SharedArray,
  SharedEvent,
} from "@isopool/isopool";
import { TestThread } from "../shared/support/test_thread.ts";
import { test, until, within } from "../support/within.ts";
import { rounds } from "../support/rounds.ts";

const PER_PRODUCER = rounds(10_000, 250_000);
const PRODUCERS = 4;

test("four producers and four consumers: every item arrives once, in its producer's order", async () => {
  await using threads = await TestThread.several(6);
  await using web = await TestThread.start("web");
  await using other = await TestThread.start("web");
  const queue = new Queue<number | number[]>({ maxSize: 500 });
  const tickets = new SharedArray("i32", PRODUCERS * PER_PRODUCER),
    counts = new SharedArray("i32", PRODUCERS * PER_PRODUCER);
  const [producers, consumers] = [[...threads.all.slice(0, 3), web], [...threads.all.slice(3), other]];
  const gets = consumers.map((each, i) => each.run("getItems", queue, counts, PER_PRODUCER, i % 2 === 0));
  await Promise.all(producers.map((each, i) => each.run("putItems", queue, tickets, i * PER_PRODUCER, PER_PRODUCER)));
  queue.close();
  await Promise.all(gets);
  assert(counts.view.every((count) => count === 1));
  assertEquals(new Set(tickets.view).size, PRODUCERS * PER_PRODUCER);
  assertEquals(queue.takeLost(), []);
}, { deadline: 600_000 });

for (const engine of ["thread", "web"] as const) {
  test(`${engine}: consumers that are killed lose only items that takeLost reports`, async () => {
    await using producer = await TestThread.start(engine);
    const queue = new Queue<number | number[]>({ maxSize: 200 });
    const count = PER_PRODUCER * 2;
    const tickets = new SharedArray("i32", count), counts = new SharedArray("i32", count);
    const put = producer.run("putItems", queue, tickets, 0, count);
    const lost: number[] = [];
    let kills = 0;
    for (let goal = 2_000; goal < count; goal += 2_000) {
      const victim = await TestThread.start(engine);
      victim.run("getItems", queue, counts, count, goal % 4_000 === 0).catch(() => {});
      // The queue holds 200, so the victim has taken some by then.
      await until(() => tickets.get(goal - 300) !== 0, `item ${goal - 300} was put`, 60_000);
      await victim.kill();
      kills++;
      if (kills % 3 === 0) lost.push(...queue.takeLost());
    }
    await using last = await TestThread.start(engine);
    const rest = last.run("getItems", queue, counts, count, true);
    await put;
    queue.close();
    await rest;
    lost.push(...queue.takeLost());
    assert(lost.length <= kills, `${lost.length} lost by ${kills} kills`);
    assertEquals(new Set(lost).size, lost.length);
    const missing = [...counts.view.keys()].filter((n) => counts.get(n) === 0);
    assertEquals(missing.filter((n) => !lost.includes(tickets.get(n))), []);
    assert(counts.view.every((count) => count <= 1));
  }, { deadline: 600_000 });

  test(`${engine}: producers that are killed leave no torn item and block no other thread`, async () => {
    const queue = new Queue<number | number[]>({ maxSize: 50 });
    const tickets = new SharedArray("i32", 1e6);
    const last = [-1, -1, -1];
    for (let i = 0; i < 3; i++) {
      const victim = await TestThread.start(engine);
      victim.run("putItems", queue, tickets, i * 100_000, 100_000).catch(() => {});
      for (let n = 0; n < 1_000; n++) {
        const item = await within(10_000, queue.get());
        const number = typeof item === "number" ? item : item[0];
        const from = Math.floor(number / 100_000);
        assertEquals(number % 100_000, last[from] + 1);
        last[from]++;
      }
      await victim.kill();
    }
    for (let got = queue.tryGet(); got.state === "ok"; got = queue.tryGet());
    assertEquals(await within(10_000, queue.put(5).then(() => queue.tryGet())), { state: "ok", value: 5 });
  }, { deadline: 60_000 });

  // A Web Worker that spins after an await cannot be stopped (ARCHITECTURE.md, decision B), so that one waits.
  for (const how of ["exit", "throw", engine === "thread" ? "spin" : "stay"] as const) {
    test(`${engine}: takeLost reports the item of a consumer that ends by ${how}, and join does not hang`, async () => {
      await using victim = await TestThread.start(engine);
      const queue = new JoinableQueue<number>();
      const held = new SharedEvent();
      const ticket = await queue.put(7);
      victim.run("getOne", queue, held, how).catch(() => {});
      await held.wait({ timeout: 10_000 });
      const join = assertRejects(() => queue.join({ timeout: 20_000 }), ItemLostError);
      if (how === "spin" || how === "stay") await victim.kill();
      const error = await join;
      assertEquals([error.tickets, queue.takeLost(), queue.takeLost()], [[ticket], [ticket], []]);
      await queue.join({ timeout: 1_000 });
    });
  }

  test(`${engine}: of the lost items of one thread, takeLost reports the last 15`, async () => {
    // A row has 16 slots, and a death may have overwritten one (delivery_words.ts).
    for (const count of [15, 40]) {
      await using victim = await TestThread.start(engine);
      const queue = new JoinableQueue<number>();
      for (let i = 0; i < count; i++) queue.tryPut(i);
      await assertRejects(() => victim.run("keepSome", queue, count));
      await victim.ended;
      await assertRejects(() => queue.join({ timeout: 20_000 }), ItemLostError);
      const named = Array.from({ length: 15 }, (_, i) => count - 15 + i);
      assertEquals([queue.unfinished, queue.takeLost()], [0, named]);
      await queue.join({ timeout: 1_000 });
    }
  });

  test(`${engine}: join waits for four workers`, async () => {
    await using threads = await TestThread.several(4, engine);
    const queue = new JoinableQueue<number>();
    const counter = new Counter();
    const work = threads.run("workThrough", queue, counter);
    for (let round = 1; round <= 3; round++) {
      for (let i = 0; i < 1_000; i++) queue.tryPut(i);
      await queue.join({ timeout: 20_000 });
      assertEquals([counter.get(), queue.unfinished], [round * 1_000, 0]);
    }
    queue.close();
    await work;
  });

  test(`${engine}: a producer can end before a consumer gets its items`, async () => {
    await using sender = await TestThread.start(engine);
    const queue = new Queue<number | number[]>();
    await sender.run("putItems", queue, new SharedArray("i32", 50_000), 0, 50_000);
    await sender.kill();
    assertEquals(queue.size, 50_000);
    for (let n = 0; n < 50_000; n++) {
      const got = queue.tryGet();
      assertEquals(got.state === "ok" && [got.value].flat()[0], n);
    }
  });

  test(`${engine}: a pipe echoes 16 MB, after its creator has closed its copy of the end`, async () => {
    await using thread = await TestThread.start(engine);
    const [here, there] = Pipe<unknown>();
    const done = thread.run("echo", there);
    there.close();
    const big = new Uint8Array(16 << 20).fill(3);
    for (const message of ["", { a: new Date(1) }, big]) {
      await here.send(message);
      const got = await within(20_000, here.recv());
      if (message === big) assertEquals((got as Uint8Array).length, big.length);
      else assertEquals(got, message);
    }
    here.close();
    await done;
  });

  test(`${engine}: an end that arrives while the other end checks it is not taken for gone`, async () => {
    await using thread = await TestThread.start(engine);
    for (let n = 0; n < rounds(500, 2_000); n++) {
      const [here, there] = Pipe<unknown>();
      const sent = thread.run("sendAll", there, [n]);
      there.close();
      const end = performance.now() + 10_000;
      // Without a pause, so that a check meets the moment of arrival.
      while (!here.poll()) assert(performance.now() < end, "no message arrives");
      assertEquals(await here.recv(), n);
      await sent;
    }
  }, { deadline: 60_000 });

  test(`${engine}: a pipe ends when the thread of its other end dies`, async () => {
    await using victim = await TestThread.start(engine);
    const [here, there] = Pipe<unknown>();
    const held = new SharedEvent();
    await here.send(1);
    victim.run("recvOne", there, held, "stay").catch(() => {});
    await held.wait({ timeout: 10_000 });
    assertEquals(await here.recv(), "last words");
    const end = assertRejects(() => here.recv({ timeout: 10_000 }), QueueClosedError);
    await victim.kill();
    await end;
    await assertRejects(() => here.send(1), QueueClosedError);
  });
}
