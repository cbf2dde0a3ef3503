/**
 * loky, `test_reusable_executor.py`, `_test_process_executor.py`, `test_worker_timeout.py`: workers that come and go, and
 * pools that are resized or ended meanwhile.
 */
import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { BrokenPoolError, CancelledError, cpuCount, type Future, PoolClosedError } from "@isopool/isopool";
import { Gate } from "../../support/gate.ts";
import { leavesNothing } from "../../support/leaks.ts";
import { reported } from "../../support/reported.ts";
import { MUST_HAPPEN, until, within } from "../../support/within.ts";
import { EVERY, on, poolTasks, range, WORKER } from "../kit.ts";

on(EVERY, (backend, check) => {
  check("test_callback_crash_on_submit: a callback that throws is reported, and the pool goes on", async () => {
    const errors = await reported(async () => {
      await using pool = backend.make({ workers: 2 });
      const future = pool.submit(poolTasks.echo, 42);
      future.addDoneCallback(() => {
        throw new URIError("from the callback");
      });
      assertEquals([await future, await pool.submit(poolTasks.echo, 43)], [42, 43]);
    });
    assertEquals(errors.map((error) => (error as Error).message), ["from the callback"]);
  });

  check("test_reusable_executor_resize_many_times: 12, 2, 1, 12, 6, 1, 8, 5 while maps go on", async () => {
    await using pool = backend.make({ workers: 3 });
    const maps: PromiseLike<number[]>[] = [];
    for (const workers of [12, 2, 1, 12, 6, 1, 8, 5].map((size) => Math.ceil(size / (backend.isolated ? 2 : 1)))) {
      pool.resize(workers);
      assertEquals(pool.workers, workers);
      maps.push(pool.map(poolTasks.square, range(6), { chunkSize: 1 }).then((all) => all));
    }
    for (const all of await within(60_000, Promise.all(maps))) assertEquals(all, [0, 1, 4, 9, 16, 25]);
    await until(() => pool.workerIds.length <= pool.workers, () => `${pool.workerIds.length} of ${pool.workers}`);
  }, { deadline: 90_000 });

  check("test_resize_after_timeout: resize() when all workers have gone", async () => {
    await using pool = backend.make({ workers: 2, idleTimeout: 1 });
    for (const workers of [2, 8, 2]) {
      pool.resize(workers);
      assertEquals(await within(MUST_HAPPEN, pool.submit(poolTasks.echo, 42)), 42);
      await until(() => pool.workerIds.length === 0, "the idle workers are gone");
    }
  });

  check(
    "test_worker_timeout, test_worker_timeout_mock: workers that go at once lose no call of five maps",
    async () => {
      await using pool = backend.make({ workers: 4, idleTimeout: 0 });
      for (let turn = 0; turn < 5; turn++) {
        assertEquals(
          await within(MUST_HAPPEN, pool.map(poolTasks.square, range(8), { chunkSize: 1 })),
          range(8).map((n) => n * n),
        );
      }
    },
    { deadline: 60_000 },
  );

  for (const idleTimeout of [0, 1, 10]) {
    check(`test_worker_timeout_shutdown_no_deadlock: idleTimeout ${idleTimeout}, a call, and the end`, async () => {
      for (let turn = 0; turn < 3; turn++) {
        const pool = backend.make({ workers: 2, idleTimeout });
        await pool.submit(poolTasks.echo, 42);
        const last = pool.submit(poolTasks.echo, 43);
        await within(MUST_HAPPEN, pool.shutdown());
        assertEquals(await last, 43);
      }
    });
  }

  check(
    "test_worker_timeout_with_slowly_pickling_objects: a slow getter in each argument, and idle workers that go",
    async () => {
      await using pool = backend.make({ workers: 2, idleTimeout: 1 });
      const slow = (n: number) => ({
        get value() {
          for (const end = performance.now() + 5; performance.now() < end;);
          return n;
        },
      });
      const results = await within(MUST_HAPPEN, pool.map(poolTasks.echo, range(5).map(slow), { chunkSize: 1 }));
      assertEquals(results.map((result) => (result as { value: number }).value), range(5));
    },
  );

  check("test_reusable_executor_queue_size: more workers than cores all run at the same time", async () => {
    const workers = 2 * cpuCount() + 2;
    await using pool = backend.make({ workers });
    await using gate = new Gate();
    const futures = range(workers).map((n) => pool.submit(poolTasks.hold, gate.words, n));
    await gate.entered(workers);
    gate.open();
    assertEquals(await within(MUST_HAPPEN, Promise.all(futures)), range(workers));
  });

  check("test_reusable_executor_submit_during_shutdown_race: each submit is done or refused, none hangs", async () => {
    for (let round = 0; round < 3; round++) {
      const pool = backend.make({ workers: 2 });
      const futures: Future<number>[] = [];
      let refused = 0;
      const submitting = (async () => {
        for (let n = 0; n < 100; n++) {
          try {
            futures.push(pool.submit(poolTasks.square, n));
          } catch (error) {
            assertInstanceOf(error, PoolClosedError);
            refused++;
          }
          if (n % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
        }
      })();
      await until(() => futures.length > 20, "some are submitted");
      await within(MUST_HAPPEN, pool.shutdown());
      await submitting;
      assertEquals(await within(MUST_HAPPEN, Promise.all(futures)), futures.map((_, n) => n * n));
      assertEquals(futures.length + refused, 100);
    }
  });

  check(
    "test_shutdown_and_kill_workers, test_kill_workers_on_new_options: two pools, one is ended by force",
    async () => {
      await using gate = new Gate();
      const [first, second] = [backend.make({ workers: 2, killGrace: 50 }), backend.make({ workers: 2 })];
      const killed = first.submit(poolTasks.hold, gate.words);
      const cancelled = assertRejects(() => killed.result(), CancelledError);
      const kept = second.submit(poolTasks.hold, gate.words, "kept");
      await gate.entered(2);
      await within(MUST_HAPPEN, first.terminate());
      await cancelled;
      gate.open();
      assertEquals(await kept, "kept");
      await second.shutdown();
    },
  );

  check("test_invalid_process_number: 0, -1 and 1.5 workers are refused, by resize() as well", async () => {
    await using pool = backend.make({ workers: 1 });
    for (const workers of [0, -1, 1.5]) {
      assertThrows(() => backend.make({ workers }), RangeError);
      assertThrows(() => pool.resize(workers), RangeError);
    }
  });

  check("test_reusable_initializer: another initializer is another pool, each has its own mark", async () => {
    const marks: unknown[] = [];
    for (const mark of ["done", 42]) {
      await using pool = backend.make({ workers: 2, initializer: poolTasks.leaveMark, initArgs: [mark] });
      marks.push(...await pool.broadcast(poolTasks.mark));
    }
    assertEquals(marks, ["done", "done", 42, 42]);
  });
});

on([WORKER], (backend, check) => {
  check("test_error_in_nested_call: a pool that is broken says why to each call, and ends", async () => {
    const words = new Int32Array(new SharedArrayBuffer(64));
    await using pool = backend.make({ workers: 2, initializer: poolTasks.beginUntil, initArgs: [words, 0] });
    const futures = range(4).map((n) => pool.submit(poolTasks.square, n));
    for (const future of futures) assertInstanceOf(await within(MUST_HAPPEN, future.exception()), BrokenPoolError);
  });
});

leavesNothing();
