/**
 * Go's tests of channels, as crossbeam-channel has them in `golang.rs`. A queue has no capacity 0. Those of `select` are in
 * golang_select_test.ts.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { JoinableQueue, Queue, QueueClosedError, select, SharedArray } from "@isopool/isopool";
import { leavesNothing } from "../../support/leaks.ts";
import { MUST_HAPPEN, test, within } from "../../support/within.ts";
import { channelTasks, EVERY, on, range } from "../kit.ts";

test("fifo asynch_fifo, chan_test test_chan: in order, for capacities of 1 to 100", async () => {
  for (let maxSize = 1; maxSize <= 100; maxSize++) {
    const queue = new Queue<number>({ maxSize });
    // Receiving from an empty one waits; trying does not.
    const waiting = [queue.get(), queue.get()];
    assertEquals(queue.tryGet(), { state: "empty" });
    await Promise.all([queue.put(0), queue.put(1)]);
    assertEquals(await Promise.all(waiting), [0, 1]);
    // Sending to a full one waits; trying does not.
    for (let n = 0; n < maxSize; n++) assertEquals(queue.tryPut(n), "ok");
    let sent = false;
    const sending = queue.put(-1).then(() => sent = true);
    assertEquals(queue.tryPut(-2), "full");
    await undefined;
    assertEquals(sent, false);
    assertEquals(await queue.get(), 0);
    await sending;
    // A closed one gives what it has, then its end, to every kind of receive.
    queue.close();
    for (let n = 1; n < maxSize; n++) assertEquals(await queue.get(), n);
    assertEquals(await queue.get(), -1);
    await assertRejects(() => queue.get(), QueueClosedError);
    assertEquals(queue.tryGet(), { state: "closed" });
  }
});

test("zerosize, chan_send_interface: undefined, null and empty objects are items like any other", async () => {
  const queue = new Queue<unknown>();
  for (const item of [undefined, null, {}, []]) await queue.put(item);
  assertEquals(queue.size, 4);
  for (const item of [undefined, null, {}, []]) assertEquals(await queue.get(), item);
  assertEquals(queue.tryPut(undefined), "ok");
  assertEquals(await select([queue]), { index: 0, result: { state: "ok", value: undefined } });
});

test("test_pseudo_random_send, ken/chan: what two producers put by turns comes from both", async () => {
  for (const maxSize of [1, 2, 10, 100]) {
    const queue = new Queue<number>({ maxSize });
    const produce = async (value: number) => {
      for (let n = 0; n < 50; n++) await queue.put(value);
    };
    const done = Promise.all([produce(0), produce(1)]);
    let ones = 0;
    for (let n = 0; n < 50; n++) ones += await queue.get();
    assert(ones > 5 && ones < 45, `${ones} of 50, capacity ${maxSize}`);
    for (let n = 0; n < 50; n++) ones += await queue.get();
    await done;
    assertEquals(ones, 50);
  }
});

on(EVERY, (backend, check) => {
  check("fifo synch_fifo: ten that wait for their turn take ten numbers in that order", async () => {
    await using pool = backend.make({ workers: 2, concurrencyPerWorker: 5 });
    const numbers = new Queue<number>({ maxSize: 1 });
    const turns = range(11).map(() => new Queue<null>({ maxSize: 1 }));
    const taking = range(10).map((n) => pool.submit(channelTasks.inTurn, numbers, turns[n], turns[n + 1]));
    await turns[0].put(null);
    for (const n of range(10)) await numbers.put(n);
    assertEquals(await within(MUST_HAPPEN, Promise.all(taking)), range(10));
    assertEquals(await turns[10].get(), null);
  });

  check("goroutines: a number through a chain of 100, each of which adds one", async () => {
    await using pool = backend.make({ workers: 2, concurrencyPerWorker: 50 });
    const queues = range(101).map(() => new Queue<number>({ maxSize: 1 }));
    const links = range(100).map((n) => pool.submit(channelTasks.increment, queues[n + 1], queues[n]));
    await queues[100].put(0);
    assertEquals(await within(MUST_HAPPEN, queues[0].get()), 100);
    await Promise.all(links);
  });

  check("nonblock: trying neither waits nor loses, whatever the other side does at that moment", async () => {
    await using pool = backend.make({ workers: 1 });
    for (const item of [123, 123_456_789_012, true, "hello"]) {
      const queue = new Queue<typeof item>({ maxSize: 1 });
      assertEquals(queue.tryGet(), { state: "empty" });
      const got = pool.submit(channelTasks.getOnce, queue, false);
      assertEquals(queue.tryPut(item), "ok");
      assertEquals(await within(MUST_HAPPEN, got), item);
      assertEquals(await pool.submit(channelTasks.putOnce, queue, item), "ok");
      assertEquals([queue.tryPut(item), queue.tryGet().state, queue.tryGet().state], ["full", "ok", "empty"]);
    }
  });

  check("sieve1: the first primes through a chain of stages", async () => {
    await using pool = backend.make({ workers: 2, concurrencyPerWorker: 10 });
    const expected = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];
    const primes = new Queue<number>();
    const queues = range(13).map(() => new Queue<number>({ maxSize: 4 }));
    const stages = range(12).map((n) => pool.submit(channelTasks.sieve, queues[n], queues[n + 1], primes));
    for (let n = 2; n <= 40; n++) await queues[0].put(n);
    queues[0].close();
    const seen: number[] = [];
    for (let n = 0; n < 12; n++) seen.push(await within(MUST_HAPPEN, primes.get()));
    assertEquals(seen, expected);
    await within(MUST_HAPPEN, Promise.all(stages));
  });

  check("test_multi_consumer, ken/chan1: 8 consumers share 10,000 jobs, and join() sees all done", async () => {
    await using pool = backend.make({ workers: 8 });
    const jobs = new JoinableQueue<number>({ maxSize: 24 }), sum = new SharedArray("i32", 1);
    const working = range(8).map(() => pool.submit(channelTasks.work, jobs, sum));
    const kinds = [2, 3, 7, 11, 13, 17, 19, 23, 27, 31];
    for (let n = 0; n < 10_000; n++) await jobs.put(kinds[n % 10]);
    await within(MUST_HAPPEN, jobs.join());
    assertEquals([jobs.unfinished, sum.get(0)], [0, 1_000 * kinds.reduce((a, b) => a + b)]);
    jobs.close();
    await within(MUST_HAPPEN, Promise.all(working));
  }, { deadline: 60_000 });
});

leavesNothing();
