import { assert, assertEquals } from "@std/assert";
import { Gate } from "../support/gate.ts";
import { range } from "../support/range.ts";
import { StepLog } from "../support/steps.ts";
import { MUST_HAPPEN, until, within } from "../support/within.ts";
import { gated, hooks, values } from "../fixtures/views.ts";
import type { Suite } from "./backend.ts";
import { settledWorkers } from "./backend.ts";
import { sharedWords } from "../support/words.ts";

/** Numbers from 0 to 1, the same for the same seed. */
function random(seed: number): () => number {
  return () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed / 2 ** 31;
  };
}

/** `stats`. */
export const statsSuite: Suite = (backend, check) => {
  const settled = settledWorkers(backend, check);
  check("stats() of a fresh pool is all zeros", async () => {
    await using pool = backend.make({ workers: 2 });
    const none = { count: 0, min: 0, max: 0, mean: 0, p50: 0, p90: 0, p99: 0 };
    assertEquals(pool.stats(), {
      workers: { starting: 0, busy: 0, idle: 0, leaving: 0, started: 0, crashed: 0, abandoned: 0 },
      tasks: { waiting: 0, active: 0, succeeded: 0, failed: 0, cancelled: 0, retried: 0, unobserved: 0 },
      wait: none,
      run: none,
      transfer: none,
      slowest: [],
      perWorker: [],
    });
  });

  check("stats() counts workers and calls in each state", async () => {
    await using gate = new Gate();
    await using pool = backend.make({ workers: 2 });
    const futures = range(5).map((n) => pool.submit(gated.hold, gate.words, n));
    await gate.entered(2);
    const { workers, tasks } = pool.stats();
    assertEquals([workers.busy, workers.idle, tasks.active, tasks.waiting], [2, 0, 2, 3]);
    gate.open();
    await within(MUST_HAPPEN, Promise.all(futures));
    const after = pool.stats();
    assertEquals([after.workers.idle, after.tasks.active, after.tasks.waiting], [2, 0, 0]);
    assertEquals(after.tasks.succeeded, 5);
  });

  for (const seed of [1, 2, 3]) {
    check(`stats() adds up after random work (seed ${seed})`, async () => {
      const next = random(seed);
      const log = new StepLog();
      const pool = backend.make({ workers: 1 + Math.floor(3 * next()), maxTasksPerWorker: 40 });
      let calls = 0;
      const expected = { succeeded: 0, failed: 0, cancelled: 0 };
      const ends: Promise<unknown>[] = [];
      const count = (state: "fulfilled" | "rejected" | "cancelled") =>
        void expected[state === "fulfilled" ? "succeeded" : state === "rejected" ? "failed" : "cancelled"]++;
      for (let step = 0; step < 60; step++) {
        const kind = Math.floor(6 * next());
        const n = Math.floor(10 * next());
        if (kind < 3) {
          const task = [values.failOdd, values.double, values.slowFirst][kind];
          const future = pool.submit(task, n);
          calls++;
          if (next() < 0.2) future.cancel();
          ends.push(future.then(
            () => count("fulfilled"),
            () => count(future.cancelled ? "cancelled" : "rejected"),
          ));
        } else if (kind === 3) {
          calls += n;
          const results = pool.map(values.failOdd, range(n), { onError: "settle" });
          ends.push(results.then((all) => all.forEach(({ status }) => count(status))));
        } else if (kind === 4) {
          calls++;
          const attempts = sharedWords(16);
          ends.push(
            pool.submit(values.succeedAt.with({ retry: { maxAttempts: 3, minTimeout: 1 } }), 3, attempts).then(() => {
              count("fulfilled");
              Atomics.add(log.words, 0, 2);
            }),
          );
        } else {
          calls++;
          ends.push((async () => {
            for await (const item of pool.stream(hooks.countTo, n)) assert(item < n);
            count("fulfilled");
          })());
        }
        if (next() < 0.3) await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await within(MUST_HAPPEN, Promise.all(ends));
      const { tasks, workers, wait, run, transfer } = pool.stats();
      assertEquals(tasks, { waiting: 0, active: 0, ...expected, unobserved: 0, retried: log.read("BEGUN") });
      assertEquals(tasks.succeeded + tasks.failed + tasks.cancelled, calls);
      const { starting, busy, idle, leaving } = workers;
      assertEquals([workers.crashed, busy], [0, 0]);
      assertEquals(starting + busy + idle + leaving, pool.workerIds.length);
      assert(run.count <= calls + tasks.retried, `${run.count} runs of ${calls} calls`);
      for (const { min, mean, max, p50, p90, p99 } of [wait, run, transfer]) {
        assert(min <= p50 && p50 <= p90 && p90 <= p99 && p99 <= max && min <= mean && mean <= max);
      }
      await within(MUST_HAPPEN, pool.shutdown());
      const ended = pool.stats().workers;
      assertEquals([ended.starting, ended.busy, ended.idle, ended.leaving], [0, 0, 0, 0]);
    }, { deadline: 60_000 });
  }

  settled("stats() measures how long calls ran and waited", async () => {
    await using pool = backend.make({ workers: 1 });
    await pool.ready();
    await Promise.all(range(4).map(() => pool.submit(hooks.whereLater, 1, 40)));
    await pool.submit(values.double, 1);
    const { run, wait } = pool.stats();
    // Each waits for those before it; a clock may run a little early.
    assertEquals(wait.count, 5);
    assert(run.count >= 4 && run.p50 >= 30 && run.max < MUST_HAPPEN, JSON.stringify(run));
    assert(wait.min < 35 && wait.max >= 100 && wait.mean >= 40, JSON.stringify(wait));
  });

  settled("stats() of each worker: its start, and for how long it waited, ran and was idle", async () => {
    await using pool = backend.make({ workers: 2 });
    await pool.ready();
    await Promise.all(range(4).map(() => pool.submit(hooks.whereLater, 1, 60)));
    const { perWorker } = pool.stats();
    assertEquals(perWorker.map(({ id }) => id), pool.workerIds);
    assertEquals(perWorker.reduce((sum, { ended }) => sum + ended, 0), 4);
    for (const { state, start, wait, run, idle, share } of perWorker) {
      assertEquals(state, "alive");
      assert([start, wait, run, idle].every((ms) => ms >= 0) && share >= 0 && share <= 1, JSON.stringify(perWorker));
      assert(Math.abs(share - run / (wait + run + idle)) < 1e-9);
    }
    // Four calls of 60 ms; a clock may run a little early.
    assert(perWorker.reduce((sum, { run }) => sum + run, 0) >= 200, JSON.stringify(perWorker));
    await using gate = new Gate();
    const future = pool.submit(gated.hold, gate.words, 1);
    await gate.entered();
    const running = () => Math.max(...pool.stats().perWorker.map(({ run }) => run));
    const before = running();
    // A call that still runs counts, too.
    await until(() => running() > before + 20, "the time of the call that runs grows");
    gate.open();
    await within(MUST_HAPPEN, future);
  });

  settled("stats() has the five slowest calls, the slowest first, with their arguments in a few words", async () => {
    await using pool = backend.make({ workers: 1 });
    await pool.ready();
    for (const ms of [1, 400, 100, 500, 200, 300, 600]) await pool.submit(hooks.whereLater, 1, ms);
    const { slowest, run, transfer } = pool.stats();
    assertEquals(slowest.map(({ args }) => args), ["1, 600", "1, 500", "1, 400", "1, 300", "1, 200"]);
    assert(slowest.every(({ task, workerId }) => task.includes("whereLater") && pool.workerIds.includes(workerId)));
    assert(slowest.every(({ ms }, i) => i === 0 || ms <= slowest[i - 1].ms), JSON.stringify(slowest));
    assertEquals([slowest[0].ms, transfer.count], [run.max, run.count]);
    const texts = ["x".repeat(1_000), { url: "b.png", sizes: [1, 2, 3, 4, 5, 6] }];
    for (const text of texts) {
      await pool.submit(hooks.whereLater, text, Math.ceil(pool.stats().slowest[0].ms) + 100);
      const [{ args }] = pool.stats().slowest;
      assert(args.length <= 60 && /^("x+|{ url: "b.png", sizes: \[1, 2, 3, 4, …\] })/.test(args), args);
    }
  });

  check("stats() counts failed items of maps, and the calls that terminate() cancels", async () => {
    const pool = backend.make({ workers: 1, killGrace: 20 });
    await pool.map(values.failOdd, range(10), { onError: "settle" });
    assertEquals(pool.stats().tasks, {
      waiting: 0,
      active: 0,
      succeeded: 5,
      failed: 5,
      cancelled: 0,
      retried: 0,
      unobserved: 0,
    });
    await using gate = new Gate();
    const futures = range(3).map(() => pool.submit(gated.hold, gate.words).then(() => {}, () => {}));
    await gate.entered();
    await within(MUST_HAPPEN, pool.terminate());
    await Promise.all(futures);
    assertEquals(pool.stats().tasks, {
      waiting: 0,
      active: 0,
      succeeded: 5,
      failed: 5,
      cancelled: 3,
      retried: 0,
      unobserved: 0,
    });
    assertEquals(pool.stats().workers.crashed, 0);
  });
};
