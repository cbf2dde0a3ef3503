/** Workers that run out of memory: the worker ends, its call fails with the reason, and no other call is affected. */
import { assert, assertEquals } from "@std/assert";
import { Pool, WorkerCrashedError } from "@isopool/isopool";
import { gated, hungry, values } from "../fixtures/views.ts";
import { expectError } from "../support/expect.ts";
import { Gate } from "../support/gate.ts";
import { leavesNothing } from "../support/leaks.ts";
import { test, within } from "../support/within.ts";

const LIMIT = 64 * 2 ** 20;
/** The runtime collects a full heap several times before it gives up. */
const LONG = 50_000;

for (const task of [hungry.fillHeap, hungry.fillHeapLater, hungry.fillBuffers]) {
  test(`memoryLimit: ${task.name} is ended with reason "oom"; the pool goes on, neighbours are unharmed`, async () => {
    await using gate = new Gate();
    await using pool = new Pool({ workers: 2, memoryLimit: LIMIT });
    const exits: unknown[] = [];
    pool.addEventListener("workerexit", ({ detail }) => void exits.push(detail.reason));
    const neighbour = pool.submit(gated.hold, gate.words, "unharmed");
    await gate.entered();
    const error = expectError(await within(LONG, pool.submit(task).exception()), WorkerCrashedError);
    assertEquals(error.reason, "oom");
    assert(error.message.includes("took more than its `memoryLimit` of 64 MiB: raise it"), error.message);
    assert(error.cause instanceof Error, String(error.cause));
    assertEquals([neighbour.state, exits], ["running", ["oom"]]);
    gate.open();
    assertEquals(await neighbour, "unharmed");
    assertEquals(await pool.map(values.double, [1, 2, 3]), [2, 4, 6]);
    assertEquals(pool.stats().workers.crashed, 1);
  }, { deadline: 60_000 });
}

test("memoryLimit: calls that wait behind a task that runs out of memory run on other workers", async () => {
  await using pool = new Pool({ workers: 1, memoryLimit: LIMIT });
  await pool.map(values.double, [1, 2, 3]);
  const hog = pool.submit(hungry.fillHeapLater).exception();
  const behind = [1, 2, 3].map((n) => pool.submit(values.double, n));
  assertEquals(expectError(await within(LONG, hog), WorkerCrashedError).reason, "oom");
  assertEquals(await within(LONG, Promise.all(behind)), [2, 4, 6]);
}, { deadline: 60_000 });

test("memoryLimit: a worker that only makes garbage goes on", async () => {
  await using pool = new Pool({ workers: 1, memoryLimit: LIMIT });
  assert(await within(LONG, pool.submit(hungry.makeGarbage, 100)) > 0);
  assertEquals(pool.stats().workers.started, 1);
}, { deadline: 60_000 });

for (const megabytes of [10, 50]) {
  test(
    `memoryLimit 64 MiB: a task that makes a buffer of ${megabytes} MB every 10 ms, and keeps one, goes on`,
    async () => {
      await using pool = new Pool({ workers: 1, memoryLimit: LIMIT });
      assertEquals(await within(LONG, pool.submit(hungry.replaceBuffers, megabytes, 120)), 120);
      assertEquals(pool.stats().workers.started, 1);
    },
    { deadline: 60_000 },
  );
}

leavesNothing();
