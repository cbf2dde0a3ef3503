/**
 * CPython, `test_concurrent_futures/test_wait.py` and `test_as_completed.py`: waiting for futures that a pool works on.
 * A cancelled future counts as done at once; CPython has one that is cancelled and not yet announced, which does not.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { asCompleted, type Future, wait, WaitTimeoutError } from "@isopool/isopool";
import { Gate } from "../../support/gate.ts";
import { leavesNothing } from "../../support/leaks.ts";
import { MUST_HAPPEN, within } from "../../support/within.ts";
import { type AnyPool, EVERY, on, poolTasks, range } from "../kit.ts";

/** Futures that have ended: cancelled, failed, succeeded. */
async function ended(
  pool: AnyPool,
): Promise<{ cancelled: Future<unknown>; failed: Future<unknown>; good: Future<unknown> }> {
  const good = pool.submit(poolTasks.square, 6);
  const failed = pool.submit(poolTasks.divide, 1, 0);
  const cancelled = pool.submit(poolTasks.square, 7);
  cancelled.cancel();
  await Promise.allSettled([good, failed, cancelled]);
  return { cancelled, failed, good };
}

on(EVERY, (backend, check) => {
  check("test_20369: the same future twice is one", async () => {
    await using pool = backend.make({ workers: 1 });
    const future = pool.submit(poolTasks.add, 1, 2);
    const { done, notDone } = await within(MUST_HAPPEN, wait([future, future]));
    assertEquals([...done], [future]);
    assertEquals(notDone.size, 0);
  });

  check("test_first_completed: returns with the one that is done, while another runs", async () => {
    await using gate = new Gate();
    await using pool = backend.make({ workers: 2 });
    const quick = pool.submit(poolTasks.add, 21, 2);
    const slow = pool.submit(poolTasks.hold, gate.words);
    const { done, notDone } = await within(MUST_HAPPEN, wait<unknown>([quick, slow], { returnWhen: "firstCompleted" }));
    assert(done.has(quick) && notDone.has(slow));
    assertEquals([done.size, notDone.size], [1, 1]);
    gate.open();
    await slow;
  });

  check("test_first_completed_some_already_completed: returns at once with all of those", async () => {
    await using gate = new Gate();
    await using pool = backend.make({ workers: 2 });
    const { cancelled, good } = await ended(pool);
    const slow = pool.submit(poolTasks.hold, gate.words);
    const { done, notDone } = await within(
      MUST_HAPPEN,
      wait([cancelled, good, slow], { returnWhen: "firstCompleted" }),
    );
    assertEquals([done, notDone], [new Set([cancelled, good]), new Set([slow])]);
    gate.open();
    await slow;
  });

  check("test_first_exception: a success does not end the wait, a failure does", async () => {
    await using failing = new Gate();
    await using holding = new Gate();
    await using pool = backend.make({ workers: 3 });
    const good = pool.submit(poolTasks.add, 2, 21);
    const failed = pool.submit(poolTasks.holdThenFail, failing.words);
    const slow = pool.submit(poolTasks.hold, holding.words);
    const waited = wait<unknown>([good, failed, slow], { returnWhen: "firstException" });
    let over = false;
    void waited.then(() => over = true);
    await good;
    await failing.entered();
    assertEquals(over, false);
    failing.open();
    const { done, notDone } = await within(MUST_HAPPEN, waited);
    assertEquals([done, notDone], [new Set<unknown>([good, failed]), new Set<unknown>([slow])]);
    holding.open();
    await slow;
  });

  check("test_first_exception_some_already_complete: neither success nor cancellation is a failure", async () => {
    await using failing = new Gate();
    await using holding = new Gate();
    await using pool = backend.make({ workers: 2 });
    const { cancelled, good } = await ended(pool);
    const failed = pool.submit(poolTasks.holdThenFail, failing.words);
    const slow = pool.submit(poolTasks.hold, holding.words);
    const waited = wait<unknown>([good, cancelled, failed, slow], { returnWhen: "firstException" });
    let over = false;
    void waited.then(() => over = true);
    await Promise.all([failing.entered(), holding.entered()]);
    assertEquals(over, false);
    failing.open();
    const { done, notDone } = await within(MUST_HAPPEN, waited);
    assertEquals([done, notDone], [new Set<unknown>([good, cancelled, failed]), new Set<unknown>([slow])]);
    holding.open();
    await slow;
  });

  check("test_first_exception_one_already_failed: returns at once", async () => {
    await using gate = new Gate();
    await using pool = backend.make({ workers: 2 });
    const { failed } = await ended(pool);
    const slow = pool.submit(poolTasks.hold, gate.words);
    const { done, notDone } = await within(MUST_HAPPEN, wait([failed, slow], { returnWhen: "firstException" }));
    assertEquals([done, notDone], [new Set([failed]), new Set([slow])]);
    gate.open();
    await slow;
  });

  check("test_all_completed: failed and cancelled ones are done", async () => {
    await using pool = backend.make({ workers: 2 });
    const { cancelled, failed, good } = await ended(pool);
    const all = [good, cancelled, failed, pool.submit(poolTasks.divide, 2, 0), pool.submit(poolTasks.add, 2, 21)];
    const { done, notDone } = await within(MUST_HAPPEN, wait<unknown>(all));
    assertEquals([done, notDone], [new Set<unknown>(all), new Set()]);
  });

  check("test_timeout: what is done in time, and what is not", async () => {
    await using gate = new Gate();
    await using pool = backend.make({ workers: 2 });
    const { cancelled, failed, good } = await ended(pool);
    const slow = pool.submit(poolTasks.hold, gate.words);
    for (const timeout of [0, 50]) {
      const { done, notDone } = await within(MUST_HAPPEN, wait([cancelled, failed, good, slow], { timeout }));
      assertEquals([done, notDone], [new Set([cancelled, failed, good]), new Set([slow])]);
    }
    gate.open();
    await slow;
  });

  check("test_pending_calls_race: a hundred futures that end at once all count as done", async () => {
    await using gate = new Gate();
    await using pool = backend.make({ workers: 4, concurrencyPerWorker: 25 });
    const futures = range(100).map((n) => pool.submit(poolTasks.hold, gate.words, n));
    const waited = wait<unknown>(futures);
    await gate.entered(100);
    gate.open();
    const { done, notDone } = await within(MUST_HAPPEN, waited);
    assertEquals([done.size, notDone.size], [100, 0]);
  });

  check("as_completed test_no_timeout: those that have ended, and those that will", async () => {
    await using pool = backend.make({ workers: 2 });
    const { cancelled, failed, good } = await ended(pool);
    const all = [cancelled, failed, good, pool.submit(poolTasks.add, 2, 21), pool.submit(poolTasks.add, 7, 6)];
    const seen = new Set<unknown>();
    for await (const { future } of asCompleted<unknown>(all)) seen.add(future);
    assertEquals(seen, new Set<unknown>(all));
  });

  for (const timeout of [0, 100]) {
    check(
      `as_completed test_future_times_out, _zero_timeout (${timeout} ms): first those that have ended`,
      async () => {
        await using gate = new Gate();
        await using pool = backend.make({ workers: 2 });
        const { cancelled, failed, good } = await ended(pool);
        const slow = pool.submit(poolTasks.hold, gate.words);
        const seen = new Set<unknown>();
        await within(
          MUST_HAPPEN,
          assertRejects(
            async () => {
              for await (const { future } of asCompleted([slow, cancelled, failed, good], { timeout })) {
                seen.add(future);
              }
            },
            WaitTimeoutError,
            "1 (of 4) futures unfinished",
          ),
        );
        assertEquals(seen, new Set([cancelled, failed, good]));
        gate.open();
        await slow;
      },
    );
  }

  check("as_completed test_duplicate_futures: an iterable that gives one three times gives it once", async () => {
    await using pool = backend.make({ workers: 1 });
    const future = pool.submit(poolTasks.square, 3);
    const repeat = function* () {
      for (let n = 0; n < 3; n++) yield future;
    };
    const seen: unknown[] = [];
    for await (const { future, index } of asCompleted(repeat())) seen.push([future, index]);
    assertEquals(seen, [[future, 0]]);
  });

  check("as_completed test_correct_timeout_exception_msg: 2 (of 4) futures unfinished", async () => {
    await using gate = new Gate();
    await using pool = backend.make({ workers: 1 });
    const { cancelled, good } = await ended(pool);
    const running = pool.submit(poolTasks.hold, gate.words);
    const pending = pool.submit(poolTasks.hold, gate.words);
    await gate.entered();
    assertEquals([running.state, pending.state], ["running", "pending"]);
    await assertRejects(
      () => Array.fromAsync(asCompleted([cancelled, pending, running, good], { timeout: 0 })),
      WaitTimeoutError,
      "2 (of 4) futures unfinished",
    );
    gate.open();
    await Promise.all([running, pending]);
  });
});

leavesNothing();
