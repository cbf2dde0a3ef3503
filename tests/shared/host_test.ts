/**
 * What only the host of a thread can do, by hand: telling that it has ended, or that it was given up and may still run.
 * What a pool makes of it is in tests/contract/shared/.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { BoundedSemaphore, Counter, Lock, LockAbandonedError, SharedEvent, WaitTimeoutError } from "@isopool/isopool";
import { OwnerTable } from "../../lib/shared/owner_table.ts";
import { expectError } from "../support/expect.ts";
import { test, timed, until, within } from "../support/within.ts";
import { Party } from "./support/party.ts";

test("a thread that was given up keeps what it holds, and nobody hangs", async () => {
  await using zombie = await Party.start();
  const lock = new Lock();
  const held = new SharedEvent();
  zombie.run("holdAndEnd", lock, held, "stay").catch(() => {});
  await held.wait({ timeout: 10_000 });
  const waiter = timed(lock.acquire({ recover: true }));
  OwnerTable.local().lost(zombie.id);
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
  OwnerTable.local().lost(zombie.id);
  await assertRejects(() => permits.acquire({ timeout: 300 }), WaitTimeoutError);
  await zombie.kill();
  (await permits.acquire({ timeout: 5_000 })).release();
});

test("a Web Worker blocked in a wait without end is freed by its host giving it up", async () => {
  const event = new SharedEvent();
  const waiting = new Counter();
  await using worker = await Party.start("web");
  const told = worker.run("waitSync", event, waiting);
  await until(() => waiting.get() === 1, "it waits");
  OwnerTable.local().lost(worker.id);
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
  const owners = OwnerTable.local();
  const first = owners.register();
  owners.died(first);
  const second = owners.register();
  assert(second !== first);
  assertEquals([owners.status(first), owners.status(second)], [0, 1]);
  // A late word about the first does not touch the second.
  owners.died(first);
  owners.lost(first);
  assertEquals(owners.status(second), 1);
  owners.died(second);
});

Deno.test("threads beyond the table's places are refused, and places come back", () => {
  const owners = OwnerTable.local();
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
