import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { BrokenPoolError, CancelledError, PoolClosedError, WaitTimeoutError } from "@isopool/isopool";
import { Gate } from "../support/gate.ts";
import { StepLog } from "../support/steps.ts";
import { reported } from "../support/reported.ts";
import { MUST_HAPPEN, timed, within } from "../support/within.ts";
import { gated, hooks, values } from "../fixtures/views.ts";
import { type AnyPool, GRACE, SETTLES, type Suite } from "./backend.ts";

/** `close`, `join`, `terminate`, `ready`, and the `await using` block. */
export const lifetimeSuite: Suite = (backend, check) => {
  check("await using drains: submitted work and its callbacks are done when the block ends", async () => {
    let called = 0;
    let result: Promise<number>;
    {
      await using pool = backend.make({ workers: 2 });
      for (let n = 0; n < 20; n++) pool.submit(values.slowFirst, n % 3).addDoneCallback(() => called++);
      result = pool.submit(values.add, 1, 2).then((value) => value);
    }
    assertEquals(called, 20);
    assertEquals(await result, 3);
  });

  check("await using drains after a throw too", async () => {
    await using gate = new Gate();
    let called = 0;
    const error = await assertRejects(async () => {
      await using pool = backend.make({ workers: 2 });
      for (let n = 0; n < 10; n++) pool.submit(gated.enter, gate.words).addDoneCallback(() => called++);
      throw new URIError("from the block");
    });
    assert(error instanceof URIError);
    assertEquals([gate.count, called], [10, 10]);
  });

  check("await using waits for an unread map", async () => {
    await using gate = new Gate();
    let results;
    {
      await using pool = backend.make({ workers: 2 });
      results = pool.map(gated.enter, Array.from({ length: 30 }, () => gate.words));
    }
    assertEquals(gate.count, 30);
    assertEquals((await results).length, 30);
  });

  check("use after the block ends fails with PoolClosedError, at the call", async () => {
    let closed: AnyPool;
    {
      await using pool = backend.make({ workers: 1 });
      closed = pool;
    }
    assertThrows(() => closed.submit(values.double, 1), PoolClosedError);
    assertThrows(() => closed.apply(values.double, [1]), PoolClosedError);
    assertThrows(() => closed.map(values.double, [1]), PoolClosedError);
    assertThrows(() => closed.starmap(values.add, [[1, 2]]), PoolClosedError);
    await assertRejects(() => closed.ready(), PoolClosedError);
  });

  check("close() refuses new work and lets submitted work finish; join() waits for it", async () => {
    await using gate = new Gate();
    const pool = backend.make({ workers: 1 });
    const running = pool.submit(gated.hold, gate.words, "running");
    const waiting = pool.submit(values.echo, "waiting");
    await gate.entered();
    pool.close();
    pool.close();
    assertThrows(() => pool.submit(values.double, 1), PoolClosedError, "is closed");
    gate.open();
    await within(MUST_HAPPEN, pool.join());
    assertEquals([running.state, waiting.state], ["finished", "finished"]);
    assertEquals([await running, await waiting], ["running", "waiting"]);
    assertEquals(pool.workerIds, []);
  });

  check("join() on an open pool is a TypeError that says what to do", async () => {
    await using pool = backend.make({ workers: 1 });
    await assertRejects(() => pool.join(), TypeError, "close()");
    assertEquals(await pool.submit(values.double, 1), 2);
  });

  check("join({ timeout }) rejects at its deadline and stops no call", async () => {
    await using gate = new Gate();
    const pool = backend.make({ workers: 1 });
    const running = pool.submit(gated.hold, gate.words, "still");
    await gate.entered();
    pool.close();
    await assertRejects(() => pool.join({ timeout: 50 }), WaitTimeoutError);
    await assertRejects(() => pool.join({ timeout: 0 }), WaitTimeoutError);
    gate.open();
    await within(MUST_HAPPEN, pool.join({ timeout: MUST_HAPPEN }));
    assertEquals(await running, "still");
  });

  check("join() after the end returns at once, each time", async () => {
    const pool = backend.make({ workers: 1 });
    pool.close();
    for (let n = 0; n < 3; n++) await within(MUST_HAPPEN, pool.join());
    await within(MUST_HAPPEN, pool.terminate());
    await within(MUST_HAPPEN, pool[Symbol.asyncDispose]());
  });

  check("terminate() cancels what waits and what runs, within its grace and 1 s (bound: 5 s)", async () => {
    await using gate = new Gate();
    const pool = backend.make({ workers: 2, killGrace: GRACE });
    const running = [pool.submit(gated.hold, gate.words), pool.submit(gated.holdPolitely, gate.words)];
    const waiting = Array.from({ length: 10 }, () => pool.submit(gated.hold, gate.words));
    await gate.entered(2);
    const { ms } = await timed(within(MUST_HAPPEN, pool.terminate()));
    assert(ms < GRACE + SETTLES, `${ms} ms`);
    for (const future of [...running, ...waiting]) {
      assertEquals(future.state, "cancelled");
      await assertRejects(() => future.result(), CancelledError, "terminated");
    }
    assertEquals(gate.count, 2);
    assertThrows(() => pool.submit(values.double, 1), PoolClosedError, "terminated");
    assertEquals(pool.workerIds, []);
  });

  check("terminate() cancels a map", async () => {
    await using gate = new Gate();
    const pool = backend.make({ workers: 2, killGrace: GRACE });
    const results = pool.map(gated.hold, Array.from({ length: 10 }, () => gate.words));
    const ended = assertRejects(async () => await results, CancelledError);
    await gate.entered(2);
    await within(MUST_HAPPEN, pool.terminate());
    await within(MUST_HAPPEN, ended);
  });

  check("terminate() of an idle, an unused, a closed and a terminated pool returns", async () => {
    const unused = backend.make({ workers: 2 });
    await within(MUST_HAPPEN, unused.terminate());
    const idle = backend.make({ workers: 2 });
    await idle.submit(values.double, 1);
    await within(MUST_HAPPEN, idle.terminate());
    await within(MUST_HAPPEN, idle.terminate());
    const closed = backend.make({ workers: 1 });
    await closed.submit(values.double, 1);
    closed.close();
    await within(MUST_HAPPEN, closed.terminate());
  });

  check("terminate() of a closing pool cancels the remaining calls", async () => {
    await using gate = new Gate();
    const pool = backend.make({ workers: 1, killGrace: GRACE });
    const futures = [pool.submit(gated.hold, gate.words), pool.submit(gated.hold, gate.words)];
    await gate.entered();
    pool.close();
    await within(MUST_HAPPEN, pool.terminate());
    assertEquals(futures.map(({ state }) => state), ["cancelled", "cancelled"]);
    await within(MUST_HAPPEN, pool.join());
  });

  check("ready() starts every worker and resolves to the pool", async () => {
    await using pool = backend.make({ workers: 3 });
    assertEquals(pool.workerIds, []);
    assert(await within(MUST_HAPPEN, pool.ready()) === pool);
    assertEquals(new Set(pool.workerIds).size, 3);
    await within(MUST_HAPPEN, Promise.all([pool.ready(), pool.ready()]));
    assertEquals(pool.workerIds.length, 3);
  });

  check("terminate() while workers start rejects ready() and leaves no worker behind", async () => {
    const pool = backend.make({ workers: 2 });
    const ready = pool.ready().then(() => "ready", (error) => error.name);
    await within(MUST_HAPPEN, pool.terminate());
    assertEquals(await within(MUST_HAPPEN, ready), "CancelledError");
    assertEquals(pool.workerIds, []);
  });

  check("ready() that a close interrupts after a failed start has the failure as its cause", async () => {
    const log = new StepLog();
    const pool = backend.make({ workers: 1, initializer: hooks.beginAfter, initArgs: [log.words, 99] });
    const failed = Promise.withResolvers<void>();
    pool.addEventListener("workerexit", () => failed.resolve(), { once: true });
    const ready = pool.ready().catch((error) => error);
    await within(MUST_HAPPEN, failed.promise);
    pool.close();
    const error = await within(MUST_HAPPEN, ready);
    assert(error instanceof BrokenPoolError, String(error));
    assert(error.cause instanceof Error && !(error.cause instanceof PoolClosedError), String(error.cause));
    await within(MUST_HAPPEN, pool.join());
  });

  check("ready() that is not awaited is no unhandled rejection when the pool is closed or terminated", async () => {
    const errors = await reported(async () => {
      for (const end of ["shutdown", "terminate"] as const) {
        const pool = backend.make({ workers: 1 });
        void pool.ready();
        await within(MUST_HAPPEN, pool[end]());
      }
    });
    assertEquals(errors, []);
  });

  check("an unused pool closes at once", async () => {
    const { ms } = await timed((async () => {
      await using _pool = backend.make({ workers: 4 });
    })());
    assert(ms < SETTLES);
  });
};
