/**
 * CPython, `test_concurrent_futures/executor.py` and `test_thread_pool.py`: what an executor does with calls and maps.
 */
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { cpuCount, Pool, type Task, TaskTimeoutError } from "@isopool/isopool";
import { Gate } from "../../support/gate.ts";
import { leavesNothing } from "../../support/leaks.ts";
import { MUST_HAPPEN, until, within } from "../../support/within.ts";
import { EVERY, ISOLATED, on, poolTasks, range } from "../kit.ts";

/** Asserts that an iterator has ended, and stays so. */
async function assertEnded(iterator: AsyncIterator<unknown>): Promise<void> {
  for (let turn = 0; turn < 2; turn++) {
    assertEquals(await within(MUST_HAPPEN, iterator.next()), { done: true, value: undefined });
  }
}

/** The numbers from 0 on, counted as they are read. */
class Numbers {
  read = 0;

  *[Symbol.iterator](): Generator<number> {
    for (;;) yield this.read++;
  }
}

on(EVERY, (backend, check) => {
  for (const chunkSize of [1, 3]) {
    check(`map_exception: good results, the failure, then the end for ever (chunkSize ${chunkSize})`, async () => {
      await using pool = backend.make({ workers: 2 });
      const pairs: [number, number][] = [[5, 2], [5, 3], [5, 0], [5, 5]];
      const iterator = pool.starmap(poolTasks.divide, pairs, { chunkSize })[Symbol.asyncIterator]();
      assertEquals((await iterator.next()).value, [2, 1]);
      assertEquals((await iterator.next()).value, [1, 2]);
      await assertRejects(() => iterator.next(), RangeError, "division by zero");
      await assertEnded(iterator);
    });

    check(
      `map_exception: with onError "settle" the item after the failure is there (chunkSize ${chunkSize})`,
      async () => {
        await using pool = backend.make({ workers: 2 });
        const pairs: [number, number][] = [[5, 2], [5, 0], [5, 3], [5, 5]];
        const seen: unknown[] = [];
        for await (const end of pool.starmap(poolTasks.divide, pairs, { chunkSize, onError: "settle" })) {
          seen.push(end.status === "fulfilled" ? end.value : end.reason.name);
        }
        assertEquals(seen, [[2, 1], "RangeError", [1, 2], [1, 0]]);
      },
    );

    check(`map_close: a map that is left gives nothing more (chunkSize ${chunkSize})`, async () => {
      await using pool = backend.make({ workers: 2 });
      const iterator = pool.map(poolTasks.square, range(4), { chunkSize })[Symbol.asyncIterator]();
      assertEquals((await iterator.next()).value, 0);
      await iterator.return!();
      await assertEnded(iterator);
    });
  }

  for (const timeout of [undefined, 60_000]) {
    check(`map_timeout_from_callable: a TimeoutError of the task is its own (timeout ${timeout})`, async () => {
      await using pool = backend.make({ workers: 2 });
      const options = timeout === undefined ? {} : { timeout };
      const ends = await pool.map(poolTasks.timeoutOnOne, range(4), { ...options, onError: "settle" });
      assertEquals(ends.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled", "fulfilled"]);
      const { reason } = ends[1] as PromiseRejectedResult;
      assert(reason instanceof DOMException && !(reason instanceof TaskTimeoutError));
      assertEquals([reason.name, reason.message], ["TimeoutError", "of the task"]);
    });
  }

  check("map_timeout: results in time, TaskTimeoutError, then the end for ever", async () => {
    await using closed = new Gate();
    await using open = new Gate();
    open.open();
    await using pool = backend.make({ workers: 3, killGrace: 50 });
    const inputs = [open.words, open.words, closed.words];
    const iterator = pool.map(poolTasks.holdPolitely, inputs, { timeout: 2_000, chunkSize: 1 })[Symbol.asyncIterator]();
    assertEquals([(await iterator.next()).value, (await iterator.next()).value], ["held", "held"]);
    await assertRejects(() => within(MUST_HAPPEN, iterator.next()), TaskTimeoutError);
    await assertEnded(iterator);
  });

  check("executor_map_current_future_cancel: of a map that gives up in a saturated pool, no item runs", async () => {
    await using held = new Gate();
    await using never = new Gate();
    await using pool = backend.make({ workers: 1 });
    const first = pool.submit(poolTasks.hold, held.words, "first");
    await held.entered();
    const controller = new AbortController();
    const results = pool.map(poolTasks.enter, [never.words, never.words], { signal: controller.signal });
    const next = results[Symbol.asyncIterator]().next();
    const gaveUp = assertRejects(() => next, URIError, "too long");
    controller.abort(new URIError("too long"));
    await within(MUST_HAPPEN, gaveUp);
    held.open();
    assertEquals(await first, "first");
    await pool.shutdown();
    assertEquals(never.count, 0);
  });

  for (const order of ["imap", "imapUnordered"] as const) {
    for (const buffer of [1, 2, 4, 8]) {
      check(`map_buffersize ${buffer}: ${order}() gives each result, of one input and of pairs`, async () => {
        await using pool = backend.make({ workers: 2 });
        const lazily = <T, R>(task: Task<[T], R>, items: T[]) =>
          order === "imap" ? pool.imap(task, items, { buffer }) : pool.imapUnordered(task, items, { buffer });
        assertEquals(await lazily(poolTasks.square, range(4)), [0, 1, 4, 9]);
        const pairs = range(4).map((n) => ({ n, twice: 2 * n }));
        assertEquals(await lazily(poolTasks.echo, pairs), pairs);
        assertEquals(await lazily(poolTasks.square, []), []);
      });
    }
  }

  check(
    "map_buffersize_on_infinite_iterable, _when_buffer_is_full: three results; no further read until the end",
    async () => {
      const numbers = new Numbers();
      {
        await using pool = backend.make({ workers: 2 });
        const iterator = pool.imap(poolTasks.square, numbers, { buffer: 2 })[Symbol.asyncIterator]();
        for (const n of range(3)) assertEquals((await iterator.next()).value, n * n);
        await until(() => numbers.read === 5, () => `five are read (${numbers.read} are)`);
      }
      assertEquals(numbers.read, 5);
    },
  );

  check("map_buffersize_type_validation, _value_validation: refused at the call", async () => {
    await using pool = backend.make({ workers: 1 });
    for (const buffer of ["foo", 2.5, 0, -1]) {
      // deno-lint-ignore no-explicit-any -- what a caller without types may pass
      assertThrows(() => pool.imap(poolTasks.square, range(4), { buffer } as any), Error, "`buffer`");
    }
  });

  check("shutdown_race_issue12456: shutdown right after a map of one item more than workers, 10 times", async () => {
    for (let round = 0; round < 10; round++) {
      const pool = backend.make({ workers: 2 });
      const results = pool.map(poolTasks.echo, [2, 2, 2]);
      await within(MUST_HAPPEN, pool.shutdown());
      assertEquals(await results, [2, 2, 2]);
    }
  }, { deadline: 120_000 });

  check(
    "swallows_falsey_exceptions: undefined, null, 0, -0, an empty string, false, NaN, 0n are failures on every way",
    async () => {
      await using pool = backend.make({ workers: 1 });
      for (const value of [undefined, null, 0, -0, "", false, NaN, 0n]) {
        const thrown = async (run: () => unknown) => {
          try {
            await run();
          } catch (error) {
            return { error };
          }
          return "nothing was thrown";
        };
        const { raise, raiseLater } = poolTasks;
        const ways: (() => unknown)[] = [
          () => pool.submit(raise, value).result(),
          () => pool.apply(raise, [value]),
          () => pool.map(raise, [value]),
          () => pool.starmap(raise, [[value]]),
          () => pool.imap(raise, [value]),
          () => pool.imapUnordered(raise, [value]),
          () => pool.broadcast(raise, value),
          () => pool.stream(raiseLater, value),
        ];
        for (const way of ways) assertEquals(await thrown(way), { error: value }, `${way}`);
        const [end] = await pool.map(raise, [value], { onError: "settle" });
        assertEquals(end, { status: "rejected", reason: value, index: 0, item: value });
        const called: unknown[] = [];
        const future = pool.applyAsync(raise, [value], {
          callback: () => called.push("callback"),
          errorCallback: (error) => called.push(error),
        });
        await thrown(() => future.result());
        assertEquals(called, [value]);
      }
    },
  );

  check("swallows_falsey_exceptions: an error whose length is 0 is a failure", async () => {
    await using pool = backend.make({ workers: 1 });
    const error = await assertRejects(() => pool.submit(poolTasks.raiseEmpty, "lenlen").result(), URIError, "lenlen");
    assertEquals(Object.getOwnPropertyDescriptor(error, "length")?.value, 0);
  });

  check("map_chunksize: 6, 50 and 40 of 40 equal the serial result; -1 is refused", async () => {
    await using pool = backend.make({ workers: 2 });
    const serial = range(40).map((n) => n * n);
    for (const chunkSize of [6, 50, 40]) {
      assertEquals(await pool.map(poolTasks.square, range(40), { chunkSize }), serial);
    }
    assertThrows(() => pool.map(poolTasks.square, range(40), { chunkSize: -1 }), RangeError, "`chunkSize`");
  });

  check("submit_func_globals: the module of a task is not the main one", async () => {
    await using pool = backend.make({ workers: 1 });
    assertStrictEquals(await pool.submit(poolTasks.isMain), false);
  });
});

on(ISOLATED, (backend, check) => {
  check("idle_process_reuse_multiple: never more workers than calls that were unfinished at a time", async () => {
    await using pool = backend.make({ workers: 5 });
    for (let n = 0; n < 3; n++) {
      const loose = n > 0 ? [pool.submit(poolTasks.square, n)] : [];
      assertEquals(await pool.submit(poolTasks.square, n), n * n);
      await Promise.all(loose);
    }
    assert(pool.workerIds.length <= 2, `${pool.workerIds}`);
  });
});

Deno.test("default_workers: one for each core, 32 on the event loop", async () => {
  await using threads = new Pool();
  await using loop = new Pool({ backend: "async" });
  assertEquals([threads.workers, loop.workers], [cpuCount(), 32]);
  assert(Number.isInteger(cpuCount()) && cpuCount() >= 1);
});

leavesNothing();
