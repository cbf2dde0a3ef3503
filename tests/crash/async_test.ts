/**
 * The crash matrix on backend "async", which isolates nothing. What would end a thread ends the script there, so a pool
 * cannot contain these cells, and its docs say so: exit, processExit, close, oom, uncaught errors, forgotten
 * rejections, and a task that spins. Results are not copied, so nothing is encoded. These are the other cells.
 */
import { assertEquals } from "@std/assert";
import { BrokenPoolError, Pool, tasks, TaskTimeoutError } from "@isopool/isopool";
import { expectError } from "../support/expect.ts";
import { MUST_HAPPEN, test, within } from "../support/within.ts";
import { crash } from "./crash_tasks.ts";

const fine = (n: number) => n + 1;

for (const kind of ["throw", "reject"] as const) {
  test(`async: run x ${kind}: the error itself, and the pool works on`, async () => {
    await using pool = new Pool({ backend: "async", workers: 1 });
    const error = await within(MUST_HAPPEN, pool.submit(crash, kind).exception());
    assertEquals(expectError(error, RangeError).message, "crashed");
    assertEquals(await within(MUST_HAPPEN, pool.submit(fine, 1)), 2);
  });
}

test("async: run x never: TaskTimeoutError, its worker is dropped, and the pool works on", async () => {
  await using pool = new Pool({ backend: "async", workers: 1, killGrace: 20, timeout: 50 });
  expectError(await within(MUST_HAPPEN, pool.submit(crash, "never").exception()), TaskTimeoutError);
  assertEquals(await within(MUST_HAPPEN, pool.submit(fine, 1)), 2);
});

for (const kind of ["throw", "reject", "never"] as const) {
  test(`async: initializer x ${kind}: the pool is broken, with its cause`, async () => {
    const { run } = tasks<typeof import("./crash_tasks.ts")>(import.meta.resolve("./crash_tasks.ts"));
    const limit = kind === "never" ? { timeout: 50 } : {};
    const pool = new Pool({ backend: "async", workers: 1, initializer: run, initArgs: [kind], ...limit });
    const error = expectError(await within(MUST_HAPPEN, pool.submit(fine, 1).exception()), BrokenPoolError);
    expectError(error.cause, kind === "never" ? TaskTimeoutError : RangeError);
    await within(MUST_HAPPEN, pool.terminate());
  });
}

test("async: result encode x getter: the result is not copied, and the getter runs when the caller reads it", async () => {
  await using pool = new Pool({ backend: "async", workers: 1 });
  let reads = 0;
  const result = await within(
    MUST_HAPPEN,
    pool.submit(() => ({
      get bomb() {
        return ++reads;
      },
    })),
  );
  assertEquals([reads, result.bomb, reads], [0, 1, 1]);
});
