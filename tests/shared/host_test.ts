/**
 * The reports of a host, sent by the test itself: a thread has ended, or was stopped and may still run. tests/contract/shared/
 * has the tests of a pool's reports.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { BoundedSemaphore, Counter, Lock, LockAbandonedError, SharedEvent, WaitTimeoutError } from "@isopool/isopool";
import { OwnerTable } from "../../lib/shared/owner_table.ts";
import { expectError } from "../support/expect.ts";
import { test, timed, until, within } from "../support/within.ts";
import { TestThread } from "./support/test_thread.ts";

test("a lost thread keeps its lock, and waiters get a LockAbandonedError", async () => {
  await using lostThread = await TestThread.start();
  const lock = new Lock();
  const held = new SharedEvent();
  lostThread.run("holdAndEnd", lock, held, "stay").catch(() => {});
  await held.wait({ timeout: 10_000 });
  const waiter = timed(lock.acquire({ recover: true }));
  OwnerTable.local().lost(lostThread.id);
  assertEquals(expectError((await within(5_000, waiter)).error, LockAbandonedError).recoverable, false);
  // Once the thread has ended, the lock can be recovered.
  await lostThread.kill();
  using guard = await lock.acquire({ recover: true });
  assert(guard.recovered);
});

test("permits of a lost thread stay taken", async () => {
  await using lostThread = await TestThread.start();
  const permits = new BoundedSemaphore(1);
  const held = new SharedEvent();
  lostThread.run("holdAndEnd", permits, held, "stay").catch(() => {});
  await held.wait({ timeout: 10_000 });
  OwnerTable.local().lost(lostThread.id);
  await assertRejects(() => permits.acquire({ timeout: 300 }), WaitTimeoutError);
  await lostThread.kill();
  (await permits.acquire({ timeout: 5_000 })).release();
});

test("a Web Worker that blocks without a limit is freed when its host reports it as lost", async () => {
  const event = new SharedEvent();
  const waiting = new Counter();
  await using worker = await TestThread.start("web");
  const ending = worker.run("waitSync", event, waiting);
  await until(() => waiting.get() === 1, "it waits");
  OwnerTable.local().lost(worker.id);
  assertEquals(await within(5_000, ending), "IsopoolError");
  // Its event loop turns again, so terminate() can end it.
  worker.terminate();
  await within(5_000, worker.ended, "the end of the worker");
});

test("a worker that no host registered can wait for a lock", async () => {
  await using worker = await TestThread.start("web", false);
  const lock = new Lock();
  const guard = await lock.acquire();
  const waiting = new SharedEvent();
  const ending = worker.run("acquireSync", lock, waiting);
  await waiting.wait({ timeout: 10_000 });
  guard.release();
  assertEquals(await ending, "ok");
});

Deno.test("an id is never given to another thread", () => {
  const owners = OwnerTable.local();
  const first = owners.register();
  owners.died(first);
  const second = owners.register();
  assert(second !== first);
  assertEquals([owners.status(first), owners.status(second)], [0, 1]);
  // A late report about the first thread does not change the second.
  owners.died(first);
  owners.lost(first);
  assertEquals(owners.status(second), 1);
  owners.died(second);
});

Deno.test("a thread beyond the table's slots is refused, and slots come back", () => {
  const owners = OwnerTable.local();
  const before = owners.count;
  const ids: number[] = [];
  try {
    for (;;) ids.push(owners.register());
  } catch (error) {
    assertEquals(
      (error as Error).message,
      "Cannot register thread: 1023 threads are alive, which is the maximum: end a worker first",
    );
  }
  assertEquals([ids.length + before, new Set(ids).size], [1023, ids.length]);
  for (const id of ids) owners.died(id);
  assertEquals(owners.count, before);
});
