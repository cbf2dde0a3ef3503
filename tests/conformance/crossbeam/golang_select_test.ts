/**
 * Go's tests of `select`, as crossbeam-channel has them in `golang.rs`. Here `select()` takes only: a goroutine that sends
 * in a select puts wherever there is room.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Queue, select, SharedArray, WaitTimeoutError } from "@isopool/isopool";
import { leavesNothing } from "../../support/leaks.ts";
import { MUST_HAPPEN, test, within } from "../../support/within.ts";
import { channelTasks, EVERY, on, range } from "../kit.ts";

test("select4, select: what is ready is taken, what is not is left alone", async () => {
  const [empty, ready] = [new Queue<number>(), new Queue<number>({ maxSize: 1 })];
  await ready.put(42);
  assertEquals(await select([empty, ready]), { index: 1, result: { state: "ok", value: 42 } });
  assertEquals([empty.size, ready.size], [0, 0]);
});

test("select2: 20,000 rounds of a select with a queue that is always empty leave no waiter on that queue", async () => {
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

  check("select6: a select on two queues that has ended takes nothing from the other queue", async () => {
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

test(
  "test_select_fairness: two full queues get half of the selects each, whatever stands before them",
  async () => {
    const first = await hitsOfFirst();
    // Go allows five nines of a fair coin: 2.2 %.
    assert(Math.abs(first / 10_000 - 0.5) <= 4.4172 / (2 * Math.sqrt(10_000)), `${first}`);
  },
  { deadline: 60_000 },
);

for (const backend of EVERY) {
  for (const closes of [false, true]) {
    test(
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
      { deadline: 60_000 },
    );
  }
}

leavesNothing();
