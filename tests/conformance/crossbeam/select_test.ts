/**
 * crossbeam-channel, `select.rs`, `select_macro.rs` and `ready.rs`: the first of several queues. `select()` takes, it does
 * not put: what the originals do with a send among the operations, they do here with a receive.
 */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Pipe, Queue, select, SharedArray, WaitTimeoutError } from "@isopool/isopool";
import { leavesNothing } from "../../support/leaks.ts";
import { MUST_HAPPEN, test, within } from "../../support/within.ts";
import { channelTasks, EVERY, on, range } from "../kit.ts";

const FLAVORS: Record<string, (room: number) => Queue<number>> = {
  bounded: (room) => new Queue({ maxSize: room }),
  unbounded: () => new Queue(),
};

for (const [flavor, make] of Object.entries(FLAVORS)) {
  test(`${flavor}: smoke1, smoke2: takes from the only one of five queues that has an item`, async () => {
    for (const place of range(5)) {
      const queues = range(5).map(() => make(1));
      await queues[place].put(place);
      assertEquals(await select(queues), { index: place, result: { state: "ok", value: place } });
      assertEquals(queues.map(({ size }) => size), [0, 0, 0, 0, 0]);
    }
  });

  test(`${flavor}: disconnected, default_when_disconnected: a closed queue is ready, each time`, async () => {
    const [open, closed] = [make(1), make(1)];
    closed.close();
    for (let turn = 0; turn < 3; turn++) {
      assertEquals(await select([open, closed], { timeout: 0 }), { index: 1, result: { state: "closed" } });
    }
    const later = select([open]);
    open.close();
    assertEquals(await within(MUST_HAPPEN, later), { index: 0, result: { state: "closed" } });
  });

  test(`${flavor}: default, timeout: nothing is there, nothing is taken; then what comes`, async () => {
    const [first, second] = [make(1), make(1)];
    for (const timeout of [0, 20]) await assertRejects(() => select([first, second], { timeout }), WaitTimeoutError);
    await second.put(2);
    assertEquals((await select([first, second], { timeout: 0 })).index, 1);
    const waiting = select([first, second], { timeout: 60_000 });
    await first.put(1);
    assertEquals(await within(MUST_HAPPEN, waiting), { index: 0, result: { state: "ok", value: 1 } });
  });

  test(`${flavor}: both_ready, preflight: what is ready already is taken without a wait, each once`, async () => {
    const [first, second] = [make(1), make(1)];
    await Promise.all([first.put(1), second.put(2)]);
    const taken = [await select([first, second], { timeout: 0 }), await select([first, second], { timeout: 0 })];
    assertEquals(taken.map(({ index }) => index).toSorted(), [0, 1]);
    await assertRejects(() => select([first, second], { timeout: 0 }), WaitTimeoutError);
  });

  test(`${flavor}: fairness1, array and list fairness: of two full queues neither is starved (10,000)`, async () => {
    const queues = [make(10_000), make(10_000)];
    for (let n = 0; n < 10_000; n++) for (const queue of queues) queue.tryPut(n);
    const hits = [0, 0];
    for (let n = 0; n < 10_000; n++) hits[(await select(queues)).index]++;
    assert(hits.every((hit) => hit >= 10_000 / 2 / 2), `${hits}`);
  }, { deadline: 60_000 });

  test(
    `${flavor}: fairness_duplicates, duplicate_operations: the same queue five times, each place gets its turn`,
    async () => {
      const queue = make(10_000);
      for (let n = 0; n < 10_000; n++) queue.tryPut(n);
      const hits = [0, 0, 0, 0, 0];
      for (let n = 0; n < 10_000; n++) {
        const { index, result } = await select([queue, queue, queue, queue, queue]);
        hits[index]++;
        assertEquals(result, { state: "ok", value: n });
      }
      assert(hits.every((hit) => hit >= 10_000 / 5 / 2), `${hits}`);
    },
    { deadline: 60_000 },
  );

  test(`${flavor}: cloning, unblocks: many selects wait on the same queues, each item wakes one`, async () => {
    const queues = [make(1), make(1)];
    const waiting = range(50).map(() => select(queues));
    for (let n = 0; n < 50; n++) await within(MUST_HAPPEN, queues[n % 2].put(n));
    const values = (await within(MUST_HAPPEN, Promise.all(waiting))).map(({ result }) =>
      result.state === "ok" ? result.value : -1
    );
    assertEquals(values.toSorted((a, b) => a - b), range(50));
  });

  test(`${flavor}: reuse, uncompleted_select: a select that gave up takes nothing of what comes later`, async () => {
    const queues = [make(1), make(1)];
    for (let turn = 0; turn < 200; turn++) {
      const controller = new AbortController();
      const left = select(queues, { signal: controller.signal });
      const gaveUp = assertRejects(() => left, URIError);
      controller.abort(new URIError("enough"));
      await gaveUp;
      await queues[turn % 2].put(turn);
      assertEquals(await select(queues, { timeout: 0 }), { index: turn % 2, result: { state: "ok", value: turn } });
    }
  });
}

test("default_only: without sources it is refused at the call, or waits for its limit", async () => {
  const end = await select([], { timeout: 0 }).then(() => "something", (error: Error) => error.name);
  assert(["TypeError", "WaitTimeoutError"].includes(end), end);
});

test("connections are selected as queues are, both ends of a pipe at a time", async () => {
  const [a, b] = Pipe<string>();
  for (const timeout of [0, 20]) await assertRejects(() => select([a, b], { timeout }), WaitTimeoutError);
  await b.send("to a");
  assertEquals(await select([a, b], { timeout: 0 }), { index: 0, result: { state: "ok", value: "to a" } });
  await a.send("to b");
  assertEquals(await select([a, b], { timeout: 0 }), { index: 1, result: { state: "ok", value: "to b" } });
});

test("TestWait.test_neg_timeout, test_wait_integer: a negative limit and what is no source are refused", async () => {
  const queue = new Queue<number>();
  const refused = async (run: () => unknown) => await assertRejects(async () => await run(), Error);
  assert(!(await refused(() => select([queue], { timeout: -1 })) instanceof WaitTimeoutError));
  // deno-lint-ignore no-explicit-any -- what a caller without types may pass
  assert(await refused(() => select([queue, 3 as any], { timeout: 0 })) instanceof TypeError);
  assertThrows(() => new Queue({ maxSize: 0 }), RangeError);
});

on(EVERY, (backend, check) => {
  for (const [flavor, make] of Object.entries(FLAVORS)) {
    check(`${flavor}: stress_recv, stress_mixed: one selects over four that others fill (4 x 2,000)`, async () => {
      await using pool = backend.make({ workers: 5 });
      const queues = range(4).map(() => make(2)), counts = new SharedArray("i32", 8_000);
      const selecting = pool.submit(channelTasks.selectAll, queues, counts);
      await Promise.all(queues.map(async (queue, n) => {
        await pool.submit(channelTasks.putRange, queue, n * 2_000, (n + 1) * 2_000, false);
        queue.close();
      }));
      assertEquals(await selecting, [2_000, 2_000, 2_000, 2_000]);
      assert(counts.view.every((count) => count === 1));
    }, { deadline: 60_000 });
  }

  check("fairness2: of three that another thread fills, none is starved (6,000)", async () => {
    await using pool = backend.make({ workers: 1 });
    const queues = [new Queue<number>(), new Queue<number>({ maxSize: 1 }), new Queue<number>({ maxSize: 50 })];
    const putting = pool.submit(channelTasks.spread, queues.toReversed(), 6_000);
    const hits = [0, 0, 0];
    for (let rest = 6_000; rest > 0; rest--) {
      const { index, result } = await within(MUST_HAPPEN, select(queues));
      if (result.state === "ok") hits[index]++;
      else break;
    }
    for (const [n, queue] of queues.entries()) for await (const _ of queue) hits[n]++;
    await putting;
    assertEquals(hits[0] + hits[1] + hits[2], 6_000);
    assert(hits[2] > 0 && hits[1] > 0, `${hits}`);
  }, { deadline: 60_000 });

  check("loop_try: two threads that try in a loop and one that puts: the item is taken once", async () => {
    await using pool = backend.make({ workers: 2 });
    for (let turn = 0; turn < 20; turn++) {
      const queue = new Queue<number>({ maxSize: 1 });
      const taking = range(2).map(() => pool.submit(channelTasks.getImpatiently, queue, 1, 1));
      await queue.put(turn);
      const [first] = [await within(MUST_HAPPEN, Promise.race(taking))];
      assertEquals([first, queue.size], [[turn], 0]);
      await queue.put(-1);
      assertEquals((await Promise.all(taking)).flat().toSorted((a, b) => a - b), [-1, turn]);
    }
  });
});

leavesNothing();

for (const backend of EVERY) {
  for (const [flavor, make] of Object.entries(FLAVORS)) {
    Deno.test(
      `${backend.name}: ${flavor}: linearizable_try, linearizable_timeout: after a put, a select finds one of two queues ready (1,000)`,
      async () => {
        await using pool = backend.make({ workers: 1 });
        const [first, second] = [make(1), make(1)];
        const [starts, ends] = [new Queue<number>({ maxSize: 1 }), new Queue<number>({ maxSize: 1 })];
        const failures = pool.submit(channelTasks.selectAtOnce, [first, second], [starts, ends], 1_000);
        for (let turn = 0; turn < 1_000; turn++) {
          await within(MUST_HAPPEN, starts.get());
          await second.put(1);
          first.tryGet();
          await ends.get();
        }
        assertEquals(await within(MUST_HAPPEN, failures), 0);
      },
    );
  }
}
