/**
 * piscina and tinypool: the life of threads, aborts, and the end of a pool, where the suites of this repository assert less.
 */
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { CancelledError, move, PoolClosedError, WaitTimeoutError, WorkerCrashedError } from "@isopool/isopool";
import { Gate } from "../../support/gate.ts";
import { leavesNothing } from "../../support/leaks.ts";
import { MUST_HAPPEN, test, until, within } from "../../support/within.ts";
import { EVERY, ISOLATED, on, poolTasks, range } from "../kit.ts";

on(EVERY, (backend, check) => {
  check("thread-count: starts with minWorkers, goes to workers as calls come, and to 0 at the end", async () => {
    await using gate = new Gate();
    const pool = backend.make({ workers: 4, minWorkers: 2, killGrace: 50 });
    await until(() => pool.workerIds.length === 2, "two are there");
    const futures = [];
    for (const expected of [2, 2, 3, 4, 4, 4]) {
      futures.push(pool.submit(poolTasks.holdPolitely, gate.words));
      if (futures.length <= 4) await gate.entered(futures.length);
      // A scoped pool replaces the workers that do not know the task's module; those still count while they end.
      await until(() => pool.workerIds.length === expected, () => `${expected} are there: ${pool.workerIds}`);
    }
    const ends = Promise.allSettled(futures);
    await within(MUST_HAPPEN, pool.terminate());
    await ends;
    assertEquals(pool.workerIds, []);
  });

  check("abort-task: aborted AbortSignal rejects task immediately, with its reason; the task never runs", async () => {
    await using never = new Gate();
    await using pool = backend.make({ workers: 1 });
    const reason = new Error("custom reason");
    const future = pool.submit(poolTasks.enter.with({ signal: AbortSignal.abort(reason) }), never.words);
    assertStrictEquals(await within(MUST_HAPPEN, assertRejects(() => future.result())), reason);
    await pool.shutdown();
    assertEquals(never.count, 0);
  });

  check("abort-task: tasks can be aborted before running: the one that runs is not touched", async () => {
    await using gate = new Gate();
    await using never = new Gate();
    await using pool = backend.make({ workers: 1 });
    const running = pool.submit(poolTasks.hold, gate.words, "first");
    await gate.entered();
    const controller = new AbortController();
    const waiting = pool.submit(poolTasks.enter.with({ signal: controller.signal }), never.words);
    assertEquals(pool.stats().tasks.waiting, 1);
    const rejected = assertRejects(() => waiting.result(), DOMException);
    controller.abort();
    await within(MUST_HAPPEN, rejected);
    gate.open();
    assertEquals([await running, never.count], ["first", 0]);
  });

  check("pool-close: queued tasks are done; what is submitted while it closes is refused", async () => {
    await using gate = new Gate();
    const pool = backend.make({ workers: 1 });
    const futures = range(2).map((n) => pool.submit(poolTasks.hold, gate.words, n));
    await gate.entered();
    const over = pool.shutdown();
    assertThrows(() => pool.submit(poolTasks.square, 1), PoolClosedError);
    gate.open();
    await within(MUST_HAPPEN, over);
    assertEquals(await Promise.all(futures), [0, 1]);
  });

  check(
    "pool-close: close({force: true}) with two calls a worker: those two finish, the others are cancelled",
    async () => {
      await using gate = new Gate();
      const pool = backend.make({ workers: 1, concurrencyPerWorker: 2 });
      const futures = range(4).map((n) => pool.submit(poolTasks.hold, gate.words, n));
      const ends = Promise.allSettled(futures);
      await gate.entered(2);
      const over = pool.shutdown({ cancelFutures: true });
      gate.open();
      await within(MUST_HAPPEN, over);
      const [first, second, ...rest] = await ends;
      assertEquals([first, second], [{ status: "fulfilled", value: 0 }, { status: "fulfilled", value: 1 }]);
      for (const end of rest) assert((end as PromiseRejectedResult).reason instanceof CancelledError);
      assertEquals(gate.count, 2);
    },
  );

  check("pool-close: timed out close operation destroys the pool: join({ timeout }), then terminate()", async () => {
    await using gate = new Gate();
    const pool = backend.make({ workers: 1, killGrace: 50 });
    const futures = range(2).map(() => pool.submit(poolTasks.hold, gate.words));
    const ends = Promise.allSettled(futures);
    await gate.entered();
    pool.close();
    await assertRejects(() => pool.join({ timeout: 50 }), WaitTimeoutError);
    await within(MUST_HAPPEN, pool.terminate());
    for (const end of await ends) assert((end as PromiseRejectedResult).reason instanceof CancelledError);
  });

  check("pool-close: no pending tasks, with and without workers", async () => {
    for (const minWorkers of [0, 1]) {
      const pool = backend.make({ workers: 1, minWorkers });
      await within(MUST_HAPPEN, pool.shutdown());
      assertEquals([pool.state, pool.workerIds], ["closed", []]);
    }
  });

  check("atomic: avoids unbounded recursion: 5,000 calls, each submitted by the end of the one before", async () => {
    await using pool = backend.make({ workers: 1 });
    let left = 5_000;
    const done = Promise.withResolvers<void>();
    const next = () => {
      if (left-- === 0) return done.resolve();
      pool.submit(poolTasks.square, 2).addDoneCallback(next);
    };
    next();
    await within(30_000, done.promise);
  }, { deadline: 40_000 });

  check(
    "tinypool: isolateWorkers: true with minThreads of 0 should not halt: one call a worker, one after another",
    async () => {
      await using pool = backend.make({ workers: 1, minWorkers: 0, maxTasksPerWorker: 1 });
      const ids = [];
      for (let n = 0; n < 5; n++) ids.push(await within(MUST_HAPPEN, pool.submit(poolTasks.workerId)));
      assertEquals(new Set(ids).size, 5);
    },
  );

  check(
    "tinypool: worker count should never be below minThreads when workers are replaced after each call",
    async () => {
      await using pool = backend.make({ workers: 4, minWorkers: 2, maxTasksPerWorker: 1 });
      assertEquals(
        await within(30_000, pool.map(poolTasks.square, range(12), { chunkSize: 1 })),
        range(12).map((n) => n * n),
      );
      await until(() => pool.workerIds.length >= 2, () => `two are there again (${pool.workerIds.length} are)`);
    },
    { deadline: 60_000 },
  );

  check("tinypool: workerId should never be duplicated: calls at the same time have different ones", async () => {
    await using gate = new Gate();
    await using pool = backend.make({ workers: 4 });
    const futures = range(4).map(() => pool.submit(poolTasks.hold, gate.words));
    await gate.entered(4);
    assertEquals(new Set(futures.map(({ workerId }) => workerId)).size, 4);
    gate.open();
    await Promise.all(futures);
  });

  check("tinypool: recycling workers while closing pool does not crash", async () => {
    for (let turn = 0; turn < 5; turn++) {
      const pool = backend.make({ workers: 2 });
      await pool.submit(poolTasks.square, 1);
      const restarted = pool.restart().then(() => "restarted", (error: Error) => error.name);
      await within(MUST_HAPPEN, pool.terminate());
      assert(["restarted", "PoolClosedError", "CancelledError"].includes(await within(MUST_HAPPEN, restarted)));
    }
  });

  check(
    "tinypool: destroy after initializing should work (#43): terminate() right after construction and ready()",
    async () => {
      for (const ready of [false, true]) {
        const pool = backend.make({ workers: 2, minWorkers: 1 });
        if (ready) await pool.ready();
        const future = pool.submit(poolTasks.square, 2);
        const end = future.then(() => "done", (error: unknown) => (error as Error).name);
        await within(MUST_HAPPEN, pool.terminate());
        assert(["done", "CancelledError"].includes(await within(MUST_HAPPEN, end)));
      }
    },
  );
});

on(ISOLATED, (backend, check) => {
  check(
    "uncaught-exception: exiting process resets worker: the code is reported, the next call has another worker",
    async () => {
      await using pool = backend.make({ workers: 1, minWorkers: 1 });
      const before = await pool.submit(poolTasks.workerId);
      const error = await assertRejects(() => pool.submit(poolTasks.exit, 1).result(), WorkerCrashedError);
      assertEquals(error.exitCode, 1);
      assert(await within(MUST_HAPPEN, pool.submit(poolTasks.workerId)) !== before);
    },
  );

  check("move-test: bytes that were marked are moved, shared memory is not", async () => {
    await using pool = backend.make({ workers: 1 });
    const bytes = new Uint8Array([1, 2, 3]);
    const back = await pool.submit(poolTasks.echo, move(bytes)) as Uint8Array;
    assertEquals([[...back], bytes.byteLength], [[1, 2, 3], 0]);
    const shared = new Uint8Array(new SharedArrayBuffer(3));
    await pool.submit(poolTasks.echo, shared);
    assertEquals(shared.byteLength, 3);
  });
});

for (const backend of EVERY) {
  test(`${backend.name}: abort-task: aborted AbortSignal rejects task immediately, and moves nothing`, async () => {
    await using pool = backend.make({ workers: 1 });
    const reason = new Error("custom reason");
    const signal = AbortSignal.abort(reason);
    const bytes = new Uint8Array([1, 2, 3, 4]);
    const future = pool.submit(poolTasks.echo.with({ signal }), move(bytes));
    assertStrictEquals(await within(MUST_HAPPEN, assertRejects(() => future.result())), reason);
    assertEquals([...bytes], [1, 2, 3, 4]);
  });
}

for (const backend of EVERY) {
  test(
    `${backend.name}: idle-timeout: idle timeout will let go of threads early: two, one, two; one is reused`,
    async () => {
      await using pool = backend.make({ workers: 2, minWorkers: 1, idleTimeout: 100 });
      const together = async () => {
        await using gate = new Gate();
        const futures = range(2).map(() => pool.submit(poolTasks.hold, gate.words));
        await gate.entered(2);
        assertEquals(pool.workerIds.length, 2);
        const ids = futures.map(({ workerId }) => workerId!);
        gate.open();
        await Promise.all(futures);
        return ids;
      };
      const early = await together();
      await until(() => pool.workerIds.length === 1, "one worker has gone");
      const [kept] = pool.workerIds;
      assert(early.includes(kept));
      const late = await together();
      assert(late.includes(kept), `${early} ${late}`);
      assertEquals([new Set(early).size, new Set(late).size, new Set([...early, ...late]).size], [2, 2, 3]);
    },
  );
}

leavesNothing();
