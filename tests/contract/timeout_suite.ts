import { assert, assertEquals, assertThrows } from "@std/assert";
import { TaskTimeoutError } from "@isopool/isopool";
import { expectError } from "../support/expect.ts";
import { Gate } from "../support/gate.ts";
import { MUST_HAPPEN, pause, timed, until, within } from "../support/within.ts";
import { gated, values } from "../fixtures/views.ts";
import { GRACE, SETTLES, type Suite } from "./backend.ts";

/** `timeout`: of the pool, of a task, of a map's items. */
export const timeoutSuite: Suite = (backend, check) => {
  check("a task that obeys its signal ends at its timeout with TaskTimeoutError (bound: 5 s)", async () => {
    await using pool = backend.make({ workers: 1, killGrace: 20_000 });
    await pool.ready();
    await using gate = new Gate();
    const start = performance.now();
    const future = pool.submit(gated.holdPolitely.with({ timeout: 150 }), gate.words);
    const { ms, error } = await timed(within(MUST_HAPPEN, future.result()), start);
    assertEquals([expectError(error, TaskTimeoutError).timeout, future.state, future.cancelled], [
      150,
      "finished",
      false,
    ]);
    assert(ms >= 145 && ms < 150 + SETTLES, `${ms} ms`);
    assertEquals(await pool.submit(values.double, 1), 2);
  });

  check("a task that ignores its signal ends at timeout + killGrace, within 1 s (bound: 5 s)", async () => {
    await using pool = backend.make({ workers: 1, killGrace: GRACE });
    await pool.ready();
    await using gate = new Gate();
    const start = performance.now();
    const future = pool.submit(gated.hold.with({ timeout: 100 }), gate.words);
    const { ms, error } = await timed(within(MUST_HAPPEN, future.result()), start);
    expectError(error, TaskTimeoutError);
    assert(ms >= 100 + GRACE - 10 && ms < 100 + GRACE + SETTLES, `${ms} ms`);
    assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 1)), 2);
  });

  check("timeout counts from the start of running, not from submission", async () => {
    await using pool = backend.make({ workers: 1 });
    await using gate = new Gate();
    const running = pool.submit(gated.hold, gate.words);
    await gate.entered();
    const waiting = pool.submit(values.echo.with({ timeout: 100 }), "in time");
    await pause(400);
    assertEquals(waiting.state, "pending");
    gate.open();
    await running;
    assertEquals(await within(MUST_HAPPEN, waiting), "in time");
  });

  check("timeout of an item does not count the time behind its chunk's other items", async () => {
    await using pool = backend.make({ workers: 1 });
    await pool.ready();
    // Each takes 60 ms at most; all of them together far more than one's limit.
    const results = await pool.map(values.slowFirst, new Array(20).fill(0), { timeout: 800, chunkSize: 20 });
    assertEquals(results, new Array(20).fill(0));
  });

  check("the timeout of the pool applies to tasks without one of their own", async () => {
    await using pool = backend.make({ workers: 2, timeout: 100, killGrace: 20_000 });
    await using gate = new Gate();
    const limited = pool.submit(gated.holdPolitely, gate.words);
    const patient = pool.submit(gated.holdPolitely.with({ timeout: Infinity }), gate.words);
    expectError(await within(MUST_HAPPEN, limited.exception()), TaskTimeoutError);
    await until(() => patient.running, "the other one runs");
    gate.open();
    assertEquals(await patient, "held");
  });

  check("the timeout of a map's options wins over that of its task", async () => {
    await using pool = backend.make({ workers: 1, killGrace: 20_000 });
    await using gate = new Gate();
    const task = gated.holdPolitely.with({ timeout: 60_000 });
    const { error } = await timed(within(MUST_HAPPEN, pool.map(task, [gate.words], { timeout: 100 })));
    assertEquals(expectError(error, TaskTimeoutError).timeout, 100);
  });

  check("neighbours of a timed-out call are unharmed, and the waiting ones run", async () => {
    await using pool = backend.make({ workers: 2, killGrace: 50 });
    await using gate = new Gate();
    await using other = new Gate();
    const neighbour = pool.submit(gated.hold, other.words, "unharmed");
    const victim = pool.submit(gated.hold.with({ timeout: 100 }), gate.words);
    await Promise.all([gate.entered(), other.entered()]);
    const waiting = Array.from({ length: 10 }, (_, n) => pool.submit(values.double, n));
    expectError(await within(MUST_HAPPEN, victim.exception()), TaskTimeoutError);
    assertEquals(await within(MUST_HAPPEN, Promise.all(waiting)), [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
    assertEquals(neighbour.state, "running");
    other.open();
    assertEquals(await neighbour, "unharmed");
  });

  check("a long timeout, or Infinity, does not fire", async () => {
    await using pool = backend.make({ workers: 1 });
    assertEquals(await pool.submit(values.slowFirst.with({ timeout: 2 ** 31 - 1 }), 0), 0);
    assertEquals(await pool.submit(values.slowFirst.with({ timeout: Infinity }), 0), 0);
  });

  check(
    'timeout: "3x median": no limit until ten calls of the task have ended, then 1 s at least, for what runs too',
    async () => {
      await using pool = backend.make({ workers: 2, killGrace: GRACE });
      await using closed = new Gate();
      await using opened = new Gate();
      opened.open();
      const task = gated.hold.with({ timeout: "3x median" });
      const hung = pool.submit(task, closed.words);
      await closed.entered();
      // Nine more than the one that runs: one too few.
      for (let n = 0; n < 9; n++) assertEquals(await within(MUST_HAPPEN, pool.submit(task, opened.words, n)), n);
      await pause(400);
      assertEquals(hung.running, true);
      assertEquals(await within(MUST_HAPPEN, pool.submit(task, opened.words, 9)), 9);
      const error = expectError(await within(MUST_HAPPEN, hung.exception()), TaskTimeoutError);
      assert(
        error.timeout >= 1_000 && error.timeout < MUST_HAPPEN && error.message.includes("3x median"),
        error.message,
      );
      // An item of a map, and an option of the map.
      const items: [Gate["words"], number][] = [[opened.words, 1], [closed.words, 2], [opened.words, 3]];
      const outcomes = await within(
        MUST_HAPPEN,
        pool.starmap(gated.hold, items, { timeout: "3x median", onError: "settle" }),
      );
      assertEquals(outcomes.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
      expectError((outcomes[1] as PromiseRejectedResult).reason, TaskTimeoutError);
    },
  );

  check("bad timeouts are refused at the call", () => {
    for (const timeout of ["5x", "x median", "1x median", "0.5x median", "-2x median"]) {
      const refused = () => values.double.with({ timeout: timeout as never });
      assertThrows(refused, TypeError, 'a factor above 1 such as "5x median"');
    }
    for (const timeout of [-1, NaN, 2 ** 31]) {
      assertThrows(() => values.double.with({ timeout }), RangeError, "`timeout`");
      assertThrows(() => backend.make({ timeout }), RangeError, "`timeout`");
    }
    // deno-lint-ignore no-explicit-any -- what a caller without types may pass
    assertThrows(() => values.double.with({ timeout: "1s" as any }), TypeError, "`timeout`");
    return Promise.resolve();
  });
};
