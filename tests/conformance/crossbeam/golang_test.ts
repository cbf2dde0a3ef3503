/**
 * Go's tests of channels, as crossbeam-channel has them in `golang.rs`. A queue has no capacity 0, and `select()` takes
 * only: a goroutine that sends in a select puts wherever there is room here.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { JoinableQueue, Queue, QueueClosedError, select, SharedArray, WaitTimeoutError } from "@isopool/isopool";
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

test("select4, select: what is ready is taken, what is not is left alone", async () => {
  const [empty, ready] = [new Queue<number>(), new Queue<number>({ maxSize: 1 })];
  await ready.put(42);
  assertEquals(await select([empty, ready]), { index: 1, result: { state: "ok", value: 42 } });
  assertEquals([empty.size, ready.size], [0, 0]);
});

test("zerosize, chan_send_interface: undefined, null and empty objects are items like any other", async () => {
  const queue = new Queue<unknown>();
  for (const item of [undefined, null, {}, []]) await queue.put(item);
  assertEquals(queue.size, 4);
  for (const item of [undefined, null, {}, []]) assertEquals(await queue.get(), item);
  assertEquals(queue.tryPut(undefined), "ok");
  assertEquals(await select([queue]), { index: 0, result: { state: "ok", value: undefined } });
});

test("select2: 20,000 rounds of a select with a queue that never has anything leave nothing on that", async () => {
  const [queue, never] = [new Queue<number>(), new Queue<number>()];
  for (let n = 0; n < 20_000; n++) {
    const next = select([queue, never]);
    queue.tryPut(n);
    const { index, result } = await next;
    if (index !== 0 || result.state !== "ok" || result.value !== n) assert(false, `${n}: ${index}`);
  }
  await never.put(1);
  assertEquals(await never.get({ timeout: 0 }), 1);
}, { deadline: 60_000 });

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
  check("doubleselect: numbers that go over four queues and one multiplexer arrive once (2,000)", async () => {
    await using pool = backend.make({ workers: 5 });
    const queues = range(4).map(() => new Queue<number>({ maxSize: 1 }));
    const out = new Queue<number>({ maxSize: 1 }), done = new Queue<boolean>();
    const passing = queues.map((queue) => pool.submit(channelTasks.passOn, queue, out, done));
    const sending = pool.submit(channelTasks.spread, queues, 2_000);
    const closing = (async () => {
      for (let n = 0; n < 4; n++) await done.get();
      out.close();
    })();
    const seen = new Set<number>();
    let count = 0;
    for await (const n of out) {
      count++;
      seen.add(n);
    }
    await Promise.all([...passing, sending, closing]);
    assertEquals([count, seen.size], [2_000, 2_000]);
  }, { deadline: 60_000 });

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

  check("select6: one that waited on two queues no longer stands in the way on the other", async () => {
    await using pool = backend.make({ workers: 1 });
    const [first, second] = [new Queue<number>(), new Queue<number>()];
    const before = pool.submit(channelTasks.getOnce, first, false);
    const both = select([first, second]);
    await second.put(2);
    assertEquals((await within(MUST_HAPPEN, both)).index, 1);
    const after = first.get();
    await first.put(1);
    await first.put(1);
    assertEquals(await within(MUST_HAPPEN, Promise.all([before, after])), [1, 1]);
  });

  check("select7, test_select_duplicate_channel: a receiver of each kind gets the one item that is sent", async () => {
    await using pool = backend.make({ workers: 1 });
    const other = new Queue<number>({ maxSize: 1 });
    for (let turn = 0; turn < 10; turn++) {
      const queue = new Queue<number>({ maxSize: 1 });
      const receiving = [
        () => pool.submit(channelTasks.getOnce, queue, false),
        () => select([queue]).then(({ result }) => result.state === "ok" && result.value),
        () => select([queue, other, queue]).then(({ result }) => result.state === "ok" && result.value),
      ];
      const got = receiving[turn % 3]();
      await queue.put(turn);
      assertEquals(await within(MUST_HAPPEN, got), turn);
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

  check(
    "test_nonblock_recv_race: an item that was put before the end is there, whoever closes meanwhile (300)",
    async () => {
      await using pool = backend.make({ workers: 1 });
      for (let turn = 0; turn < 300; turn++) {
        const queue = new Queue<number>({ maxSize: 1 });
        await queue.put(turn);
        const trying = pool.submit(channelTasks.trySelect, [queue]);
        queue.close();
        assertEquals(await within(MUST_HAPPEN, trying), "ok");
      }
    },
  );

  check(
    "test_select_stress: puts, gets and selects on the same four queues end, and nothing is left over",
    async () => {
      await using pool = backend.make({ workers: 9 });
      const queues = [1, 1, 2, 3].map((maxSize) => new Queue<number>({ maxSize }));
      const counts = new SharedArray("i32", 8_000);
      const putting = queues.map((queue, n) =>
        pool.submit(channelTasks.putRange, queue, n * 2_000, (n + 1) * 2_000, false)
      );
      const taking = queues.map((queue) => pool.submit(channelTasks.takeSome, queue, counts, 1_000));
      const selecting = pool.submit(channelTasks.selectAll, queues, counts);
      await Promise.all([...putting, ...taking]);
      for (const queue of queues) queue.close();
      assertEquals(await within(MUST_HAPPEN, selecting), [1_000, 1_000, 1_000, 1_000]);
      assert(counts.view.every((count) => count === 1));
    },
    { deadline: 60_000 },
  );

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

/** How many of 10,000 selects take from the first of two full queues, behind two that never have anything. */
async function hitsOfFirst(): Promise<number> {
  const full = [new Queue<number>(), new Queue<number>()];
  const never = [new Queue<number>(), new Queue<number>()];
  for (let n = 0; n < 10_001; n++) for (const [value, queue] of full.entries()) queue.tryPut(value);
  let first = 0;
  for (let n = 0; n < 10_000; n++) {
    const { result } = await select([...never, ...full]);
    if (result.state === "ok" && result.value === 0) first++;
  }
  await assertRejects(() => select(never, { timeout: 0 }), WaitTimeoutError);
  return first;
}

test("test_select_fairness: of two full queues behind two empty ones neither is starved", async () => {
  const first = await hitsOfFirst();
  assert(first >= 10_000 / 4 / 2 && first <= 10_000 - 10_000 / 4 / 2, `${first}`);
}, { deadline: 60_000 });

leavesNothing();

Deno.test(
  "test_select_fairness: two full queues get half of the selects each, whatever stands before them",
  async () => {
    const first = await hitsOfFirst();
    // Go allows five nines of a fair coin: 2.2 %.
    assert(Math.abs(first / 10_000 - 0.5) <= 4.4172 / (2 * Math.sqrt(10_000)), `${first}`);
  },
);

for (const backend of EVERY) {
  for (const closes of [false, true]) {
    Deno.test(
      `${backend.name}: test_nonblock_select_race${closes ? "2" : ""}: one of two is always ready (300)`,
      async () => {
        await using pool = backend.make({ workers: 1 });
        for (let turn = 0; turn < 300; turn++) {
          const [first, second] = [new Queue<number>({ maxSize: 1 }), new Queue<number>({ maxSize: 1 })];
          await first.put(1);
          const trying = pool.submit(channelTasks.trySelect, [first, second]);
          // The second is ready before the first is emptied.
          if (closes) second.close();
          else second.tryPut(1);
          first.tryGet();
          assert(["ok", "closed"].includes(await within(MUST_HAPPEN, trying)));
        }
      },
    );
  }
}
