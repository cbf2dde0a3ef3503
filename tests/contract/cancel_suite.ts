import { assert, assertEquals, assertRejects } from "@std/assert";
import { CancelledError } from "@isopool/isopool";
import { expectError } from "../support/expect.ts";
import { Gate } from "../support/gate.ts";
import { MUST_HAPPEN, pause, timed, until, within } from "../support/within.ts";
import { gated, values } from "../fixtures/views.ts";
import { GRACE, SETTLES, type Suite } from "./backend.ts";

/** `cancel`: its effect in each state of a future, with force and without. */
export const cancelSuite: Suite = (backend, check) => {
  for (const force of [true, false]) {
    check(`cancel({ force: ${force} }) of a pending task cancels it at once; it never runs`, async () => {
      await using pool = backend.make({ workers: 1 });
      await using gate = new Gate();
      await using never = new Gate();
      const running = pool.submit(gated.hold, gate.words);
      await gate.entered();
      const waiting = pool.submit(gated.enter, never.words);
      assertEquals(waiting.state, "pending");
      assertEquals(waiting.cancel("not needed", { force }), true);
      assertEquals([waiting.state, waiting.done, waiting.cancelled, waiting.running], ["cancelled", true, true, false]);
      const error = await assertRejects(() => waiting.result(), CancelledError);
      assertEquals(error.cause, "not needed");
      gate.open();
      await running;
      await pool.submit(values.double, 1);
      assertEquals(never.count, 0);
    });

    check(`cancel({ force: ${force} }) returns false for a finished task, true for a cancelled one`, async () => {
      await using pool = backend.make({ workers: 1 });
      await using gate = new Gate();
      const finished = pool.submit(values.double, 2);
      const failed = pool.submit(values.failOdd, 1);
      await failed.exception();
      assertEquals([await finished, finished.cancel("late", { force }), finished.state], [4, false, "finished"]);
      assertEquals([failed.cancel("late", { force }), failed.state], [false, "finished"]);
      const running = pool.submit(gated.hold, gate.words);
      const waiting = pool.submit(values.double, 1);
      assert(waiting.cancel());
      assertEquals([waiting.cancel("again", { force }), waiting.state], [true, "cancelled"]);
      const error = await assertRejects(() => waiting.result(), CancelledError);
      assertEquals(error.cause, undefined);
      gate.open();
      await running;
    });
  }

  check("cancel() before the first worker has started cancels at once", async () => {
    await using pool = backend.make({ workers: 1 });
    await using never = new Gate();
    const future = pool.submit(gated.enter, never.words);
    assert(future.cancel());
    assertEquals(future.state, "cancelled");
    assertEquals(await pool.submit(values.double, 1), 2);
    assertEquals(never.count, 0);
  });

  check("cancel() of a running task fires its signal; the future is cancelled as soon as the task obeys", async () => {
    await using pool = backend.make({ workers: 1, killGrace: 20_000 });
    await using gate = new Gate();
    // A scoped worker is replaced when its pool meets another module.
    await pool.submit(values.double, 0);
    const future = pool.submit(gated.holdPolitely, gate.words);
    await gate.entered();
    await until(() => future.running, "the future runs");
    const worker = future.workerId;
    assertEquals(future.cancel("enough"), true);
    const { ms, error } = await timed(within(MUST_HAPPEN, future.result()));
    assertEquals([expectError(error, CancelledError).cause, future.state], ["enough", "cancelled"]);
    assert(ms < SETTLES, `${ms} ms`);
    // It obeyed, so that its worker lives on.
    const next = pool.submit(values.double, 1);
    await next;
    assertEquals(next.workerId, worker);
  });

  check("cancel() stops a running task that ignores its signal after killGrace, within 1 s (bound: 5 s)", async () => {
    await using pool = backend.make({ workers: 1, killGrace: GRACE });
    await using gate = new Gate();
    const future = pool.submit(gated.hold, gate.words);
    await gate.entered();
    const start = performance.now();
    assertEquals(future.cancel(), true);
    assertEquals([future.done, future.cancelled], [false, false]);
    const { ms, error } = await timed(within(MUST_HAPPEN, future.result()), start);
    expectError(error, CancelledError);
    assertEquals(future.state, "cancelled");
    assert(ms >= GRACE - 5 && ms < GRACE + SETTLES, `${ms} ms`);
    assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 4)), 8);
  });

  check("a task that returns a result after its signal is cancelled all the same", async () => {
    await using pool = backend.make({ workers: 1, killGrace: 20_000 });
    await using gate = new Gate();
    const future = pool.submit(gated.holdUntilSignal, gate.words);
    await gate.entered();
    future.cancel();
    await assertRejects(() => within(MUST_HAPPEN, future.result()), CancelledError);
    assertEquals(future.state, "cancelled");
  });

  check("cancel({ force: false }) only fires the signal of a running task: its result counts", async () => {
    await using pool = backend.make({ workers: 1, killGrace: 0 });
    await using gate = new Gate();
    const future = pool.submit(gated.holdUntilSignal, gate.words);
    await gate.entered();
    assertEquals(future.cancel("please", { force: false }), true);
    assertEquals(await within(MUST_HAPPEN, future), "told: CancelledError");
    assertEquals([future.state, future.cancelled], ["finished", false]);
  });

  check("cancel({ force: false }) only fires the signal of a running task: its error counts", async () => {
    await using pool = backend.make({ workers: 1, killGrace: 0 });
    await using gate = new Gate();
    const future = pool.submit(gated.holdPolitely, gate.words);
    await gate.entered();
    assertEquals(future.cancel("please", { force: false }), true);
    const error = await within(MUST_HAPPEN, future.exception());
    assertEquals([expectError(error, CancelledError).cause, future.state], ["please", "finished"]);
  });

  check(
    "cancel({ force: false }) of a task that ignores its signal keeps the worker busy until the task ends",
    async () => {
      await using pool = backend.make({ workers: 1, killGrace: 0 });
      await using gate = new Gate();
      const future = pool.submit(gated.hold, gate.words, "to the end");
      await gate.entered();
      future.cancel("please", { force: false });
      const behind = pool.submit(values.double, 1);
      await pause(100);
      assertEquals([future.state, behind.state], ["running", "pending"]);
      gate.open();
      assertEquals([await future, await behind], ["to the end", 2]);
    },
  );

  check("cancel() after cancel({ force: false }) stops the task", async () => {
    await using pool = backend.make({ workers: 1, killGrace: 20 });
    await using gate = new Gate();
    const future = pool.submit(gated.hold, gate.words);
    await gate.entered();
    future.cancel("please", { force: false });
    future.cancel("now");
    const error = await assertRejects(() => within(MUST_HAPPEN, future.result()), CancelledError);
    assertEquals(error.cause, "now");
    assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 1)), 2);
  });

  check("cancel() of one call leaves its running and waiting neighbours alone", async () => {
    await using pool = backend.make({ workers: 2, killGrace: 20 });
    await using gate = new Gate();
    await using other = new Gate();
    const victim = pool.submit(gated.hold, gate.words);
    const neighbour = pool.submit(gated.hold, other.words, "unharmed");
    await Promise.all([gate.entered(), other.entered()]);
    const waiting = Array.from({ length: 20 }, (_, n) => pool.submit(values.double, n));
    victim.cancel();
    await victim.exception().catch(() => {});
    assertEquals(await within(MUST_HAPPEN, Promise.all(waiting)), Array.from({ length: 20 }, (_, n) => 2 * n));
    other.open();
    assertEquals(await neighbour, "unharmed");
  });

  check("cancel() refuses an option that does not exist", async () => {
    await using pool = backend.make({ workers: 1 });
    const future = pool.submit(values.double, 1);
    // deno-lint-ignore no-explicit-any -- what a caller without types may pass
    await assertRejects(async () => await future.cancel("x", { forced: true } as any), TypeError, "unknown option");
    assertEquals(await future, 2);
  });

  check("Future.result({ timeout }) fires at its deadline and the task goes on", async () => {
    await using pool = backend.make({ workers: 1 });
    await using gate = new Gate();
    const future = pool.submit(gated.hold, gate.words, "went on");
    await gate.entered();
    const start = performance.now();
    const { ms, error } = await timed(future.result({ timeout: 50 }), start);
    assertEquals((error as Error).name, "WaitTimeoutError");
    assert(ms >= 45 && ms < SETTLES, `${ms} ms`);
    assertEquals(future.state, "running");
    gate.open();
    assertEquals(await future, "went on");
  });
};
