/**
 * Threads that die, or do not end, while they hold or wait for something.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  Barrier,
  BoundedSemaphore,
  BrokenBarrierError,
  Condition,
  Counter,
  Lock,
  LockAbandonedError,
  RLock,
  SharedEvent,
  WaitTimeoutError,
} from "@isopool/isopool";
import { Owners } from "../../lib/shared/owners.ts";
import { expectError } from "../support/expect.ts";
import { test, timed, until, within } from "../support/within.ts";
import type { Ending } from "./support/acts.ts";
import { Party } from "./support/party.ts";

/** A thread dies holding `lock`: by itself, or killed. */
async function abandon(lock: Lock | RLock | BoundedSemaphore, how: Ending): Promise<void> {
  await using thread = await Party.start();
  const held = new SharedEvent();
  const work = thread.run("holdAndEnd", lock, held, how);
  work.catch(() => {});
  await held.wait({ timeout: 10_000 });
  if (how === "spin" || how === "stay") await thread.kill();
  await within(10_000, thread.ended, "the end of the thread");
}

for (const how of ["exit", "throw", "spin", "stay"] as const) {
  test(`a lock whose holder died (${how}) fails for everybody until it is recovered`, async () => {
    const lock = new Lock();
    await abandon(lock, how);
    assertEquals(lock.tryAcquire(), undefined);
    for (let twice = 0; twice < 2; twice++) {
      assert(expectError((await timed(lock.acquire())).error, LockAbandonedError).recoverable);
    }
    {
      using guard = await lock.acquire({ recover: true });
      assert(guard.recovered);
    }
    using guard = await lock.acquire();
    assertEquals(guard.recovered, false);
  });
}

test("waiters, blocked and awaiting, on other threads and on this one, hear of the death", async () => {
  await using holder = await Party.start();
  await using blocked = await Party.start();
  await using awaiting = await Party.start();
  const lock = new Lock();
  const held = new SharedEvent();
  holder.run("holdAndEnd", lock, held, "spin").catch(() => {});
  await held.wait({ timeout: 10_000 });
  const [one, two] = [new SharedEvent(), new SharedEvent()];
  const all = [blocked.run("acquireSync", lock, one), awaiting.run("acquire", lock, two)];
  const here = timed(lock.acquire());
  await one.wait({ timeout: 10_000 });
  await two.wait({ timeout: 10_000 });
  await holder.kill();
  assertEquals(await within(5_000, Promise.all(all)), ["LockAbandonedError", "LockAbandonedError"]);
  expectError((await within(5_000, here)).error, LockAbandonedError);
});

test("one of many waiters recovers the lock, the others get it whole", async () => {
  await using holder = await Party.start();
  await using others = await Party.several(3);
  const lock = new Lock();
  const held = new SharedEvent();
  holder.run("holdAndEnd", lock, held, "stay").catch(() => {});
  await held.wait({ timeout: 10_000 });
  const waiting = others.all.map(() => new SharedEvent());
  const all = others.all.map((thread, i) => thread.run("acquireSync", lock, waiting[i], { recover: true }));
  for (const event of waiting) await event.wait({ timeout: 10_000 });
  await holder.kill();
  assertEquals((await within(5_000, Promise.all(all))).sort(), ["ok", "ok", "recovered"]);
  assertEquals(lock.locked, false);
});

test("a repair that fails leaves the lock abandoned; one that succeeds does not", async () => {
  const lock = new Lock();
  await abandon(lock, "exit");
  const failure = new Error("beyond repair");
  const failing = () => Promise.reject(failure);
  assertEquals((await timed(lock.acquire({ recover: failing }))).error, failure);
  await assertRejects(() => lock.acquire(), LockAbandonedError);
  let sawItLocked = false;
  {
    using guard = lock.acquireSync({
      timeout: 1_000,
      recover: () => {
        sawItLocked = lock.tryAcquire() === undefined;
      },
    });
    assertEquals([guard.recovered, sawItLocked], [true, true]);
  }
  (await lock.acquire()).release();
});

test("an RLock is abandoned and recovered like a Lock", async () => {
  const lock = new RLock();
  await abandon(lock, "exit");
  await assertRejects(() => lock.acquire(), LockAbandonedError);
  using guard = await lock.acquire({ recover: true });
  using again = guard.acquire();
  assert(again.recovered);
});

test("permits of a BoundedSemaphore come back from the dead", async () => {
  const permits = new BoundedSemaphore(2);
  using _mine = await permits.acquire();
  await abandon(permits, "exit");
  {
    using _theirs = await permits.acquire({ timeout: 5_000 });
    assertEquals(permits.tryAcquire(), undefined);
  }
  assertEquals(permits.permits, 1);
});

test("a thread that was given up keeps what it holds, and nobody hangs", async () => {
  await using zombie = await Party.start();
  const lock = new Lock();
  const held = new SharedEvent();
  zombie.run("holdAndEnd", lock, held, "stay").catch(() => {});
  await held.wait({ timeout: 10_000 });
  const waiter = timed(lock.acquire({ recover: true }));
  Owners.home().lost(zombie.id);
  assertEquals(expectError((await within(5_000, waiter)).error, LockAbandonedError).recoverable, false);
  // When it ends after all, the lock can be recovered.
  await zombie.kill();
  using guard = await lock.acquire({ recover: true });
  assert(guard.recovered);
});

test("permits of a thread that was given up stay taken", async () => {
  await using zombie = await Party.start();
  const permits = new BoundedSemaphore(1);
  const held = new SharedEvent();
  zombie.run("holdAndEnd", permits, held, "stay").catch(() => {});
  await held.wait({ timeout: 10_000 });
  Owners.home().lost(zombie.id);
  await assertRejects(() => permits.acquire({ timeout: 300 }), WaitTimeoutError);
  await zombie.kill();
  (await permits.acquire({ timeout: 5_000 })).release();
});

test("a barrier breaks when a party dies while it waits", async () => {
  await using threads = await Party.several(2);
  const [stays, dies] = threads.all;
  const barrier = new Barrier(3);
  const told = stays.run("meet", barrier, 1);
  dies.run("meet", barrier, 1).catch(() => {});
  await until(() => barrier.waiting === 2, "two wait at the barrier");
  await dies.kill();
  assertEquals(await within(5_000, told), "BrokenBarrierError");
  await assertRejects(() => barrier.wait(), BrokenBarrierError);
  barrier.reset();
  assertEquals([barrier.broken, barrier.waiting], [false, 0]);
});

test("a notification is not lost with a dead waiter", async () => {
  await using threads = await Party.several(2);
  const [dies, stays] = threads.all;
  const [condition, waiting, woken] = [new Condition(), new Counter(), new Counter()];
  dies.run("awaitCondition", condition, waiting, woken).catch(() => {});
  await until(() => waiting.get() === 1, "the first waits");
  const told = stays.run("awaitCondition", condition, waiting, woken);
  await until(() => waiting.get() === 2, "the second waits");
  await dies.kill();
  using guard = await condition.acquire();
  condition.notify(guard);
  guard.release();
  assertEquals(await within(5_000, told), "ok");
  assertEquals(woken.get(), 1);
});

test("a notified waiter that dies before it has the lock wakes the others", async () => {
  await using threads = await Party.several(2);
  const [dies, stays] = threads.all;
  const [condition, waiting, woken] = [new Condition(), new Counter(), new Counter()];
  dies.run("awaitCondition", condition, waiting, woken).catch(() => {});
  await until(() => waiting.get() === 1, "the first waits");
  const told = stays.run("awaitCondition", condition, waiting, woken);
  await until(() => waiting.get() === 2, "the second waits");
  const guard = await condition.acquire();
  condition.notify(guard);
  // It cannot go on: the lock is held here.
  await dies.kill();
  guard.release();
  assertEquals(await within(5_000, told), "ok");
});

test("a thread blocked in a wait without end is freed by terminate()", async () => {
  const event = new SharedEvent();
  const waiting = new Counter();
  await using thread = await Party.start();
  thread.run("waitSync", event, waiting).catch(() => {});
  await until(() => waiting.get() === 1, "it waits");
  await within(5_000, thread.kill(), "the end of the thread");
});

test("a Web Worker blocked in a wait without end is freed by its host giving it up", async () => {
  const event = new SharedEvent();
  const waiting = new Counter();
  await using worker = await Party.start("web");
  const told = worker.run("waitSync", event, waiting);
  await until(() => waiting.get() === 1, "it waits");
  Owners.home().lost(worker.id);
  assertEquals(await within(5_000, told), "IsopoolError");
  // Its loop turns again, so that it can be ended.
  worker.terminate();
  await within(5_000, worker.ended, "the end of the worker");
});

test("a worker of the user's own, introduced by nobody, takes part", async () => {
  await using worker = await Party.start("web", false);
  const lock = new Lock();
  const guard = await lock.acquire();
  const waiting = new SharedEvent();
  const told = worker.run("acquireSync", lock, waiting);
  await waiting.wait({ timeout: 10_000 });
  guard.release();
  assertEquals(await told, "ok");
});

Deno.test("an id is not given to another thread while an object may still name it", () => {
  const owners = Owners.home();
  const first = owners.register();
  owners.died(first);
  const second = owners.register();
  assert(second !== first);
  assertEquals([owners.standing(first), owners.standing(second)], [0, 1]);
  // A late word about the first does not touch the second.
  owners.died(first);
  owners.lost(first);
  assertEquals(owners.standing(second), 1);
  owners.died(second);
});

Deno.test("threads beyond the table's places are refused, and places come back", () => {
  const owners = Owners.home();
  const before = owners.count;
  const ids: number[] = [];
  try {
    for (;;) ids.push(owners.register());
  } catch (error) {
    assertEquals((error as Error).message, "Cannot register thread: 1023 are alive");
  }
  assertEquals([ids.length + before, new Set(ids).size], [1023, ids.length]);
  for (const id of ids) owners.died(id);
  assertEquals(owners.count, before);
});

test("a lock that is held by the living is waited for", async () => {
  await using thread = await Party.start();
  const lock = new Lock();
  const held = new SharedEvent();
  thread.run("holdAndEnd", lock, held, "stay").catch(() => {});
  await held.wait({ timeout: 10_000 });
  // Longer than several slices.
  await assertRejects(() => lock.acquire({ timeout: 300, recover: true }), WaitTimeoutError);
});
