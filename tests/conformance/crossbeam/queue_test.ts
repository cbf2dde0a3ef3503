/**
 * crossbeam-channel, `array.rs`, `list.rs` and `mpsc.rs`: one queue, with a limit and without. A queue of this library
 * always has room for an item at least: there is no channel of capacity 0, at which sender and receiver meet.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Queue, QueueClosedError, SharedArray, WaitTimeoutError } from "@isopool/isopool";
import { leavesNothing } from "../../support/leaks.ts";
import { MUST_HAPPEN, test, within } from "../../support/within.ts";
import { channelTasks, EVERY, ISOLATED, on, range } from "../kit.ts";

const FLAVORS: Record<string, (room: number) => Queue<number>> = {
  array: (room) => new Queue({ maxSize: room }),
  list: () => new Queue(),
};

for (const [flavor, make] of Object.entries(FLAVORS)) {
  test(`${flavor}: smoke, try_recv, try_send, send_after_disconnect, recv_after_disconnect`, async () => {
    const queue = make(100);
    assertEquals(queue.tryGet(), { state: "empty" });
    assertEquals(queue.tryPut(7), "ok");
    assertEquals(queue.tryGet(), { state: "ok", value: 7 });
    await queue.put(8);
    assertEquals(await queue.get(), 8);
    assertEquals(queue.tryGet(), { state: "empty" });
    for (const n of [1, 2, 3]) await queue.put(n);
    queue.close();
    assertEquals(queue.tryPut(4), "closed");
    assertEquals((await assertRejects(() => queue.put(4), QueueClosedError)).value, 4);
    assertEquals((await assertRejects(() => queue.put(5, { timeout: 1_000 }), QueueClosedError)).value, 5);
    for (const n of [1, 2, 3]) assertEquals(await queue.get(), n);
    await assertRejects(() => queue.get(), QueueClosedError);
    await assertRejects(() => queue.get({ timeout: 1_000 }), QueueClosedError);
    assertEquals(queue.tryGet(), { state: "closed" });
  });

  test(`${flavor}: recv_timeout, recv_timeout_nonempty_expired: an item in the queue is taken at once, whatever the limit`, async () => {
    const queue = make(2);
    for (const timeout of [0, 20]) await assertRejects(() => queue.get({ timeout }), WaitTimeoutError);
    await queue.put(7);
    assertEquals(await queue.get({ timeout: 0 }), 7);
  });

  test(`${flavor}: len: the size follows each put and get, 100 times 50`, async () => {
    const queue = make(1_000);
    for (let turn = 0; turn < 100; turn++) {
      for (let n = 0; n < 50; n++) {
        await queue.put(n);
        assertEquals(queue.size, n + 1);
      }
      for (let n = 0; n < 50; n++) {
        await queue.get();
        assertEquals(queue.size, 49 - n);
      }
    }
  });
}

test("array: capacity, len_empty_full, send_timeout: a full queue takes no more until one is taken", async () => {
  for (const maxSize of range(10).map((n) => n + 1)) assertEquals(new Queue({ maxSize }).maxSize, maxSize);
  assertEquals(new Queue().maxSize, Infinity);
  const queue = new Queue<number>({ maxSize: 2 });
  assertEquals([queue.size, queue.tryPut(1), queue.size, queue.tryPut(2), queue.size], [0, "ok", 1, "ok", 2]);
  assertEquals(queue.tryPut(3), "full");
  for (const timeout of [0, 20]) await assertRejects(() => queue.put(3, { timeout }), WaitTimeoutError);
  assertEquals([queue.size, await queue.get(), queue.size], [2, 1, 1]);
  await queue.put(3, { timeout: 0 });
  assertEquals([await queue.get(), await queue.get(), queue.size], [2, 3, 0]);
});

test("list: stack_overflow, recv_a_lot: 200,000 items go in before the first goes out", async () => {
  const queue = new Queue<number>();
  for (let n = 0; n < 200_000; n++) queue.tryPut(n);
  assertEquals(queue.size, 200_000);
  for (let n = 0; n < 200_000; n++) if (await queue.get() !== n) assert(false, `not ${n}`);
}, { deadline: 60_000 });

on(EVERY, (backend, check) => {
  for (const [flavor, make] of Object.entries(FLAVORS)) {
    check(`${flavor}: spsc, stress, stream_send_recv_stress: 20,000 numbers in order, then the end`, async () => {
      await using pool = backend.make({ workers: 2 });
      const queue = make(3), counts = new SharedArray("i32", 20_000);
      const taken = pool.submit(channelTasks.takeAll, queue, counts, backend.isolated);
      await pool.submit(channelTasks.putRange, queue, 0, 20_000, false);
      queue.close();
      assertEquals(await taken, 0);
      assert(counts.view.every((count) => count === 1));
    }, { deadline: 60_000 });

    check(
      `${flavor}: mpmc, stress_shared: four put the same 2,500 numbers, four take; each comes four times`,
      async () => {
        await using pool = backend.make({ workers: 8 });
        const queue = make(3), counts = new SharedArray("i32", 2_500);
        const gets = range(4).map(() => pool.submit(channelTasks.takeSome, queue, counts, 2_500));
        const puts = range(4).map(() => pool.submit(channelTasks.putRange, queue, 0, 2_500, false));
        await Promise.all([...gets, ...puts]);
        assert(counts.view.every((count) => count === 4), `${counts.view}`);
        assertEquals(queue.size, 0);
      },
      { deadline: 60_000 },
    );

    check(
      `${flavor}: linearizable: a thread that has put finds an item, whichever threads take meanwhile (4 x 2,500)`,
      async () => {
        await using pool = backend.make({ workers: 4 });
        const queue = make(4);
        const empties = await Promise.all(range(4).map(() => pool.submit(channelTasks.putAndTry, queue, 2_500)));
        assertEquals([empties, queue.size], [[0, 0, 0, 0], 0]);
      },
      { deadline: 60_000 },
    );

    check(
      `${flavor}: stress_timeout_two_threads: puts and gets that give up again and again lose nothing`,
      async () => {
        await using pool = backend.make({ workers: 2 });
        const queue = make(2);
        const got = pool.submit(channelTasks.getImpatiently, queue, 300, 1);
        await pool.submit(channelTasks.putImpatiently, queue, 300, 1);
        assertEquals(await within(MUST_HAPPEN, got), range(300));
      },
      { deadline: 60_000 },
    );

    check(`${flavor}: stress_iter: 2,000 questions, each answered once`, async () => {
      await using pool = backend.make({ workers: 1 });
      const requests = new Queue<null>({ maxSize: 1 }), responses = make(1);
      const answering = pool.submit(channelTasks.answer, requests, responses);
      let count = 0;
      for (let n = 0; n < 2_000; n++) {
        await requests.put(null);
        count += await responses.get();
      }
      requests.close();
      await answering;
      assertEquals([count, responses.size], [2_000, 0]);
    }, { deadline: 60_000 });

    check(`${flavor}: channel_through_channel: 100 queues, each inside the one before`, async () => {
      await using pool = backend.make({ workers: 2 });
      const first = make(1) as Queue<unknown>;
      const queues = range(100).map(() => make(1) as Queue<unknown>);
      const taken = pool.submit(channelTasks.unnest, first, 100);
      await pool.submit(channelTasks.nest, first as Queue<Queue<unknown>>, queues);
      assertEquals(await within(MUST_HAPPEN, taken), 100);
    });

    check(
      `${flavor}: disconnect_wakes_receiver, oneshot_multi_thread_close_stress: 50 waiting gets fail when the queue closes`,
      async () => {
        await using pool = backend.make({ workers: 2, concurrencyPerWorker: 50 });
        const queues = range(50).map(() => make(1));
        const waiting = queues.map((queue) => pool.submit(channelTasks.getOnce, queue, false));
        // Some have begun to wait by then and some have not: both orders of waiting and closing occur.
        await within(MUST_HAPPEN, pool.ready());
        for (const queue of queues) queue.close();
        assertEquals(new Set(await within(MUST_HAPPEN, Promise.all(waiting))), new Set(["QueueClosedError"]));
        await pool.terminate();
      },
    );

    check(`${flavor}: stress_oneshot: 200 queues of one item each, put here and got there`, async () => {
      await using pool = backend.make({ workers: 2, concurrencyPerWorker: 20 });
      const queues = range(200).map(() => make(1));
      const waiting = queues.map((queue) => pool.submit(channelTasks.getOnce, queue, false));
      await Promise.all(queues.map((queue, n) => queue.put(n)));
      assertEquals(await within(MUST_HAPPEN, Promise.all(waiting)), range(200));
    });
  }

  check("array: disconnect_wakes_sender: a put that waits for room fails when the queue closes", async () => {
    await using pool = backend.make({ workers: 1 });
    const queue = new Queue<unknown>({ maxSize: 1 });
    await queue.put(1);
    const waiting = pool.submit(channelTasks.putOnce, queue, 2);
    const behind = pool.submit(channelTasks.putOnce, new Queue<unknown>(), 0);
    queue.close();
    assertEquals(await within(MUST_HAPPEN, waiting), "QueueClosedError");
    assertEquals([await behind, queue.size], ["ok", 1]);
  });

  check("array: len: never more than its limit, seen from both sides (5,000 items)", async () => {
    await using pool = backend.make({ workers: 1 });
    const queue = new Queue<number>({ maxSize: 10 });
    const putting = pool.submit(channelTasks.putWithin, queue, 5_000);
    for (let n = 0; n < 5_000; n++) {
      assertEquals(await queue.get(), n);
      assert(queue.size <= 10, `${queue.size}`);
    }
    assertEquals([await putting, queue.size], [0, 0]);
  }, { deadline: 60_000 });
});

on(ISOLATED, (backend, check) => {
  check("disconnect_wakes_receiver, disconnect_wakes_sender: blocked threads fail when the queue closes", async () => {
    await using pool = await backend.make({ workers: 1 }).ready();
    for (let round = 0; round < 20; round++) {
      const queue = new Queue<number>({ maxSize: 1 });
      const waiting = pool.submit(channelTasks.getOnce, queue, true);
      // Every other time it gets an item; else it may wait when the end comes, or come later.
      if (round % 2 === 0) await within(MUST_HAPPEN, queue.put(round).then(() => waiting));
      queue.close();
      assertEquals(await within(MUST_HAPPEN, waiting), round % 2 === 0 ? round : "QueueClosedError");
    }
  });
});

leavesNothing();
