import { assert, assertEquals } from "@std/assert";
import { Pool, tasks, WorkerCrashedError } from "@isopool/isopool";
import { dying, values } from "../fixtures/views.ts";
import { expectError } from "../support/expect.ts";
import { Gate } from "../support/gate.ts";
import { MUST_HAPPEN, test, timed, until, within } from "../support/within.ts";

const scoped = tasks<typeof import("../fixtures/tasks/scoped.ts")>(import.meta.resolve("../fixtures/tasks/scoped.ts"));

const make = () => new Pool({ workers: 1, permissions: "none" });

for (const how of ["denoExit", "processExit", "exitAfterAwait"] as const) {
  for (const code of [0, 7]) {
    test(`under a scope, ${how}(${code}): WorkerCrashedError "exit" with its code within 1 s (bound: 5 s)`, async () => {
      await using pool = make();
      const { ms, error } = await timed(within(MUST_HAPPEN, pool.submit(dying[how], code).result()));
      const crashed = expectError(error, WorkerCrashedError);
      assertEquals([crashed.reason, crashed.exitCode], ["exit", code]);
      assert(ms < 5_000, `${ms} ms`);
      assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 4)), 8);
    });
  }
}

test("under a scope, self.close() in a task: WorkerCrashedError without a code", async () => {
  await using pool = make();
  const crashed = expectError(
    await within(MUST_HAPPEN, pool.submit(scoped.selfClose).exception()),
    WorkerCrashedError,
  );
  assertEquals([crashed.reason, crashed.exitCode], ["exit", undefined]);
  assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 4)), 8);
});

for (const how of ["throwInTimer", "rejectAside"] as const) {
  test(`under a scope, ${how}: an uncaught error fails the running task, with the whole error as its cause`, async () => {
    await using pool = make();
    const crashed = expectError(
      await within(MUST_HAPPEN, pool.submit(dying[how], "aside").exception()),
      WorkerCrashedError,
    );
    assertEquals([crashed.reason, crashed.exitCode], ["uncaught", undefined]);
    const cause = expectError(crashed.cause, RangeError);
    assertEquals(cause.message, "aside");
    assert(cause.stack!.includes("dying.ts"), cause.stack);
    assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 4)), 8);
  });
}

test("under a scope, an error that an idle worker throws ends that worker only", async () => {
  await using pool = make();
  await using gate = new Gate();
  assertEquals(await pool.submit(dying.leaveBomb, gate.words), "done");
  const before = pool.workerIds;
  gate.open();
  await until(() => gate.read("NOTE") === 1, "it was thrown");
  await until(() => !pool.workerIds.includes(before[0]), "the worker is gone");
  assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 4)), 8);
});

test("under a scope, a crash loses only the running call, and retry runs it again", async () => {
  await using pool = make();
  await using gate = new Gate();
  assertEquals(await within(MUST_HAPPEN, pool.submit(dying.exitOnce.with({ retry: 1 }), gate.words)), "second run");
  const calls = Array.from({ length: 20 }, (_, n) => pool.submit(dying.exitOr, n === 7, n));
  const ends = await within(MUST_HAPPEN, Promise.allSettled(calls));
  assertEquals(ends.map(({ status }) => status === "fulfilled"), calls.map((_, n) => n !== 7));
});
