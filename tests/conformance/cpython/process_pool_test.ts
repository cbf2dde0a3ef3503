/**
 * CPython, `test_concurrent_futures/test_process_pool.py`: workers that reach their limit, that cannot be replaced, that
 * die, and pools that are ended by force. Gates stand where the originals sleep.
 */
import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { BrokenPoolError, CancelledError, PoolClosedError, WorkerCrashedError } from "@isopool/isopool";
import { Gate } from "../../support/gate.ts";
import { leavesNothing } from "../../support/leaks.ts";
import { MUST_HAPPEN, pause, within } from "../../support/within.ts";
import { EVERY, ISOLATED, on, poolTasks, range, WORKER } from "../kit.ts";

const words = () => new Int32Array(new SharedArrayBuffer(64));

on(EVERY, (backend, check) => {
  for (const [workers, maxTasksPerWorker, calls] of [[1, 2, 6], [2, 2, 8]]) {
    check(
      `max_tasks_per_child_pending_tasks_gh115634: ${workers} workers, ${maxTasksPerWorker} calls each, ${calls} wait`,
      async () => {
        await using pool = backend.make({ workers, maxTasksPerWorker });
        const futures = range(calls).map((n) => pool.submit(poolTasks.add, n, n));
        assertEquals(await within(MUST_HAPPEN, Promise.all(futures)), range(calls).map((n) => 2 * n));
      },
    );
  }

  check(
    "shutdown_no_wait_max_tasks_gh119592: close() while a worker reaches its limit; the rest still runs",
    async () => {
      await using gate = new Gate();
      const pool = backend.make({ workers: 1, maxTasksPerWorker: 1 });
      const futures = range(3).map((n) => pool.submit(poolTasks.hold, gate.words, n));
      await gate.entered();
      pool.close();
      gate.open();
      assertEquals(await within(MUST_HAPPEN, Promise.all(futures)), [0, 1, 2]);
      await within(MUST_HAPPEN, pool.join());
    },
  );

  check(
    "force_shutdown_during_max_tasks_worker_exit: terminate() at that moment starts no other worker, and cancels the rest",
    async () => {
      await using gate = new Gate();
      const pool = backend.make({ workers: 1, maxTasksPerWorker: 1, killGrace: 50 });
      let started = 0;
      pool.addEventListener("workerstart", () => started++);
      const futures = range(3).map((n) => pool.submit(poolTasks.hold, gate.words, n));
      const ends = Promise.allSettled(futures);
      await gate.entered();
      gate.open();
      await within(MUST_HAPPEN, pool.terminate());
      for (const end of (await within(MUST_HAPPEN, ends)).slice(1)) {
        assertEquals(end.status, "rejected");
        assertInstanceOf((end as PromiseRejectedResult).reason, CancelledError);
      }
      assertEquals([gate.count, started, pool.workerIds], [1, 1, []]);
    },
  );

  check(
    "failed_worker_replacement_breaks_pool: what waits fails with the cause, and so does the next submit",
    async () => {
      await using gate = new Gate();
      await using pool = backend.make({
        workers: 1,
        maxTasksPerWorker: 1,
        initializer: poolTasks.beginUntil,
        initArgs: [words(), 1],
      });
      const futures = range(3).map((n) => pool.submit(poolTasks.hold, gate.words, n));
      const ends = Promise.allSettled(futures);
      await gate.entered();
      gate.open();
      const [first, ...rest] = await within(MUST_HAPPEN, ends);
      assertEquals(first, { status: "fulfilled", value: 0 });
      for (const end of rest) {
        const { reason } = end as PromiseRejectedResult;
        assertInstanceOf(reason, BrokenPoolError);
        assertEquals((reason.cause as Error).message, "no more workers");
      }
      assertEquals(pool.state, "broken");
      assertThrows(() => pool.submit(poolTasks.square, 1), BrokenPoolError);
    },
  );

  check(
    "max_tasks_early_shutdown: six calls of three workers of one call each are done when shutdown() returns",
    async () => {
      const pool = backend.make({ workers: 3, maxTasksPerWorker: 1 });
      const futures = range(6).map((n) => pool.submit(poolTasks.square, n));
      await within(MUST_HAPPEN, pool.shutdown());
      assertEquals(futures.map(({ state }) => state), range(6).map(() => "finished"));
      assertEquals(await Promise.all(futures), range(6).map((n) => n * n));
    },
  );

  check("max_tasks_per_child: three calls on one worker, the fourth on another, one worker at a time", async () => {
    await using pool = backend.make({ workers: 1, maxTasksPerWorker: 3 });
    const ids: number[] = [];
    for (let n = 0; n < 4; n++) {
      ids.push(await pool.submit(poolTasks.workerId));
      assert(pool.workerIds.length <= 1, `${pool.workerIds}`);
    }
    assertEquals(ids.slice(0, 3), [ids[0], ids[0], ids[0]]);
    assert(ids[3] !== ids[0]);
  });

  check("force_shutdown_workers: a call that has started does not end, and nothing is taken after it", async () => {
    await using gate = new Gate();
    const pool = backend.make({ workers: 1, killGrace: 50 });
    const future = pool.submit(poolTasks.hold, gate.words);
    await gate.entered();
    const cancelled = assertRejects(() => future.result(), CancelledError);
    await within(MUST_HAPPEN, pool.terminate());
    await cancelled;
    assertThrows(() => pool.submit(poolTasks.square, 1), PoolClosedError);
    assertEquals(pool.workerIds, []);
    gate.open();
    if (!backend.isolated) return;
    // The thread is gone: it does not see the open gate, in whatever number of turns.
    for (let turn = 0; turn < 20; turn++) await pause(1);
    assertEquals(gate.read("LEFT"), 0);
  });

  check(
    "force_shutdown_workers_not_started_yet, _stops_pool: terminate() of an unused and of a used pool",
    async () => {
      const unused = backend.make({ workers: 1 });
      let started = 0;
      unused.addEventListener("workerstart", () => started++);
      await within(MUST_HAPPEN, unused.terminate());
      assertEquals(started, 0);
      const used = backend.make({ workers: 1 });
      assertEquals(await used.submit(poolTasks.square, 2), 4);
      await within(MUST_HAPPEN, used.terminate());
      for (const pool of [unused, used]) assertThrows(() => pool.submit(poolTasks.square, 1), PoolClosedError);
    },
  );
});

on(ISOLATED, (backend, check) => {
  check("force_shutdown_workers_dead_workers: terminate() after a crash, and of a broken pool, returns", async () => {
    const pool = backend.make({ workers: 1 });
    await assertRejects(() => pool.submit(poolTasks.exit, 1).result(), WorkerCrashedError);
    await within(MUST_HAPPEN, pool.terminate());
    const broken = backend.make({ workers: 1, initializer: poolTasks.beginUntil, initArgs: [words(), 0] });
    await assertRejects(() => broken.submit(poolTasks.square, 1).result(), BrokenPoolError);
    await within(MUST_HAPPEN, broken.terminate());
  });

  check("killed_child: the call that ran fails; CPython's pool is broken then, this one goes on", async () => {
    await using pool = backend.make({ workers: 2 });
    const futures = [pool.submit(poolTasks.exit, 3), pool.submit(poolTasks.square, 2)];
    const [crashed, good] = await within(MUST_HAPPEN, Promise.allSettled<unknown>(futures));
    assertInstanceOf((crashed as PromiseRejectedResult).reason, WorkerCrashedError);
    assertEquals(good, { status: "fulfilled", value: 4 });
    assertEquals(await pool.submit(poolTasks.add, 2, 8), 10);
  });

  check("traceback_when_child_process_terminates_abruptly: the error has the exit code", async () => {
    await using pool = backend.make({ workers: 1 });
    const error = await assertRejects(() => pool.submit(poolTasks.exit, 99).result(), WorkerCrashedError, "99");
    assertEquals([error.reason, error.exitCode], ["exit", 99]);
  });

  check("idle_process_reuse_one: three calls one after another are done by one worker", async () => {
    await using pool = backend.make({ workers: 4 });
    const ids = new Set<number>();
    for (let n = 0; n < 3; n++) ids.add(await pool.submit(poolTasks.workerId));
    assertEquals([ids.size, pool.workerIds.length], [1, 1]);
  });
});

on([WORKER], (backend, check) => {
  check("broken_process_pool_traceback: calls that die with one worker have an error each", async () => {
    await using gate = new Gate();
    await using pool = backend.make({ workers: 1, concurrencyPerWorker: 3 });
    const futures = [-1, 7, -1].map((code) => pool.submit(poolTasks.holdOrExit, gate.words, code));
    const ends = Promise.allSettled(futures);
    await gate.entered(3);
    gate.open();
    const reasons = (await within(MUST_HAPPEN, ends)).map((end) => (end as PromiseRejectedResult).reason);
    for (const reason of reasons) assertInstanceOf(reason, WorkerCrashedError);
    assertEquals(new Set(reasons).size, 3);
  });
});

leavesNothing();
