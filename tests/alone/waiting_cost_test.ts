/**
 * Processor time of a pool that waits: it polls for an answer for a short time only, and then sleeps. Needs a process of its
 * own, because processor time is that of the whole process.
 */
import { assert } from "@std/assert";
import { Pool, tasks } from "@isopool/isopool";
import { pause, test } from "../support/within.ts";
import { processCpu } from "../support/proc.ts";

const { compute, nap } = tasks<typeof import("../fixtures/tasks/durations.ts")>(
  import.meta.resolve("../fixtures/tasks/durations.ts"),
);

/** Runs something; returns its milliseconds, and the processor time that the process has used meanwhile. */
async function cpuDuring(work: () => Promise<unknown>): Promise<{ ms: number; used: number }> {
  const [start, before] = [performance.now(), processCpu()];
  await work();
  return { ms: performance.now() - start, used: processCpu() - before };
}

test("an idle pool, and one whose calls wait for a timer, take less than a fifth of a core: 2 s each, after short calls", async () => {
  await using pool = new Pool(2);
  for (let n = 0; n < 3_000; n++) await pool.submit(compute, 0);
  const waits = [() => pause(2_000), () => Promise.all([pool.submit(nap, 2_000), pool.submit(nap, 2_000)])];
  for (const wait of waits) {
    const { ms, used } = await cpuDuring(wait);
    assert(used < ms / 5, `${used} ms of processor time in ${ms} ms`);
  }
});

test("behind a call that runs for 2 s, the script takes no more than that call's core", async () => {
  await using pool = new Pool(2);
  for (let n = 0; n < 3_000; n++) await pool.submit(compute, 0);
  const { ms, used } = await cpuDuring(() => pool.submit(compute, 2_000).result());
  assert(used < ms * 1.2, `${used} ms of processor time in ${ms} ms`);
});
