/**
 * Shared objects under real threads.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  Counter,
  Lock,
  Semaphore,
  SharedArray,
  SharedEvent,
  Value,
} from "@isopool/isopool";
import { pause, test, until } from "../support/within.ts";
import { Party } from "./support/party.ts";

const TIMES = 100_000;

test("eight threads lose no increment of a Counter", async () => {
  await using threads = await Party.several(8);
  const counter = new Counter();
  await threads.run("count", counter, TIMES);
  assertEquals(counter.get(), 8 * TIMES);
}, { deadline: 120_000 });

test("eight threads lose no update of a float", async () => {
  await using threads = await Party.several(8);
  const value = new Value("f64", 1);
  await threads.run("addToValue", value, TIMES);
  assertEquals(value.get(), 1 + 8 * TIMES / 2);
}, { deadline: 120_000 });

test("eight threads lose no addition to an element", async () => {
  await using threads = await Party.several(8);
  const array = new SharedArray("i32", 3);
  await threads.run("addToElement", array, 1, TIMES);
  assertEquals([...array], [0, 8 * TIMES, 0]);
}, { deadline: 120_000 });

test("eight threads lose no plain increment under a Lock", async () => {
  await using threads = await Party.several(8);
  const lock = new Lock();
  const array = new SharedArray("i32", 1);
  await threads.run("guarded", { lock, array }, TIMES);
  assertEquals([array.get(0), lock.locked], [8 * TIMES, false]);
}, { deadline: 120_000 });

test("blocking and awaiting threads, and this one, exclude each other", async () => {
  await using threads = await Party.several(4);
  const lock = new Lock();
  const array = new SharedArray("i32", 1);
  const times = 2_000;
  const work = threads.all.map((thread, i) =>
    i % 2 === 0 ? thread.run("guarded", { lock, array }, times) : thread.run("guardedAsync", lock, array, times)
  );
  // Two tasks of this thread as well.
  const here = [0, 1].map(async () => {
    for (let i = 0; i < times; i++) {
      using _guard = await lock.acquire();
      const before = array.view[0];
      // The other task of this thread runs meanwhile.
      await undefined;
      array.view[0] = before + 1;
    }
  });
  await Promise.all([...work, ...here]);
  assertEquals([array.get(0), lock.locked], [6 * times, false]);
}, { deadline: 120_000 });

for (const permits of [1, 3]) {
  test(`never more than ${permits} hold a semaphore of ${permits}`, async () => {
    await using threads = await Party.several(6);
    for (const semaphore of [new Semaphore(permits), new BoundedSemaphore(permits)]) {
      const array = new SharedArray("i32", 2);
      await threads.run("permitted", semaphore, array, 5_000);
      const [inside, peak] = array;
      assertEquals([inside, semaphore.permits], [0, permits]);
      assert(peak >= 1 && peak <= permits, `${peak} were inside`);
    }
  }, { deadline: 120_000 });
}

test("waiting in every way and giving up often, nobody hangs and nothing is lost", async () => {
  await using threads = await Party.several(4);
  const [lock, array] = [new Lock(), new SharedArray("i32", 3)];
  const mixed = threads.all.slice(0, 3).map((thread) => thread.run("mix", lock, array, 10, 100));
  // One that blocks, in between.
  const blocking = threads.all[3].run("guarded", { lock, array }, 2_000);
  await Promise.all([...mixed, blocking]);
  const [plain, atomic, inside] = array;
  assertEquals([plain, inside, lock.locked], [atomic + 2_000, 0, false]);
}, { deadline: 120_000 });

test("threads killed in the middle of it take nothing along", async () => {
  for (const lock of [new Lock(), new BoundedSemaphore(2)]) {
    await using threads = await Party.several(4);
    const [array, ends] = [new SharedArray("i32", 3), { timeout: 10_000 }];
    const work = threads.all.map((thread) => thread.run("mix", lock, array, 10, 60));
    for (const each of work) each.catch(() => {});
    await until(() => array.get(1) > 20, "they are at it");
    await threads.all[0].kill();
    await until(() => array.get(1) > 60, "the others go on");
    await threads.all[1].kill();
    await Promise.all(work.slice(2));
    if (lock instanceof Lock) (await lock.acquire({ ...ends, recover: true })).release();
    else for (const guard of [await lock.acquire(ends), await lock.acquire(ends)]) guard.release();
  }
}, { deadline: 120_000 });

test("a barrier keeps threads in step, round after round, and gives one of them index 0", async () => {
  await using threads = await Party.several(4);
  const array = new SharedArray("i32", 3);
  const barrier = new Barrier(4);
  await threads.run("meetTogether", barrier, array, 500);
  assertEquals([...array], [4 * 500, 0, 500]);
}, { deadline: 120_000 });

test("set lets all threads through", async () => {
  await using threads = await Party.several(4);
  const [event, waiting] = [new SharedEvent(), new Counter()];
  const passed = threads.run("waitSync", event, waiting);
  await until(() => waiting.get() === 4, "all threads wait");
  event.set();
  assertEquals(await passed, ["ok", "ok", "ok", "ok"]);
});

test("notify(n) wakes exactly n threads", async () => {
  await using threads = await Party.several(5);
  const [condition, waiting, woken] = [new Condition(), new Counter(), new Counter()];
  const all = threads.run("awaitCondition", condition, waiting, woken);
  await until(() => waiting.get() === 5, "all threads wait");
  for (const [count, total] of [[2, 2], [1, 3]]) {
    {
      // Whoever had the lock last waits now: the lock is taken by us only after its wait has released it.
      using guard = await condition.acquire();
      condition.notify(guard, count);
    }
    await until(() => woken.get() === total, `${total} threads have woken`);
    // Time for one too many to show.
    await pause(50);
    assertEquals(woken.get(), total);
  }
  {
    using guard = await condition.acquire();
    condition.notifyAll(guard);
  }
  assertEquals(await all, ["ok", "ok", "ok", "ok", "ok"]);
});

test("every item that was put under a condition is taken once", async () => {
  await using threads = await Party.several(4);
  const [condition, items, taken] = [new Condition(), new Value("i32", 0), new Counter()];
  const all = threads.run("consume", condition, items, taken);
  for (let i = 0; i < 2_000; i++) {
    using guard = await condition.acquire();
    items.add(1);
    condition.notify(guard);
  }
  await until(() => taken.get() === 2_000, "all items are taken");
  {
    using guard = await condition.acquire();
    items.set(-1);
    condition.notifyAll(guard);
  }
  await all;
  assertEquals([taken.get(), items.get()], [2_000, -1]);
}, { deadline: 60_000 });

test("a thread that is too busy to take a notification does not keep it from others", async () => {
  await using threads = await Party.several(2);
  const [busy, other] = threads.all;
  const lock = new Lock();
  const guard = await lock.acquire();
  const [one, two] = [new SharedEvent(), new SharedEvent()];
  const first = busy.run("acquire", lock, one, { timeout: 20_000 });
  await one.wait({ timeout: 10_000 });
  // Its answer overtakes that of the first act: only the time matters here.
  const burnt = busy.run("burn", 3_000);
  const second = other.run("acquire", lock, two, { timeout: 20_000 });
  await two.wait({ timeout: 10_000 });
  const start = performance.now();
  guard.release();
  assertEquals(await second, "ok");
  assert(performance.now() - start < 2_500, "it waited for the busy thread");
  await Promise.race([first, burnt]);
});
