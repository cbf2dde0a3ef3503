import { assert, assertEquals } from "@std/assert";
import { CancelledError, TaskTimeoutError, WorkerCrashedError } from "@isopool/isopool";
import { gated, runaway, streams, values } from "../fixtures/views.ts";
import { expectError } from "../support/expect.ts";
import { Gate } from "../support/gate.ts";
import { range } from "../support/range.ts";
import { MUST_HAPPEN, until, within } from "../support/within.ts";
import { GRACE, type Suite } from "./backend.ts";
import { settledWorkers } from "./backend.ts";

/** `concurrencyPerWorker`: concurrent calls in one worker. */
export const concurrencySuite: Suite = (backend, check) => {
  const settled = settledWorkers(backend, check);
  for (const [workers, concurrency] of [[1, 4], [2, 3]]) {
    check(
      `${workers} workers with concurrencyPerWorker ${concurrency} run that many calls at once, never more`,
      async () => {
        await using pool = backend.make({ workers, concurrencyPerWorker: concurrency });
        await using gate = new Gate();
        const all = range(30).map(() => pool.submit(gated.crowd, gate.words, workers * concurrency));
        await within(MUST_HAPPEN, Promise.all(all));
        await within(MUST_HAPPEN, pool.map(streams.sleepTwo, range(50)));
        assertEquals(gate.read("PEAK"), workers * concurrency);
        assertEquals(gate.count, 30);
      },
    );
  }

  check(
    "concurrencyPerWorker: each call keeps its own context across awaits: id, attempt, signal, state, emit, progress",
    async () => {
      await using pool = backend.make({ workers: 1, concurrencyPerWorker: 5 });
      const all = range(25).map((key) => {
        const emitted: unknown[] = [];
        const reported: number[] = [];
        const task = streams.interleave.with({
          onEmit: (value) => emitted.push(value),
          onProgress: (done) => reported.push(done),
        });
        return { key, emitted, reported, future: pool.submit(task, key, 12) };
      });
      for (const { key, emitted, reported, future } of all) {
        assertEquals(await within(MUST_HAPPEN, future), "same");
        assertEquals(emitted, range(12).map(() => key));
        assert(reported.length > 0 && reported.every((done) => done === key), `${reported} reported by ${key}`);
      }
    },
  );

  settled("concurrencyPerWorker: cancel() cancels one of many concurrent calls", async () => {
    await using pool = backend.make({ workers: 1, concurrencyPerWorker: 4, killGrace: 20_000 });
    await using gate = new Gate();
    const all = range(4).map(() => pool.submit(gated.holdPolitely, gate.words));
    await gate.entered(4);
    assert(all[2].cancel());
    expectError(await within(MUST_HAPPEN, all[2].then(() => undefined, (error: unknown) => error)), CancelledError);
    assertEquals(all.map(({ state }) => state), ["running", "running", "cancelled", "running"]);
    // Another call can run in its place.
    assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 1)), 2);
    gate.open();
    assertEquals(await Promise.all([all[0], all[1], all[3]]), ["held", "held", "held"]);
  });

  check("concurrencyPerWorker: a timeout stops its own call only", async () => {
    await using pool = backend.make({ workers: 1, concurrencyPerWorker: 3, killGrace: 20_000 });
    await using gate = new Gate();
    const unlimited = pool.submit(gated.holdPolitely, gate.words);
    const limited = pool.submit(gated.holdPolitely.with({ timeout: 100 }), gate.words);
    expectError(await within(MUST_HAPPEN, limited.exception()), TaskTimeoutError);
    assertEquals(unlimited.state, "running");
    gate.open();
    assertEquals(await unlimited, "held");
  });

  check(
    "concurrencyPerWorker: a forced stop loses the concurrent calls of the worker; under retry they run again",
    async () => {
      await using pool = backend.make({ workers: 1, concurrencyPerWorker: 3, killGrace: GRACE });
      await using gate = new Gate();
      await using open = new Gate();
      const stopped = pool.submit(gated.hold, gate.words);
      const lost = pool.submit(gated.hold, gate.words);
      const again = pool.submit(gated.holdFirst.with({ retry: 1 }), open.words);
      await gate.entered(2);
      await open.entered(1);
      assert(stopped.cancel());
      const error = await within(MUST_HAPPEN, lost.exception());
      expectError(error, WorkerCrashedError);
      assertEquals(await within(MUST_HAPPEN, again), 2);
      assertEquals(stopped.state, "cancelled");
      assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 1)), 2);
    },
  );

  if (backend.capabilities.forcedKill) {
    check(
      "concurrencyPerWorker: a spinning call is stopped, and its neighbours fail with WorkerCrashedError",
      async () => {
        await using pool = backend.make({ workers: 1, concurrencyPerWorker: 2, killGrace: GRACE });
        await using gate = new Gate();
        await using other = new Gate();
        const neighbour = pool.submit(gated.hold, other.words);
        await other.entered();
        const spinning = pool.submit(runaway.spin.with({ timeout: 100 }), gate.words);
        expectError(await within(MUST_HAPPEN, spinning.exception()), TaskTimeoutError);
        expectError(await within(MUST_HAPPEN, neighbour.exception()), WorkerCrashedError);
        assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 1)), 2);
      },
    );
  }

  check("concurrencyPerWorker: CPU-bound and failing calls among waiting ones", async () => {
    await using pool = backend.make({ workers: 2, concurrencyPerWorker: 4 });
    const results = await within(
      MUST_HAPPEN,
      Promise.allSettled(
        range(60).map((n) => {
          if (n % 3 === 0) return pool.submit(streams.spinFor, 3, n);
          if (n % 3 === 1) return pool.submit(streams.sleepFor, 5, n);
          return pool.submit(values.failOdd, n);
        }),
      ),
    );
    const expected = range(60).map((n) => n % 3 === 2 && n % 2 === 1 ? `odd: ${n}` : n);
    assertEquals(
      results.map((end) => end.status === "fulfilled" ? end.value : (end.reason as Error).message),
      expected,
    );
  });

  check("concurrencyPerWorker: maps keep order, 5,000 items of numbers and objects; concurrent streams", async () => {
    await using pool = backend.make({ workers: 2, concurrencyPerWorker: 8 });
    await using gate = new Gate();
    const items = range(5_000);
    const [doubled, echoed, ...streamed] = await within(
      MUST_HAPPEN * 2,
      Promise.all([
        pool.map(values.double, items),
        pool.map(values.echo, items.map((n) => ({ n }))),
        ...range(3).map(() => pool.stream(streams.count, 100, gate.words)),
      ]),
    );
    assertEquals(doubled, items.map((n) => 2 * n));
    assertEquals(echoed, items.map((n) => ({ n })));
    assertEquals(streamed, range(3).map(() => range(100)));
  }, { deadline: 60_000 });

  check("concurrencyPerWorker: the block ends when no call runs", async () => {
    await using gate = new Gate();
    let all;
    {
      await using pool = backend.make({ workers: 1, concurrencyPerWorker: 3 });
      all = range(3).map((n) => pool.submit(gated.hold, gate.words, n));
      await gate.entered(3);
      await until(() => all!.every(({ running }) => running), "all run");
      gate.open();
    }
    assertEquals(all.map(({ done }) => done), [true, true, true]);
  });
};
