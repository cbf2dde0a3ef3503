import { assert, assertEquals } from "@std/assert";
import { Pool, tasks, TaskTimeoutError } from "@isopool/isopool";
import { runaway, values } from "../fixtures/views.ts";
import { expectError } from "../support/expect.ts";
import { Gate } from "../support/gate.ts";
import { MUST_HAPPEN, test, timed, within } from "../support/within.ts";

const scoped = tasks<typeof import("../fixtures/tasks/scoped.ts")>(import.meta.resolve("../fixtures/tasks/scoped.ts"));

const make = (options = {}) => new Pool({ workers: 1, permissions: "none", killGrace: 50, ...options });

for (const kind of ["spin", "catchingSpin", "atomicsWait"] as const) {
  test(`under a scope, ${kind} before any await is stopped by its timeout, and its worker lives on`, async () => {
    await using pool = make();
    await using gate = new Gate();
    await pool.submit(values.double, 1);
    for (let round = 1; round <= 3; round++) {
      const start = performance.now();
      const future = pool.submit(runaway[kind].with({ timeout: 150 }), gate.words);
      const { ms, error } = await timed(within(MUST_HAPPEN, future.result()), start);
      assertEquals(expectError(error, TaskTimeoutError).timeout, 150);
      assert(ms >= 145 && ms < 5_000, `${ms} ms`);
      assertEquals(gate.count, round);
      const next = pool.submit(values.double, 4);
      assertEquals([await within(MUST_HAPPEN, next), next.workerId], [8, future.workerId]);
    }
  });
}

test("under a scope, a map times out only the task that spins", async () => {
  await using pool = make();
  await using gate = new Gate();
  const items = Array.from(
    { length: 30 },
    (_, n): [typeof gate.words | null, number] => [n === 11 ? gate.words : null, n],
  );
  const ends = await within(
    MUST_HAPPEN,
    pool.starmap(runaway.spinOr, items, { timeout: 300, onError: "settle", chunkSize: 10 }),
  );
  assertEquals(ends.map(({ status }) => status === "fulfilled"), items.map((_, n) => n !== 11));
});

test("under a scope, a runaway task with retries is stopped at each attempt, and fails after the last", async () => {
  await using pool = make();
  await using gate = new Gate();
  const future = pool.submit(runaway.spin.with({ timeout: 100, retry: 2 }), gate.words);
  expectError(await within(MUST_HAPPEN, future.exception()), TaskTimeoutError);
  assertEquals(gate.count, 3);
});

test("a task that throws an error with the code of node:vm rejects with that error", async () => {
  await using pool = make();
  const { inline } = await import("@isopool/isopool");
  const task = inline(() => {
    throw Object.assign(new Error("mine"), { code: "ERR_SCRIPT_EXECUTION_TIMEOUT" });
  });
  assertEquals((await pool.submit(task.with({ timeout: 5_000 })).exception() as Error).message, "mine");
});

test("tasks that end close to their limit settle, in time or not, and nothing hangs", async () => {
  await using pool = make({ killGrace: 20 });
  await pool.submit(scoped.busy.with({ timeout: 1_000 }), 1);
  const seen = { done: 0, late: 0 };
  for (let n = 0; n < 300; n++) {
    const future = pool.submit(scoped.busy.with({ timeout: 4 }), 3.6 + 0.6 * (n % 20) / 20);
    const error = await within(MUST_HAPPEN, future.exception(), `call ${n}`);
    if (error === undefined) seen.done++;
    else if (expectError(error, TaskTimeoutError)) seen.late++;
  }
  assertEquals(seen.done + seen.late, 300);
  assert(seen.late > 0, JSON.stringify(seen));
  assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 4)), 8);
}, { deadline: 60_000 });
