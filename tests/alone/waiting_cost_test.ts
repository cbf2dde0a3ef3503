/** Processor time of a pool that waits: looking for answers must not become polling. */
import { assert } from "@std/assert";
import { Pool, tasks } from "@isopool/isopool";
import { pause, test } from "../support/within.ts";
import { processCpu } from "../support/proc.ts";

const { compute, nap } = tasks<typeof import("../fixtures/tasks/durations.ts")>(
  import.meta.resolve("../fixtures/tasks/durations.ts"),
);

test("an idle pool, and one whose calls wait for a timer, take less than a fifth of a core: 2 s each, after short calls", async () => {
  await using pool = new Pool(2);
  for (let n = 0; n < 3_000; n++) await pool.submit(compute, 0);
  const waits = [() => pause(2_000), () => Promise.all([pool.submit(nap, 2_000), pool.submit(nap, 2_000)])];
  for (const wait of waits) {
    const [start, before] = [performance.now(), processCpu()];
    await wait();
    const [ms, used] = [performance.now() - start, processCpu() - before];
    assert(used < ms / 5, `${used} ms of processor time in ${ms} ms`);
  }
});

test("behind a call that runs for 2 s, the script takes no more than that call's core", async () => {
  await using pool = new Pool(2);
  for (let n = 0; n < 3_000; n++) await pool.submit(compute, 0);
  const [start, before] = [performance.now(), processCpu()];
  await pool.submit(compute, 2_000);
  const [ms, used] = [performance.now() - start, processCpu() - before];
  assert(used < ms * 1.2, `${used} ms of processor time in ${ms} ms`);
});
