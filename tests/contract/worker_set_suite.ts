import { assert, assertEquals, assertThrows } from "@std/assert";
import { PoolClosedError } from "@isopool/isopool";
import { Gate } from "../support/gate.ts";
import { range } from "../support/range.ts";
import { MUST_HAPPEN, pause, until, within } from "../support/within.ts";
import { gated, hooks, values } from "../fixtures/views.ts";
import { type AnyPool, fewer, type Suite } from "./backend.ts";
import { rounds } from "../support/rounds.ts";

const idle = (pool: AnyPool) => pool.stats().workers.idle;

/** Number of workers: `minWorkers`, `idleTimeout`, `maxTasksPerWorker`, `resize`. */
export const workerSetSuite: Suite = (backend, check) => {
  const parallel = backend.capabilities.parallel;

  check("minWorkers start at once, before any call; a dead one is replaced", async () => {
    await using pool = backend.make({ workers: 3, minWorkers: 2 });
    assertEquals(pool.workerIds, [1, 2]);
    await until(() => idle(pool) === 2, "both are there");
    if (backend.capabilities.engine !== "cluster") {
      await within(MUST_HAPPEN, pool.restart());
      await until(() => idle(pool) === 2, "both are there again");
      assertEquals(pool.workerIds, [3, 4]);
    }
    assertEquals(await pool.submit(values.double, 4), 8);
    assertEquals(pool.workerIds.length, 2);
  });

  check("idleTimeout: idle workers end, down to none, and start again with the next calls", async () => {
    await using pool = backend.make({ workers: 2, idleTimeout: 30 });
    for (let round = 0; round < 3; round++) {
      assertEquals(await within(MUST_HAPPEN, pool.map(values.slowFirst, [0, 0])), [0, 0]);
      await until(() => pool.workerIds.length === 0, "all workers are gone");
    }
    const { started, crashed } = pool.stats().workers;
    assert(started >= 3, `${started} were started`);
    assertEquals(crashed, 0);
  });

  check("idleTimeout: workers go down to minWorkers, which stay the same", async () => {
    await using pool = backend.make({ workers: 4, minWorkers: 2, idleTimeout: 20 });
    await within(MUST_HAPPEN, pool.ready());
    assertEquals(pool.workerIds.length, 4);
    await until(() => pool.workerIds.length === 2, "two workers are left");
    const left = pool.workerIds;
    await pause(100);
    assertEquals(pool.workerIds, left);
    assertEquals(pool.stats().workers.started, 4);
  });

  check("idleTimeout: a busy worker does not end, however long its call takes", async () => {
    await using gate = new Gate();
    await using pool = backend.make({ workers: 1, idleTimeout: 5 });
    const held = pool.submit(gated.hold, gate.words, "held");
    await gate.entered();
    await pause(60);
    assertEquals([held.state, pool.workerIds], ["running", [1]]);
    gate.open();
    assertEquals(await held, "held");
  });

  check("idleTimeout: work that arrives at the very moment a worker retires is not lost", async () => {
    await using pool = backend.make({ workers: 2, idleTimeout: 3, retry: 0 });
    const count = parallel ? rounds(24, 60) : 300;
    for (let round = 0; round < count; round++) {
      const futures = [pool.submit(values.double, round), pool.submit(values.add, round, 1)];
      assertEquals(await within(MUST_HAPPEN, Promise.all(futures)), [2 * round, round + 1]);
      // From well before the worker retires until well after, in steps smaller than the turns of the loop.
      await pause((round % 12) / 2);
    }
    const { succeeded, failed } = pool.stats().tasks;
    assertEquals([succeeded, failed], [2 * count, 0]);
    assert(pool.stats().workers.started > 3, "no worker ever retired");
  }, { deadline: 60_000 });

  for (const limit of [1, 2, 5]) {
    check(`maxTasksPerWorker: ${limit}: each worker takes exactly so many calls, and results are right`, async () => {
      await using pool = backend.make({ workers: 1, maxTasksPerWorker: limit });
      const seen: { workerId: number; value: unknown }[] = [];
      for (const n of range(10)) seen.push(await pool.submit(hooks.where, n));
      assertEquals(seen.map(({ value }) => value), range(10));
      const calls = [...Map.groupBy(seen, ({ workerId }) => workerId).values()].map((group) => group.length);
      assertEquals(calls, Array.from({ length: 10 / limit }, () => limit));
    });

    check(
      `maxTasksPerWorker: ${limit} holds for simultaneous submits and for maps on two workers (bound: 60 s)`,
      async () => {
        const pool = backend.make({ workers: 2, maxTasksPerWorker: limit });
        const count = parallel ? rounds(8, 20) : 40;
        // Nearly each call starts a worker.
        const bound = 30_000;
        const futures = range(count).map((n) => pool.submit(hooks.where, n));
        const mapped = pool.map(hooks.where, range(count));
        const seen = [...await within(bound, Promise.all(futures)), ...await within(bound, mapped)];
        assertEquals(seen.map(({ value }) => value), [...range(count), ...range(count)]);
        for (const group of Map.groupBy(seen, ({ workerId }) => workerId).values()) {
          assert(group.length <= limit, `${group.length} calls on one worker`);
        }
        pool.close();
        await within(MUST_HAPPEN, pool.join());
        assertEquals(pool.stats().workers.crashed, 0);
      },
      { deadline: 60_000 },
    );
  }

  check(
    "maxTasksPerWorker with concurrencyPerWorker: no worker takes more, and its calls run concurrently",
    async () => {
      await using pool = backend.make({ workers: 1, maxTasksPerWorker: 4, concurrencyPerWorker: 3 });
      const seen = await within(MUST_HAPPEN, pool.starmap(hooks.whereLater, range(12).map((n) => [n, 5])));
      assertEquals(seen.map(({ value }) => value), range(12));
      const calls = [...Map.groupBy(seen, ({ workerId }) => workerId).values()].map((group) => group.length);
      assertEquals(calls, [4, 4, 4]);
    },
  );

  check("maxTasksPerWorker: 1: close and join finish the waiting calls, and failures count as calls", async () => {
    const pool = backend.make({ workers: 2, maxTasksPerWorker: 1 });
    const futures = range(8).map((n) => pool.submit(values.failOdd, n));
    const states = Promise.allSettled(futures);
    pool.close();
    await within(MUST_HAPPEN, pool.join());
    assertEquals((await states).map(({ status }) => status === "fulfilled"), range(8).map((n) => n % 2 === 0));
    assertEquals(pool.stats().workers.started, 8);
    assertEquals(pool.workerIds, []);
  });

  check("resize() up lets more calls run at once; resize() down ends workers when their calls have ended", async () => {
    await using gate = new Gate();
    await using pool = backend.make({ workers: 1 });
    const futures = range(6).map((n) => pool.submit(gated.hold, gate.words, n));
    await gate.entered(1);
    pool.resize(4);
    assertEquals(pool.workers, 4);
    await gate.entered(4);
    await pause(20);
    assertEquals([gate.count, pool.workerIds.length], [4, 4]);
    pool.resize(2);
    assertEquals([pool.workers, pool.workerIds.length], [2, 4]);
    gate.open();
    assertEquals(await within(MUST_HAPPEN, Promise.all(futures)), range(6));
    await until(() => pool.workerIds.length <= 2, "two workers are left");
    assertEquals(await pool.map(values.double, range(50)), range(50).map((n) => 2 * n));
    assert(pool.workerIds.length <= 2);
    assertEquals(pool.stats().workers.crashed, 0);
  });

  check("resize() up and down again and again under load loses nothing", async () => {
    await using pool = backend.make({ workers: 2 });
    const count = parallel ? fewer(backend, 3_000) : 1_000;
    const mapped = pool.map(values.double, range(count));
    const futures = range(200).map((n) => pool.submit(values.slowFirst, n));
    for (let round = 0; round < 12; round++) {
      pool.resize(1 + round % 4);
      await pause(5);
    }
    assertEquals(await within(MUST_HAPPEN, mapped), range(count).map((n) => 2 * n));
    assertEquals(await within(MUST_HAPPEN, Promise.all(futures)), range(200));
    const { succeeded, failed, cancelled } = pool.stats().tasks;
    assertEquals([succeeded, failed, cancelled], [count + 200, 0, 0]);
  }, { deadline: 60_000 });

  check("resize() refuses an invalid number of workers, and less than minWorkers", async () => {
    await using pool = backend.make({ workers: 3, minWorkers: 2 });
    for (const bad of [0, -1, 1.5, NaN, Infinity, 1]) assertThrows(() => pool.resize(bad), RangeError, "`workers`");
    assertThrows(() => pool.resize("3" as never), TypeError, "`workers`");
    assertEquals(pool.workers, 3);
    const closed = backend.make({ workers: 1 });
    closed.close();
    assertThrows(() => closed.resize(2), PoolClosedError);
    await closed.join();
  });

  check("a pending ready() waits for the new number of workers after resize()", async () => {
    await using pool = backend.make({ workers: 1 });
    const ready = pool.ready();
    pool.resize(3);
    await within(MUST_HAPPEN, ready);
    assertEquals([pool.workerIds.length, idle(pool)], [3, 3]);
    const fewer = backend.make({ workers: 3 });
    const soon = fewer.ready();
    fewer.resize(1);
    await within(MUST_HAPPEN, soon);
    await fewer.terminate();
  });
};
