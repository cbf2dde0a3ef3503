import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { BrokenPoolError, type PoolOptions } from "@isopool/isopool";
import { expectError } from "../support/expect.ts";
import { range } from "../support/range.ts";
import { StepLog } from "../support/steps.ts";
import { unhandledDuring } from "../support/unhandled.ts";
import { MUST_HAPPEN, pause, timed, until, within } from "../support/within.ts";
import { hooks, values } from "../fixtures/views.ts";
import { SETTLES, type Suite } from "./backend.ts";

/** Finalizers: when they run, when they do not, and what happens when they fail or do not end. */
export const finalizerSuite: Suite = (backend, check) => {
  const make = (log: StepLog, options: PoolOptions = {}) =>
    backend.make({ workers: 2, initializer: hooks.begin, initArgs: [log.words], finalizer: hooks.end, ...options });

  for (const finalizer of [hooks.end, hooks.endSlowly]) {
    check(`finalizer ${finalizer.name} has run on each worker when the pool has drained`, async () => {
      const log = new StepLog();
      {
        await using pool = make(log, { finalizer });
        await pool.ready();
        await pool.starmap(hooks.work, range(8).map(() => [log.words, 1]));
        assertEquals(log.read("ENDED"), 0);
      }
      assertEquals([log.read("BEGUN"), log.read("ENDED")], [2, 2]);
    });
  }

  check("the finalizer runs at restart, at idleTimeout and after maxTasksPerWorker", async () => {
    const log = new StepLog();
    await using pool = make(log, { workers: 1 });
    await pool.ready();
    await within(MUST_HAPPEN, pool.restart());
    assertEquals(log.read("ENDED"), 1);

    const idleLog = new StepLog();
    await using idling = make(idleLog, { idleTimeout: 10 });
    await idling.submit(values.double, 1);
    await until(() => idling.workerIds.length === 0, "the worker is gone");
    assertEquals(idleLog.read("ENDED"), 1);

    const countLog = new StepLog();
    await using counting = make(countLog, { workers: 1, maxTasksPerWorker: 1 });
    for (const n of range(3)) await counting.submit(values.double, n);
    await until(() => countLog.read("ENDED") === 3, "three workers have cleaned up");
  });

  check("the finalizer does not run at terminate()", async () => {
    const log = new StepLog();
    const pool = make(log);
    await pool.ready();
    await within(MUST_HAPPEN, pool.terminate());
    await pause(20);
    assertEquals([log.read("BEGUN"), log.read("ENDED")], [2, 0]);
  });

  check("a pool closed while its initializer runs: the finalizer runs after the initializer", async () => {
    const log = new StepLog();
    const finalizer = hooks.endAfterReady;
    const options = { minWorkers: 1, initializer: hooks.beginHeld, initArgs: [log.words], finalizer };
    const reported = await unhandledDuring(async () => {
      const pool = backend.make({ workers: 1, ...options });
      await until(() => log.read("BEGUN") === 1, "the initializer runs");
      pool.close();
      await pause(30);
      log.open();
      await within(MUST_HAPPEN, pool.join());
    });
    assertEquals([log.read("READY"), log.read("ENDED")], [1, 1]);
    assertEquals(reported, []);
  });

  check("a pool closed at once runs both the initializer and the finalizer, or neither", async () => {
    const log = new StepLog();
    const pool = make(log, { minWorkers: 2 });
    pool.close();
    await within(MUST_HAPPEN, pool.join());
    assertEquals(log.read("BEGUN"), log.read("ENDED"));
  });

  check("a failing finalizer is reported as an unhandled rejection; nothing else fails", async () => {
    const reported = await unhandledDuring(async () => {
      await using pool = backend.make({ workers: 1, finalizer: hooks.endFailing });
      assertEquals(await pool.submit(values.double, 2), 4);
      await pool.restart();
      assertEquals(await pool.submit(values.double, 3), 6);
    });
    assertEquals(reported.map((error) => expectError(error, RangeError).message), ["cannot flush", "cannot flush"]);
  });

  check("failing finalizers of workers that took no call do not break the pool", async () => {
    const reported = await unhandledDuring(async () => {
      await using pool = backend.make({ workers: 4, finalizer: hooks.endFailing });
      await pool.ready();
      await within(MUST_HAPPEN, pool.restart());
      assertEquals([pool.state, pool.stats().workers.crashed], ["open", 0]);
      assertEquals(await pool.submit(values.double, 2), 4);
    });
    assertEquals(reported.length, 5);
  });

  const endless = backend.capabilities.forcedKill ? [hooks.endHeld, hooks.endSpinning] : [hooks.endHeld];

  for (const finalizer of endless) {
    check(
      `finalizer ${finalizer.name} that does not end delays the end of the pool by its timeout (bound: 5 s)`,
      async () => {
        await using log = new StepLog();
        const pool = make(log, { workers: 1, timeout: 500, finalizer });
        assertEquals(await pool.submit(values.double, 2), 4);
        const start = performance.now();
        pool.close();
        const { ms } = await timed(within(MUST_HAPPEN, pool.join()), start);
        assert(ms > 400 && ms < SETTLES, `${ms} ms`);
        assertEquals(pool.workerIds, []);
      },
    );

    check(`terminate() of a closed pool cuts finalizer ${finalizer.name} short (bound: 5 s)`, async () => {
      await using log = new StepLog();
      const pool = make(log, { workers: 1, finalizer });
      await pool.submit(values.double, 2);
      pool.close();
      const { ms } = await timed(within(MUST_HAPPEN, pool.terminate()));
      assert(ms < SETTLES, `${ms} ms`);
    });
  }

  check("a hook's error arrives as itself", async () => {
    const pool = backend.make({ workers: 1, initializer: hooks.beginAfter, initArgs: [new StepLog().words, 9] });
    const error = expectError(await pool.submit(values.double, 1).exception(), BrokenPoolError);
    const again = expectError(await pool.ready().then(() => undefined, (error) => error), BrokenPoolError);
    assertStrictEquals(error.cause, again.cause);
    await pool.join();
  });
};
