import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { BrokenPoolError, type PoolOptions, TaskTimeoutError } from "@isopool/isopool";
import { expectError } from "../support/expect.ts";
import { range } from "../support/range.ts";
import { StepLog } from "../support/steps.ts";
import { MUST_HAPPEN, timed, until, within } from "../support/within.ts";
import { hooks, values } from "../fixtures/views.ts";
import { SETTLES, type Suite } from "./backend.ts";

/** Initializers: they run before the first call, set up the worker, and break the pool when they fail. */
export const initializerSuite: Suite = (backend, check) => {
  for (const initializer of [hooks.begin, hooks.beginSlowly]) {
    check(
      `initializer ${initializer.name}: once for each worker, before its first task, which sees its state`,
      async () => {
        const log = new StepLog();
        await using pool = backend.make({ workers: 3, initializer, initArgs: [log.words, "mark"] });
        const ids = await within(MUST_HAPPEN, pool.starmap(hooks.lookForEarly, range(60).map(() => [log.words, 2])));
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
    for (const _ of range(4)) assertEquals((await pool.submit(hooks.look)).begun, 1);
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
        const futures = range(3).map((n) => pool.submit(values.double, n));
        const mapped = Promise.resolve(pool.map(values.double, [1, 2, 3])).catch((error) => error);
        const streamed = (async () => {
          for await (const _ of pool.imap(values.double, [1, 2])) throw new Error("it ran");
        })().catch((error) => error);
        const errors = await within(MUST_HAPPEN, Promise.all([...futures.map((f) => f.exception()), mapped, streamed]));
        for (const error of errors) {
          const broken = expectError(error, BrokenPoolError);
          assertEquals(expectError(broken.cause, RangeError).message, "no database");
          const reason = "initializer failed 3 times in a row: RangeError: no database";
          assert(broken.message.includes(reason), broken.message);
          // Each says who has submitted it.
          if (backend.capabilities.isolated) assert(broken.stack!.includes("initializer_suite.ts"), broken.stack);
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
