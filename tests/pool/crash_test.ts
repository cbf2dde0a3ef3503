import { assert, assertEquals, assertRejects } from "@std/assert";
import { BrokenPoolError, Pool, WorkerCrashedError } from "@isopool/isopool";
import { dying, gated, values } from "../fixtures/views.ts";
import { expectError } from "../support/expect.ts";
import { Gate } from "../support/gate.ts";
import { MUST_HAPPEN, test, timed, until, within } from "../support/within.ts";
import { rounds } from "../support/rounds.ts";

for (const how of ["denoExit", "processExit", "exitAfterAwait"] as const) {
  for (const code of [0, 7]) {
    test(`${how}(${code}) in a task: WorkerCrashedError "exit" with its code within 1 s (bound: 5 s)`, async () => {
      await using pool = new Pool(1);
      await pool.ready();
      const future = pool.submit(dying[how], code);
      const { ms, error } = await timed(within(MUST_HAPPEN, future.result()));
      const crashed = expectError(error, WorkerCrashedError);
      assertEquals([crashed.reason, crashed.exitCode, crashed.signal], ["exit", code, undefined]);
      assert(ms < 5_000, `${ms} ms`);
      assert(crashed.stack!.includes("crash_test.ts"), "the error does not say where the task was submitted");
      const next = pool.submit(values.double, 4);
      assertEquals(await within(MUST_HAPPEN, next), 8);
      assert(next.workerId !== future.workerId, "the worker was not replaced");
    });
  }
}

for (const how of ["throwInTimer", "rejectAside"] as const) {
  test(`${how}: an uncaught error under a running task fails it as "uncaught", with its cause`, async () => {
    await using pool = new Pool(1);
    const crashed = expectError(
      await within(MUST_HAPPEN, pool.submit(dying[how], "aside").exception()),
      WorkerCrashedError,
    );
    assertEquals(crashed.reason, "uncaught");
    assert((crashed.cause as Error).message.includes("aside"), String(crashed.cause));
    assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 4)), 8);
  });
}

test("an uncaught error of a finished task kills its idle worker: no call fails, the pool goes on", async () => {
  await using pool = new Pool(1);
  await using gate = new Gate();
  const left = pool.submit(dying.leaveBomb, gate.words);
  assertEquals(await left, "done");
  const before = pool.workerIds;
  gate.open();
  await until(() => gate.read("NOTE") === 1 && pool.workerIds[0] !== before[0], "the worker has died");
  assertEquals(await within(MUST_HAPPEN, pool.map(values.double, [1, 2, 3])), [2, 4, 6]);
});

test("a crash fails the running task only: neighbours and waiting tasks end well", async () => {
  await using pool = new Pool(2);
  await using gate = new Gate();
  const neighbour = pool.submit(gated.hold, gate.words, "unharmed");
  await gate.entered();
  const crashing = pool.submit(dying.exitAfterAwait, 7);
  const waiting = Array.from({ length: 20 }, (_, n) => pool.submit(values.double, n));
  expectError(await within(MUST_HAPPEN, crashing.exception()), WorkerCrashedError);
  assertEquals(await within(MUST_HAPPEN, Promise.all(waiting)), Array.from({ length: 20 }, (_, n) => 2 * n));
  gate.open();
  assertEquals(await neighbour, "unharmed");
});

for (const chunkSize of [1, 20, "auto"] as const) {
  test(`a crash in a batch loses one item; the items before and after it arrive (chunkSize ${chunkSize})`, async () => {
    await using pool = new Pool(1);
    await pool.starmap(dying.exitOr, Array.from({ length: 100 }, (_, n): [boolean, number] => [false, n]));
    const calls = Array.from({ length: 40 }, (_, n): [boolean, number] => [n === 13 || n === 14, n]);
    const results = await within(MUST_HAPPEN, pool.starmap(dying.exitOr, calls, { onError: "settle", chunkSize }));
    results.forEach((result: PromiseSettledResult<number>, n: number) => {
      if (n === 13 || n === 14) {
        assertEquals(expectError((result as PromiseRejectedResult).reason, WorkerCrashedError).exitCode, 7);
      } else assertEquals<unknown>(result, { status: "fulfilled", value: n, index: n });
    });
  });
}

test("a task that crashes runs again under retry", async () => {
  await using pool = new Pool(1);
  await using gate = new Gate();
  assertEquals(await within(MUST_HAPPEN, pool.submit(dying.exitOnce.with({ retry: 1 }), gate.words)), "second run");
  assertEquals(gate.count, 2);
});

test("a task that crashes in every attempt under retry fails after its last attempt", async () => {
  await using pool = new Pool(1);
  const error = await within(MUST_HAPPEN, pool.submit(dying.denoExit.with({ retry: 4 }), 3).exception());
  assertEquals(expectError(error, WorkerCrashedError).exitCode, 3);
  assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 4)), 8);
});

const CRASHES = rounds(12, 50);

test(`${CRASHES} crashes in a row do not break the pool, because each worker took a task`, async () => {
  await using pool = new Pool(2);
  const futures = Array.from({ length: CRASHES }, () => pool.submit(dying.denoExit, 1));
  for (const future of futures) {
    assert(!(await within(20_000, future.exception()) instanceof BrokenPoolError));
  }
  assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 4)), 8);
}, { deadline: 60_000 });

test("a closing pool replaces a crashed worker and finishes its calls", async () => {
  const pool = new Pool(1);
  const crashing = pool.submit(dying.denoExit, 7);
  const waiting = Array.from({ length: 5 }, (_, n) => pool.submit(values.double, n));
  pool.close();
  expectError(await within(MUST_HAPPEN, crashing.exception()), WorkerCrashedError);
  assertEquals(await within(MUST_HAPPEN, Promise.all(waiting)), [0, 2, 4, 6, 8]);
  await within(MUST_HAPPEN, pool.join());
});

test("Future.cancel() and a crash at the same time settle the future once", async () => {
  await using pool = new Pool({ workers: 1, killGrace: 50 });
  for (let round = 0; round < 5; round++) {
    const future = pool.submit(dying.exitAfterAwait, 7);
    await until(() => future.running || future.done, "the task runs");
    future.cancel();
    await assertRejects(() => within(MUST_HAPPEN, future.result()));
    assert(future.done);
  }
  assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 4)), 8);
});
