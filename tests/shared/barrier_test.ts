/**
 * A barrier that breaks, on one thread.
 *
 * @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import { Barrier, BrokenBarrierError, WaitTimeoutError } from "@isopool/isopool";
import { expectError } from "../support/expect.ts";
import { test, timed } from "../support/within.ts";

test("a barrier that one party leaves by timeout is broken for all, until reset", async () => {
  const barrier = new Barrier(3);
  const stays = timed(barrier.wait());
  const leaves = timed(barrier.wait({ timeout: 20 }));
  expectError((await leaves).error, WaitTimeoutError);
  expectError((await stays).error, BrokenBarrierError);
  assertEquals(barrier.broken, true);
  await assertRejects(() => barrier.wait(), BrokenBarrierError);
  barrier.reset();
  assertEquals((await Promise.all([barrier.wait(), barrier.wait(), barrier.wait()])).sort(), [0, 1, 2]);
});

test("reset and abort break the wait of the parties that wait", async () => {
  const barrier = new Barrier(2);
  for (const action of ["reset", "abort"] as const) {
    barrier.reset();
    const waits = timed(barrier.wait());
    barrier[action]();
    expectError((await waits).error, BrokenBarrierError);
  }
  barrier.reset();
  assertEquals((await Promise.all([barrier.wait(), barrier.wait()])).sort(), [0, 1]);
});
