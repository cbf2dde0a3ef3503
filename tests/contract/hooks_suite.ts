import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { BrokenPoolError, type PoolOptions, TaskTimeoutError } from "@isopool/isopool";
import { expectError } from "../support/expect.ts";
import { StepLog } from "../support/steps.ts";
import { unhandledDuring } from "../support/unhandled.ts";
import { MUST_HAPPEN, pause, timed, until, within } from "../support/within.ts";
import { hooks, values } from "../fixtures/views.ts";
import { SETTLES, type Suite } from "./backend.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

/** Initializers: they run before the first call, set up the worker, and break the pool when they fail. */
export const initializerSuite: Suite = (backend, check) => {
  for (const initializer of [hooks.begin, hooks.beginSlowly]) {
    check(
      `initializer ${initializer.name}: once for each worker, before its first task, which sees its state`,
      async () => {
        const log = new StepLog();
        await using pool = backend.make({ workers: 3, initializer, initArgs: [log.words, "mark"] });
        const ids = await within(MUST_HAPPEN, pool.starmap(hooks.lookForEarly, numbers(60).map(() => [log.words, 2])));
        assertEquals(log.read("EARLY"), 0);
        // The map may be done before the last worker is set up.
        await until(() => log.read("READY") === pool.stats().workers.started, "all are set up");
        const { started } = pool.stats().workers;
        assertEquals(log.read("BEGUN"), started);
        assert(new Set(ids).size <= started);
        const { mark, begun } = await pool.submit(hooks.look);
        assertEquals([mark, begun], ["mark", 1]);
      },
    );
  }

  check("initArgs are copied at construction, if workers have memory of their own", async () => {
    const log = new StepLog();
    const mark = ["before"];
    const options = { workers: 1, initializer: hooks.begin, initArgs: [log.words, mark] };
    await using pool = backend.make(options);
    mark[0] = "after";
    const seen = await pool.submit(hooks.look);
    assertEquals(seen.mark, [backend.capabilities.isolated ? "before" : "after"]);
  });

  check("a replaced worker is set up again: restart and maxTasksPerWorker", async () => {
    const log = new StepLog();
    await using pool = backend.make({
      workers: 1,
      maxTasksPerWorker: 2,
      initializer: hooks.begin,
      initArgs: [log.words],
    });
    for (const _ of numbers(4)) assertEquals((await pool.submit(hooks.look)).begun, 1);
    assertEquals(log.read("BEGUN"), 2);
    await pool.ready();
    await within(MUST_HAPPEN, pool.restart());
    assertEquals((await pool.submit(hooks.look)).begun, 1);
    assertEquals(log.read("EARLY"), 0);
  });

  check("calls wait for a slow initializer, and can be cancelled or drained meanwhile", async () => {
    const log = new StepLog();
    const pool = backend.make({ workers: 1, initializer: hooks.beginHeld, initArgs: [log.words] });
    const [one, two] = [pool.submit(hooks.work, log.words), pool.submit(hooks.work, log.words)];
    await until(() => log.read("BEGUN") === 1, "the initializer runs");
    assertEquals([one.state, pool.stats().workers.starting], ["pending", 1]);
    assert(two.cancel());
    log.open();
    pool.close();
    await within(MUST_HAPPEN, pool.join());
    assertEquals([one.state, two.state, log.read("RUN")], ["finished", "cancelled", 1]);
  });

  for (const initializer of [hooks.beginAfter, hooks.beginLaterAfter]) {
    check(
      `initializer ${initializer.name} that always fails breaks the pool; all calls fail with its error as cause`,
      async () => {
        const log = new StepLog();
        const pool = backend.make({ workers: 1, initializer, initArgs: [log.words, Infinity] });
        const futures = numbers(3).map((n) => pool.submit(values.double, n));
        const mapped = Promise.resolve(pool.map(values.double, [1, 2, 3])).catch((error) => error);
        const streamed = (async () => {
          for await (const _ of pool.imap(values.double, [1, 2])) throw new Error("it ran");
        })().catch((error) => error);
        const errors = await within(MUST_HAPPEN, Promise.all([...futures.map((f) => f.exception()), mapped, streamed]));
        for (const error of errors) {
          const broken = expectError(error, BrokenPoolError);
          assertEquals(expectError(broken.cause, RangeError).message, "no database");
          assert(broken.message.includes("initializer failed 3 times"), broken.message);
        }
        assertEquals([pool.state, log.read("BEGUN")], ["broken", 3]);
        const late = assertThrows(() => pool.submit(values.double, 1), BrokenPoolError);
        assertEquals(expectError(late.cause, RangeError).message, "no database");
        assertThrows(() => pool.map(values.double, [1]), BrokenPoolError);
        await assertRejects(() => pool.ready(), BrokenPoolError);
        await within(MUST_HAPPEN, Promise.all([pool.join(), pool.terminate(), pool.shutdown()]));
        await within(MUST_HAPPEN, pool[Symbol.asyncDispose]());
        assertEquals(pool.workerIds, []);
      },
    );
  }

  check("an initializer that fails breaks the pool for ready() and minWorkers, too", async () => {
    const log = new StepLog();
    const pool = backend.make({ workers: 2, minWorkers: 1, initializer: hooks.beginAfter, initArgs: [log.words, 99] });
    await within(MUST_HAPPEN, assertRejects(() => pool.ready(), BrokenPoolError, "initializer failed"));
    await within(MUST_HAPPEN, pool.join());
  });

  check("an initializer may fail twice before it succeeds; no call is lost", async () => {
    const log = new StepLog();
    await using pool = backend.make({ workers: 1, initializer: hooks.beginAfter, initArgs: [log.words, 2] });
    assertEquals(await within(MUST_HAPPEN, pool.map(values.double, [1, 2, 3])), [2, 4, 6]);
    assertEquals([pool.state, log.read("BEGUN"), log.read("READY")], ["open", 3, 1]);
    assertEquals(pool.stats().workers.crashed, 2);
  });

  const endless = backend.capabilities.forcedKill ? [hooks.beginNever, hooks.beginSpinning] : [hooks.beginHeld];
  for (const initializer of endless) {
    check(`initializer ${initializer.name} that does not end is stopped by the pool's timeout`, async () => {
      await using log = new StepLog();
      const options: PoolOptions = { workers: 1, timeout: 250, killGrace: 20, initializer, initArgs: [log.words] };
      const pool = backend.make(options);
      const error = await within(MUST_HAPPEN, pool.submit(values.double, 1).exception());
      const { cause } = expectError(error, BrokenPoolError);
      assertEquals(expectError(cause, TaskTimeoutError).timeout, 250);
      assert(log.read("BEGUN") >= 1);
      await within(MUST_HAPPEN, pool.join());
    });
  }

  check("terminate() ends an initializer that does not end (bound: 5 s)", async () => {
    await using log = new StepLog();
    const pool = backend.make({ workers: 1, minWorkers: 1, initializer: hooks.beginHeld, initArgs: [log.words] });
    await until(() => log.read("BEGUN") === 1, "the initializer runs");
    const { ms } = await timed(within(MUST_HAPPEN, pool.terminate()));
    assert(ms < SETTLES, `${ms} ms`);
  });
};

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
        await pool.starmap(hooks.work, numbers(8).map(() => [log.words, 1]));
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
    for (const n of numbers(3)) await counting.submit(values.double, n);
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
        pool.close();
        const { ms } = await timed(within(MUST_HAPPEN, pool.join()));
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
