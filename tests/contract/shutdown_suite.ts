import { assert, assertEquals, assertRejects } from "@std/assert";
import { CancelledError } from "@isopool/isopool";
import { Gate } from "../support/gate.ts";
import { StepLog } from "../support/steps.ts";
import { MUST_HAPPEN, pause, until, within } from "../support/within.ts";
import { gated, hooks, values } from "../fixtures/views.ts";
import { type AnyPool, sendsAhead, type Suite } from "./backend.ts";
import { sharedWords } from "../support/words.ts";

const ENDS: Record<string, (pool: AnyPool) => Promise<unknown>> = {
  close: (pool) => Promise.resolve(pool.close()),
  join: (pool) => pool.join(),
  terminate: (pool) => pool.terminate(),
  shutdown: (pool) => pool.shutdown(),
  "shutdown({ cancelFutures })": (pool) => pool.shutdown({ cancelFutures: true }),
  dispose: (pool) => pool[Symbol.asyncDispose](),
};

/** The ways to end a pool, and each of them after each other one. */
export const shutdownSuite: Suite = (backend, check) => {
  for (const [first, one] of Object.entries(ENDS)) {
    check(`${first}, then every other way and the same again: all return, nothing runs later`, async () => {
      for (const [second, two] of Object.entries(ENDS)) {
        const log = new StepLog();
        const pool = backend.make({ workers: 1, killGrace: 20 });
        const futures = [1, 2, 3].map(() => pool.submit(hooks.work, log.words, 2));
        const settled = Promise.allSettled(futures);
        const what = `${first}, ${second}`;
        if (first === "join") await assertRejects(() => one(pool), TypeError, "close()");
        else await within(MUST_HAPPEN, one(pool), what);
        if (first === "join" && second === "join") pool.close();
        await within(MUST_HAPPEN, Promise.all([two(pool), two(pool)]), what);
        if (second === "close" || first === "join") pool.close();
        await within(MUST_HAPPEN, Promise.all([pool.join(), settled]), what);
        assert(["closed", "terminated"].includes(pool.state), `${what}: ${pool.state}`);
        assert(futures.every(({ done }) => done), what);
        assertEquals(pool.workerIds, [], what);
        const runs = log.read("RUN");
        await pause(5);
        assertEquals(log.read("RUN"), runs, what);
      }
    }, { deadline: 60_000 });
  }

  check("all ways to end, called at once in any order, return", async () => {
    const ways = Object.entries(ENDS).filter(([name]) => name !== "join");
    for (let turn = 0; turn < ways.length; turn++) {
      const pool = backend.make({ workers: 2, killGrace: 20 });
      const settled = Promise.allSettled([1, 2, 3, 4].map((n) => pool.submit(values.slowFirst, n % 2)));
      const order = [...ways.slice(turn), ...ways.slice(0, turn)];
      await within(MUST_HAPPEN, Promise.all(order.map(([, end]) => end(pool))), String(order.map(([name]) => name)));
      await within(MUST_HAPPEN, Promise.all([pool.join(), settled]));
    }
  });

  check(
    "shutdown({ timeout }) drains; what runs after the timeout is stopped, and what waits is cancelled",
    async () => {
      await using gate = new Gate();
      const pool = backend.make({ workers: 1, killGrace: 20 });
      const done = pool.submit(values.double, 2);
      const held = pool.submit(gated.hold, gate.words);
      const waiting = pool.submit(values.double, 3);
      await gate.entered();
      await within(MUST_HAPPEN, pool.shutdown({ timeout: 50 }));
      assertEquals([await done, held.state, waiting.state, pool.state], [4, "cancelled", "cancelled", "terminated"]);
      assertEquals(pool.workerIds, []);
    },
  );

  check("shutdown({ timeout }) leaves no timer when all calls are done in time", async () => {
    const pool = backend.make({ workers: 1 });
    const done = pool.submit(values.double, 2);
    await within(MUST_HAPPEN, pool.shutdown({ timeout: 20_000 }));
    assertEquals([await done, pool.state], [4, "closed"]);
    await assertRejects(() => pool.shutdown({ timeout: -1 }), RangeError, "`timeout` is -1");
  });

  check("shutdown() waits for all calls and their callbacks", async () => {
    const pool = backend.make({ workers: 2 });
    let called = 0;
    for (let n = 0; n < 10; n++) pool.submit(values.slowFirst, n % 2).addDoneCallback(() => called++);
    await within(MUST_HAPPEN, pool.shutdown());
    assertEquals([called, pool.state], [10, "closed"]);
  });

  check("shutdown({ cancelFutures }): what runs finishes, nothing else starts", async () => {
    const log = new StepLog();
    await using gate = new Gate();
    const pool = backend.make({ workers: 1 });
    // Short ones, of which many are sent ahead.
    for (let n = 0; n < 50; n++) await pool.submit(hooks.work, log.words);
    const before = log.read("RUN");
    const running = pool.submit(gated.hold, gate.words, "held");
    await gate.entered();
    const waiting = Array.from({ length: 20 }, () => pool.submit(hooks.work, log.words));
    if (sendsAhead(backend)) await until(() => pool.stats().tasks.active > 1, "some were sent ahead");
    const ended = pool.shutdown({ cancelFutures: true });
    for (const future of waiting) {
      assertEquals(future.state, "cancelled");
      await assertRejects(() => future.result(), CancelledError, "shut down");
    }
    assertEquals(running.state, "running");
    gate.open();
    await within(MUST_HAPPEN, ended);
    assertEquals([await running, log.read("RUN")], ["held", before]);
  });

  check(
    "shutdown({ cancelFutures }): maps reject, their running items finish, none of their waiting items starts",
    async () => {
      await using gate = new Gate();
      const pool = backend.make({ workers: 2 });
      const mapped = pool.map(gated.hold, Array.from({ length: 20 }, () => gate.words));
      const rejected = assertRejects(async () => await mapped, CancelledError);
      await gate.entered(2);
      const ended = pool.shutdown({ cancelFutures: true });
      await within(MUST_HAPPEN, rejected);
      gate.open();
      await within(MUST_HAPPEN, ended);
      assertEquals([gate.count, gate.read("LEFT")], [2, 2]);
    },
  );

  check("shutdown({ cancelFutures }): the running items of a map get no signal, and finish", async () => {
    await using gate = new Gate();
    const pool = backend.make({ workers: 2 });
    const mapped = pool.map(gated.holdUntilGate, Array.from({ length: 20 }, () => gate.words));
    const rejected = assertRejects(async () => await mapped, CancelledError, "shut down");
    await gate.entered(2);
    const ended = pool.shutdown({ cancelFutures: true });
    await within(MUST_HAPPEN, rejected);
    // The items would note a signal in their next ticks, 2 ms apart.
    await pause(100);
    gate.open();
    await within(MUST_HAPPEN, ended);
    assertEquals([gate.count, gate.read("LEFT"), gate.read("NOTE")], [2, 2, 0]);
  });

  check("shutdown({ cancelFutures }): a waiting imap is cancelled, an unread one never runs", async () => {
    const log = new StepLog();
    await using gate = new Gate();
    const pool = backend.make({ workers: 1 });
    const running = pool.submit(gated.hold, gate.words);
    await gate.entered();
    const read = Array.fromAsync(pool.imap(hooks.work, [log.words, log.words])).then(
      () => "done",
      (error) => error.name,
    );
    const unread = pool.imap(hooks.work, [log.words]);
    const ended = pool.shutdown({ cancelFutures: true });
    assertEquals(await within(MUST_HAPPEN, read), "CancelledError");
    gate.open();
    await within(MUST_HAPPEN, Promise.all([ended, running]));
    const late = await Promise.resolve(unread).then(() => "done", (error) => error.name);
    assertEquals([late, log.read("RUN")], ["PoolClosedError", 0]);
  });

  check(
    "shutdown({ cancelFutures }): a stream that waits is cancelled; one that runs goes on for its reader",
    async () => {
      const log = new StepLog();
      const pool = backend.make({ workers: 1 });
      const results = pool.stream(hooks.count, log.words);
      const reader = results[Symbol.asyncIterator]();
      assertEquals((await within(MUST_HAPPEN, reader.next())).value, 0);
      const waiting = Array.fromAsync(pool.stream(hooks.count, log.words)).then(() => "done", (error) => error.name);
      const ended = pool.shutdown({ cancelFutures: true });
      assertEquals(await within(MUST_HAPPEN, waiting), "CancelledError");
      for (let n = 1; n < 40; n++) assertEquals((await within(MUST_HAPPEN, reader.next())).value, n);
      await reader.return?.();
      await within(MUST_HAPPEN, ended);
    },
  );

  check("shutdown({ cancelFutures }): a running call that fails is not tried again", async () => {
    const log = new StepLog();
    const attempts = sharedWords(16);
    await using gate = new Gate();
    const pool = backend.make({ workers: 1, retry: { maxAttempts: 5, minTimeout: 1 } });
    const running = pool.submit(gated.holdThenFail, gate.words);
    const failure = running.exception();
    await gate.entered();
    const later = pool.submit(values.succeedAt, 3, attempts);
    const ended = pool.shutdown({ cancelFutures: true });
    gate.open();
    await within(MUST_HAPPEN, ended);
    assertEquals(((await failure) as Error).message, "the gate was opened");
    assertEquals([gate.count, later.state, attempts[0], log.read("RUN")], [1, "cancelled", 0, 0]);
  });

  check("shutdown() with an unknown option is refused, and the pool stays open", async () => {
    await using pool = backend.make({ workers: 1 });
    await assertRejects(() => pool.shutdown({ cancel: true } as never), TypeError, "`cancel`");
    await assertRejects(() => pool.shutdown({ cancelFutures: 1 } as never), TypeError, "`cancelFutures` is 1");
    assertEquals(pool.state, "open");
    assertEquals(await pool.submit(values.double, 1), 2);
  });
};
