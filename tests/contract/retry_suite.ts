import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { CancelledError, TaskNotFoundError, TaskTimeoutError } from "@isopool/isopool";
import { expectError } from "../support/expect.ts";
import { MUST_HAPPEN, timed, until, within } from "../support/within.ts";
import { values } from "../fixtures/views.ts";
import { SETTLES, type Suite } from "./backend.ts";
import { sharedWords } from "../support/words.ts";

const trace = () => sharedWords(32);
const attempts = (words: Int32Array) => [...words.subarray(1, 1 + words[0])];

/** `retry`: a count, a policy, and which errors are tried again. */
export const retrySuite: Suite = (backend, check) => {
  check("retry: n makes up to n further attempts, each with its number in context.attempt", async () => {
    await using pool = backend.make({ workers: 2 });
    const log = trace();
    assertEquals(await pool.submit(values.succeedAt.with({ retry: 2 }), 3, log), 3);
    assertEquals(attempts(log), [1, 2, 3]);
  });

  check("retry: the last attempt's error arrives when all have failed", async () => {
    await using pool = backend.make({ workers: 2 });
    const log = trace();
    const future = pool.submit(values.succeedAt.with({ retry: 2 }), 9, log);
    await assertRejects(() => future.result(), Error, "attempt 3 of 9");
    assertEquals(attempts(log), [1, 2, 3]);
  });

  check("retry: none by default, and none for 0", async () => {
    await using pool = backend.make({ workers: 1 });
    const [bare, zero] = [trace(), trace()];
    await assertRejects(() => pool.submit(values.succeedAt, 2, bare));
    await assertRejects(() => pool.submit(values.succeedAt.with({ retry: 0 }), 2, zero));
    assertEquals([attempts(bare), attempts(zero)], [[1], [1]]);
  });

  check("retry: a policy object waits longer each time", async () => {
    await using pool = backend.make({ workers: 1 });
    await pool.ready();
    const retry = { maxAttempts: 3, minTimeout: 100, multiplier: 2, jitter: 0 };
    const log = trace();
    const start = performance.now();
    const { ms, value } = await timed(pool.submit(values.succeedAt.with({ retry }), 3, log), start);
    assertEquals([value, attempts(log)], [3, [1, 2, 3]]);
    assert(ms >= 295 && ms < 300 + SETTLES, `${ms} ms`);
  });

  check("retry: the worker is free while a call waits for its next attempt", async () => {
    await using pool = backend.make({ workers: 1 });
    await pool.ready();
    const retry = { maxAttempts: 2, minTimeout: 2_000, jitter: 0 };
    const log = trace();
    const paused = pool.submit(values.succeedAt.with({ retry }), 2, log);
    await until(() => Atomics.load(log, 0) === 1, "the first attempt has run");
    assertEquals(await pool.submit(values.double, 1), 2);
    assertEquals([paused.state, paused.done], ["pending", false]);
    assertEquals(await paused, 2);
  });

  check("retry: isRetriable decides, and gets the original error", async () => {
    await using pool = backend.make({ workers: 1 });
    const seen: unknown[] = [];
    const retry = {
      maxAttempts: 5,
      isRetriable: (error: unknown) => {
        seen.push((error as Error).message);
        return seen.length < 2;
      },
    };
    const log = trace();
    await assertRejects(() => pool.submit(values.succeedAt.with({ retry }), 5, log), Error, "attempt 2 of 5");
    assertEquals(seen, ["attempt 1 of 5", "attempt 2 of 5"]);
    assertEquals(attempts(log), [1, 2]);
  });

  check("retry: an isRetriable that throws ends the task with what it threw", async () => {
    await using pool = backend.make({ workers: 1 });
    const retry = {
      isRetriable: () => {
        throw new URIError("from isRetriable");
      },
    };
    await assertRejects(() => pool.submit(values.succeedAt.with({ retry }), 5, trace()), URIError);
    assertEquals(await pool.submit(values.double, 1), 2);
  });

  check("retry: a timed-out attempt is repeated", async () => {
    await using pool = backend.make({ workers: 1, killGrace: 2_000 });
    const task = values.endAt.with({ timeout: 100, retry: 2 });
    assertEquals(await within(MUST_HAPPEN, pool.submit(task, 3)), 3);
    const error = await within(MUST_HAPPEN, pool.submit(task, 9).exception());
    expectError(error, TaskTimeoutError);
  });

  check("retry: cancel() between two attempts settles at once", async () => {
    await using pool = backend.make({ workers: 1 });
    const log = trace();
    const retry = { maxAttempts: 2, minTimeout: 60_000, jitter: 0 };
    const future = pool.submit(values.succeedAt.with({ retry }), 2, log);
    await until(() => Atomics.load(log, 0) === 1 && future.state === "pending", "the task pauses");
    assert(future.cancel());
    assertEquals(future.state, "cancelled");
    await assertRejects(() => future.result(), CancelledError);
  });

  check("retry: a task that does not exist is not tried again", async () => {
    await using pool = backend.make({ workers: 1 });
    let asked = 0;
    const retry = { maxAttempts: 5, isRetriable: () => ++asked > 0 };
    // deno-lint-ignore no-explicit-any -- a name that the module does not have
    const missing = (values as any).missing.with({ retry });
    await assertRejects(() => pool.submit(missing), TaskNotFoundError);
    assertEquals(asked, 0);
  });

  check("retry of a map's items: only the failed ones run again", async () => {
    await using pool = backend.make({ workers: 2 });
    const logs = [1, 3, 2, 1].map((n): [number, Int32Array] => [n, trace()]);
    assertEquals(await pool.starmap(values.succeedAt, logs, { retry: 2 }), [1, 3, 2, 1]);
    assertEquals(logs.map(([, log]) => attempts(log)), [[1], [1, 2, 3], [1, 2], [1]]);
  });

  check("retry of the pool holds where the task has none", async () => {
    await using pool = backend.make({ workers: 1, retry: 1 });
    const log = trace();
    assertEquals(await pool.submit(values.succeedAt, 2, log), 2);
    assertEquals(attempts(log), [1, 2]);
  });

  check("bad retry options are refused at the call", () => {
    assertThrows(() => backend.make({ retry: -1 }), RangeError, "`retry`");
    assertThrows(() => values.double.with({ retry: 1.5 }), RangeError, "`retry`");
    assertThrows(() => values.double.with({ retry: { maxAttempts: 0 } }), RangeError, "retry.maxAttempts");
    assertThrows(() => values.double.with({ retry: { jitter: 2 } }), RangeError, "retry.jitter");
    // deno-lint-ignore no-explicit-any -- what a caller without types may pass
    assertThrows(() => values.double.with({ retry: { attempts: 2 } as any }), TypeError, "unknown option");
    return Promise.resolve();
  });
};
