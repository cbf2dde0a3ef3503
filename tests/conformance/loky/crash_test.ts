/**
 * loky, `test_reusable_executor.py` and `_test_process_executor.py`: crashes in every order, and what must not hang.
 */
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { type Future, TransferError, WorkerCrashedError } from "@isopool/isopool";
import { Gate } from "../../support/gate.ts";
import { leavesNothing } from "../../support/leaks.ts";
import { MUST_HAPPEN, until, within } from "../../support/within.ts";
import { type AnyPool, ISOLATED, on, poolTasks, range } from "../kit.ts";

/** Every way to fail that a call has: how it is submitted, and what its caller gets. */
const FAILURES: Record<string, [submit: (pool: AnyPool) => Future<unknown>, error: new (...args: never[]) => Error]> = {
  "an argument that cannot be copied": [(pool) => pool.submit(poolTasks.echo, () => 1), TransferError],
  "a task that throws": [(pool) => pool.submit(poolTasks.divide, 1, 0), RangeError],
  "a task that exits": [(pool) => pool.submit(poolTasks.exit, 0), WorkerCrashedError],
  "a result that cannot be copied": [(pool) => pool.submit(poolTasks.uncopyable), TransferError],
};

on(ISOLATED, (backend, check) => {
  for (const [what, [submit, error]] of Object.entries(FAILURES)) {
    check(`test_crashes, test_in_callback_submit_with_crash: ${what}, also submitted from a callback`, async () => {
      await using gate = new Gate();
      await using pool = backend.make({ workers: 2 });
      await assertRejects(() => within(MUST_HAPPEN, submit(pool).result()), error);
      const inner = Promise.withResolvers<unknown>();
      const first = pool.submit(poolTasks.hold, gate.words, 42);
      first.addDoneCallback(() => inner.resolve(submit(pool).exception()));
      await gate.entered();
      gate.open();
      assertEquals(await first, 42);
      assertInstanceOf(await within(MUST_HAPPEN, inner.promise), error);
      assertEquals(await pool.submit(poolTasks.square, 3), 9);
    });
  }

  for (const workers of [1, 2, 5]) {
    check(
      `test_crash_races: workers die at different moments, ${workers} at a time, twice; each call has its own end`,
      async () => {
        await using pool = backend.make({ workers });
        for (let round = 0; round < 2; round++) {
          const items = range(4 * workers).map((n) => ({ ms: n % 3, exits: n % 2 === 1, n }));
          const ends = await within(
            60_000,
            pool.map(poolTasks.exitAfter, items, { onError: "settle", chunkSize: 1 }),
          );
          for (const [n, end] of ends.entries()) {
            if (n % 2 === 0) assertEquals(end, { status: "fulfilled", value: n, index: n });
            else assertInstanceOf((end as PromiseRejectedResult).reason, WorkerCrashedError);
          }
          assertEquals(await within(MUST_HAPPEN, pool.map(poolTasks.square, range(20))), range(20).map((n) => n * n));
        }
      },
      { deadline: 120_000 },
    );
  }

  check("test_queue_full_deadlock: a hundred arguments that cannot be copied, then a hundred that can", async () => {
    await using pool = backend.make({ workers: 1 });
    const bad = range(100).map(() => pool.submit(poolTasks.echo, () => 1));
    const good = range(100).map((n) => pool.submit(poolTasks.echo, n));
    for (const future of bad) assertInstanceOf(await within(MUST_HAPPEN, future.exception()), TransferError);
    assertEquals(await within(MUST_HAPPEN, Promise.all(good)), range(100));
  });

  check("test_deadlock_kill, test_kill_after_resize_call: a worker that dies right after resize()", async () => {
    await using gate = new Gate();
    await using pool = backend.make({ workers: 2 });
    const dying = pool.submit(poolTasks.exitAtGate, gate.words);
    const crashed = assertRejects(() => dying.result(), WorkerCrashedError);
    await gate.entered();
    pool.resize(1);
    gate.open();
    await within(MUST_HAPPEN, crashed);
    assertEquals(await within(MUST_HAPPEN, pool.submit(poolTasks.square, 3)), 9);
    assert(pool.workerIds.length <= 1, `${pool.workerIds}`);
  });

  check("test_shutdown_deadlock: a worker that dies while shutdown() waits for it", async () => {
    await using gate = new Gate();
    const pool = backend.make({ workers: 2 });
    const ends = Promise.allSettled([
      pool.submit(poolTasks.exitAtGate, gate.words),
      pool.submit(poolTasks.exitAtGate, gate.words),
    ]);
    await gate.entered(2);
    const over = pool.shutdown();
    gate.open();
    await within(MUST_HAPPEN, over);
    for (const end of await ends) assertInstanceOf((end as PromiseRejectedResult).reason, WorkerCrashedError);
  });

  check("test_exited_child: a pool whose every worker has died goes on with new ones", async () => {
    await using pool = backend.make({ workers: 2 });
    const before = new Set(await pool.broadcast(poolTasks.workerId));
    let deaths = 0;
    pool.addEventListener("workerexit", () => deaths++);
    await assertRejects(() => pool.broadcast(poolTasks.exit, 1), WorkerCrashedError);
    await until(() => deaths === 2, () => `both have died (${deaths} have)`);
    const after = await within(MUST_HAPPEN, pool.broadcast(poolTasks.workerId));
    assertEquals([new Set(after).size, after.some((id) => before.has(id))], [2, false]);
  });
});

leavesNothing();
