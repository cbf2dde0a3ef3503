/**
 * Crash loops: workers that die again and again break the pool, or use up the attempts of their task. No pool starts
 * workers forever.
 */
import { assert, assertEquals } from "@std/assert";
import { BrokenPoolError, Pool, tasks, WorkerCrashedError } from "@isopool/isopool";
import { expectError } from "../support/expect.ts";
import { MUST_HAPPEN, pause, test, until, within } from "../support/within.ts";

const url = import.meta.resolve("./crash_tasks.ts");
const crashing = tasks<typeof import("./crash_tasks.ts")>(url);

for (const kind of ["exit", "uncaughtTimer"] as const) {
  test(`workers that die at idle right after their start (${kind}) break a pool with minWorkers after 3 starts`, async () => {
    const pool = new Pool({ workers: 2, minWorkers: 1, initializer: crashing.primed, initArgs: [kind] });
    await until(() => pool.state === "broken", "the pool is broken", MUST_HAPPEN);
    assertEquals(pool.stats().workers.started, 3);
    const next = (() => {
      try {
        return pool.submit(crashing.fine, 1);
      } catch (error) {
        return error;
      }
    })();
    const { cause } = expectError(next, BrokenPoolError);
    if (kind === "exit") assertEquals(expectError(cause, WorkerCrashedError).exitCode, 7);
    else assertEquals((cause as Error).message, "crashed");
    await within(MUST_HAPPEN, pool.terminate());
    assertEquals(pool.stats().workers.started, 3);
  });
}

for (const retry of [0, 4]) {
  test(`a module that exits while it is loaded uses up the ${1 + retry} attempts of its call, and no more`, async () => {
    const pool = new Pool(1);
    const { fine } = tasks<typeof import("./crash_tasks.ts")>(`${url}?crash=exit`);
    const error = await within(MUST_HAPPEN, pool.submit(fine.with({ retry }), 1).exception());
    assertEquals(expectError(error, WorkerCrashedError).exitCode, 7);
    assertEquals(await within(MUST_HAPPEN, pool.submit(crashing.fine, 1)), 2);
    assertEquals(pool.stats().workers, {
      abandoned: 0,
      starting: 0,
      busy: 0,
      idle: 1,
      leaving: 0,
      started: 2 + retry,
      crashed: 1 + retry,
    });
    await within(MUST_HAPPEN, pool.shutdown());
  });
}

test("an initializer that exits breaks the pool after three workers, whatever is submitted", async () => {
  const pool = new Pool({ workers: 4, initializer: crashing.run, initArgs: ["exit"] });
  const futures = Array.from({ length: 20 }, (_, n) => pool.submit(crashing.fine.with({ retry: 5 }), n));
  for (const future of futures) {
    const { cause } = expectError(await within(MUST_HAPPEN, future.exception()), BrokenPoolError);
    assertEquals(expectError(cause, WorkerCrashedError).exitCode, 7);
  }
  await within(MUST_HAPPEN, pool.terminate());
  // Four were started at once, then replacements of the first two that died, and none after the third death.
  const { started } = pool.stats().workers;
  assert(started <= 6, `${started} workers were started`);
});

test("a pool without work does not replace a worker that dies while idle", async () => {
  const pool = new Pool({ workers: 1 });
  assertEquals(await within(MUST_HAPPEN, pool.submit(crashing.later, "exit")), "done");
  await until(() => pool.stats().workers.crashed === 1, "the worker has died");
  await pause(100);
  assertEquals(pool.stats().workers.started, 1);
  await within(MUST_HAPPEN, pool.shutdown());
});
