import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { TaskTimeoutError } from "@isopool/isopool";
import { expectError } from "../support/expect.ts";
import { Gate } from "../support/gate.ts";
import { MUST_HAPPEN, pause, timed, until, within } from "../support/within.ts";
import { gated, runaway, streams, values } from "../fixtures/views.ts";
import { type AnyPool, GRACE, SETTLES, type Suite } from "./backend.ts";

const DEADLINE = 500;

/** Checks the error of a call whose deadline passed, and that it came in time (bound: 5 s after it). */
function checkError(
  { ms, error }: { ms: number; error?: unknown },
  waiting: boolean | "between attempts",
  grace = 0,
): TaskTimeoutError {
  const found = expectError(error, TaskTimeoutError);
  assertEquals([found.timeout, found.waiting], [DEADLINE, waiting !== false]);
  const what = waiting === "between attempts"
    ? "was waiting for another attempt at its deadline of 500 ms: it was not started again"
    : waiting
    ? "was still waiting at its deadline of 500 ms: it was not started"
    : "within its deadline of 500 ms";
  assertStringIncludes(found.message, what);
  assert(ms >= DEADLINE - 5 && ms < DEADLINE + grace + SETTLES, `${ms} ms`);
  return found;
}

/** A gate that a call holds, which occupies the only worker of a pool. */
async function occupied(pool: AnyPool): Promise<Gate> {
  const gate = new Gate();
  pool.submit(gated.hold, gate.words).catch(() => {});
  await gate.entered();
  return gate;
}

/**
 * Lets the worker load the modules of the tasks, for each of which a scoped pool replaces its workers, and what it loads
 * before its first call with a limit.
 */
async function expectModules(pool: AnyPool): Promise<void> {
  await pool.submit(gated.holdOr, null);
  await pool.submit(values.double, 1);
  await pool.submit(runaway.spinOr, null, 0);
  await pool.submit(values.double.with({ timeout: 60_000 }), 1);
}

/** `deadline`: of a task, of a map's items. */
export const deadlineSuite: Suite = (backend, check) => {
  check("deadline: a call that still waits fails at its deadline, and never runs", async () => {
    await using pool = backend.make({ workers: 1 });
    await using ran = new Gate();
    await using gate = await occupied(pool);
    const start = performance.now();
    const waiting = pool.submit(gated.enter.with({ deadline: DEADLINE }), ran.words);
    const patient = pool.submit(gated.enter.with({ deadline: 60_000 }), ran.words);
    checkError(await timed(within(MUST_HAPPEN, waiting), start), true);
    assertEquals([waiting.state, patient.state], ["finished", "pending"]);
    gate.open();
    await within(MUST_HAPPEN, patient);
    assertEquals(ran.count, 1);
  });

  check("deadline: it counts in a bound backlog, in a paused pool, and behind a short estimate, too", async () => {
    await using pool = backend.make({ workers: 1 });
    await pool.submit(gated.holdOr, null);
    await using gate = new Gate();
    const long = pool.submit(gated.holdOr.with({ affinityKey: "a" }), gate.words);
    await gate.entered();
    const late = gated.holdOr.with({ deadline: DEADLINE });
    const start = performance.now();
    const all = [pool.submit(late, null), pool.submit(late.with({ affinityKey: "a" }), null)];
    const ends = all.map((each) => timed(within(MUST_HAPPEN, each), start));
    for (const end of await Promise.all(ends)) checkError(end, true);
    pool.pause();
    const paused = performance.now();
    checkError(await timed(within(MUST_HAPPEN, pool.submit(late, null)), paused), true);
    pool.resume();
    gate.open();
    assertEquals(await long, true);
  });

  check("deadline: a call that runs gets its signal, and is stopped after the grace", async () => {
    await using pool = backend.make({ workers: 1, killGrace: GRACE });
    await expectModules(pool);
    await using gate = new Gate();
    const start = performance.now();
    const polite = pool.submit(gated.holdPolitely.with({ deadline: DEADLINE }), gate.words);
    checkError(await timed(within(MUST_HAPPEN, polite), start), false);
    const second = performance.now();
    const rude = pool.submit(gated.hold.with({ deadline: DEADLINE }), gate.words);
    checkError(await timed(within(MUST_HAPPEN, rude), second), false, GRACE);
    assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 1)), 2);
  });

  if (backend.capabilities.parallel) {
    check("deadline: a call that spins is stopped", async () => {
      await using pool = backend.make({ workers: 1, killGrace: GRACE });
      await expectModules(pool);
      await using gate = new Gate();
      const start = performance.now();
      const spinning = pool.submit(runaway.spin.with({ deadline: DEADLINE }), gate.words);
      checkError(await timed(within(MUST_HAPPEN, spinning), start), false, GRACE);
      assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 1)), 2);
    });
  }

  check("deadline: the wait counts, the timeout counts the run only", async () => {
    await using pool = backend.make({ workers: 1, killGrace: 60_000 });
    await expectModules(pool);
    await using gate = await occupied(pool);
    await using second = new Gate();
    const task = gated.holdPolitely.with({ timeout: 60_000, deadline: 4_000 });
    const start = performance.now();
    const call = pool.submit(task, second.words);
    await pause(2_000);
    gate.open();
    await second.entered();
    const error = expectError(await within(MUST_HAPPEN, call.exception()), TaskTimeoutError);
    const ms = performance.now() - start;
    assertEquals([error.timeout, error.waiting], [4_000, false]);
    assert(ms >= 3_995 && ms < 4_000 + 1_900, `${ms} ms: it counted from the start`);
    const short = pool.submit(task.with({ timeout: 50 }), second.words);
    assertEquals(expectError(await within(MUST_HAPPEN, short.exception()), TaskTimeoutError).timeout, 50);
  });

  check("deadline: all attempts together; no attempt starts after it", async () => {
    await using pool = backend.make({ workers: 1, killGrace: GRACE });
    await expectModules(pool);
    await using gate = new Gate();
    gate.open();
    // Each attempt fails at once, the next would start in a minute.
    const retry = { maxAttempts: 10, minTimeout: 60_000, maxTimeout: 60_000, jitter: 0 };
    const failing = gated.holdThenFail.with({ retry, deadline: DEADLINE });
    const start = performance.now();
    checkError(await timed(within(MUST_HAPPEN, pool.submit(failing, gate.words)), start), "between attempts");
    assertEquals(gate.count, 1);
    await using closed = new Gate();
    const second = performance.now();
    const running = pool.submit(gated.holdPolitely.with({ retry: 3, deadline: DEADLINE }), closed.words);
    checkError(await timed(within(MUST_HAPPEN, running), second), false);
    assertEquals(closed.count, 1);
    const quick = pool.submit(gated.holdThenFail.with({ retry: 2, deadline: 60_000 }), gate.words);
    expectError(await within(MUST_HAPPEN, quick.exception()), RangeError);
    assertEquals(gate.count, 4);
  });

  check("deadline: items of a map that wait, run and are tried again; the others have their results", async () => {
    await using pool = backend.make({ workers: 1, killGrace: GRACE });
    await expectModules(pool);
    await using gate = new Gate();
    const items = [null, null, gate.words, null];
    const ends = await within(MUST_HAPPEN, pool.map(gated.holdOr, items, { deadline: DEADLINE, onError: "settle" }));
    assertEquals(ends.slice(0, 2).map((end) => end.status === "fulfilled" && end.value), [false, false]);
    const [third] = ends.slice(2);
    const { reason } = third as unknown as PromiseRejectedResult;
    assertEquals([third.status, expectError(reason, TaskTimeoutError).waiting], ["rejected", false]);
    assertEquals([third.index, ends.length], [2, 4]);

    gate.open();
    const retry = { maxAttempts: 3, minTimeout: 60_000, maxTimeout: 60_000, jitter: 0 };
    const start = performance.now();
    const failing = pool.map(gated.holdThenFail, [gate.words, gate.words], { deadline: DEADLINE, retry });
    const error = checkError(await timed(within(MUST_HAPPEN, failing), start), "between attempts");
    assertStringIncludes(error.stack!, "at items[0]");
    assertEquals(await pool.map(values.double, [1, 2, 3], { deadline: 60_000 }), [2, 4, 6]);
  });

  check("deadline: an item of an asynchronous input counts from its arrival, and fails while it waits", async () => {
    await using pool = backend.make({ workers: 1 });
    await expectModules(pool);
    await using gate = await occupied(pool);
    const more = Promise.withResolvers<void>();
    async function* input() {
      yield* [1, 2];
      await more.promise;
      yield 3;
    }
    const results = pool.imap(values.double, input(), { deadline: DEADLINE, onError: "settle", ordered: false });
    const found: unknown[] = [];
    for await (const end of results) {
      found.push(end.status === "fulfilled" ? end.value : (end.reason as TaskTimeoutError).waiting);
      if (found.length !== 2) continue;
      // The worker is free again before the third item arrives.
      gate.open();
      await pool.submit(values.double, 1);
      more.resolve();
    }
    assertEquals(found, [true, true, 6]);
  });

  check(
    "deadline: calls that end in time leave nothing behind; Infinity and a map's own value replace a task's",
    async () => {
      await using pool = backend.make({ workers: 2 });
      const task = values.double.with({ deadline: 1 });
      assertEquals(await pool.submit(task.with({ deadline: Infinity }), 1), 2);
      assertEquals(await pool.map(task, [1, 2], { deadline: 60_000 }), [2, 4]);
      const limited = values.double.with({ deadline: 60_000 });
      const all = await Promise.all(Array.from({ length: 500 }, (_, n) => pool.submit(limited, n)));
      assertEquals(all.length, 500);
      await until(() => pool.stats().tasks.active === 0, "all have ended");
    },
  );

  check("deadline: a thousand waiting calls fail together, and the pool goes on", async () => {
    await using pool = backend.make({ workers: 1 });
    await using gate = await occupied(pool);
    const task = values.double.with({ deadline: DEADLINE });
    const all = Array.from({ length: 1_000 }, (_, n) => pool.submit(task, n));
    const map = pool.map(values.double, Array.from({ length: 100 }, (_, n) => n), { deadline: 60_000 });
    for (const end of await within(MUST_HAPPEN, Promise.allSettled(all))) {
      assert(end.status === "rejected" && expectError(end.reason, TaskTimeoutError).waiting);
    }
    gate.open();
    assertEquals((await within(MUST_HAPPEN, map))[99], 198);
  });

  check("deadline: bad values are refused at the call, and so is a stream's", async () => {
    await using pool = backend.make({ workers: 1 });
    for (const deadline of [-1, NaN, 2 ** 31]) {
      assertThrows(() => values.double.with({ deadline }), RangeError, "`deadline`");
      assertThrows(() => pool.map(values.double, [1], { deadline }), RangeError, "`deadline`");
    }
    // deno-lint-ignore no-explicit-any -- what a caller without types may pass
    assertThrows(() => values.double.with({ deadline: "1s" as any }), TypeError, "`deadline`");
    await using gate = new Gate();
    const stream = streams.count.with({ deadline: 1_000 });
    assertThrows(() => pool.stream(stream, 1, gate.words), TypeError, "`deadline`");
  });
};
