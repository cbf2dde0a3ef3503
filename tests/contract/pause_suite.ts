import { assert, assertEquals, assertThrows } from "@std/assert";
import { PoolClosedError, TaskTimeoutError } from "@isopool/isopool";
import { Gate } from "../support/gate.ts";
import { StepLog } from "../support/steps.ts";
import { MUST_HAPPEN, pause, until, within } from "../support/within.ts";
import { gated, hooks, values } from "../fixtures/views.ts";
import { sendsAhead, sized, type Suite } from "./backend.ts";

/** Milliseconds; long enough for a call to start, if the pool let it. */
const A_WHILE = 40;

/** `pause` and `resume`. */
export const pauseSuite: Suite = (backend, check) => {
  check("pause(): no call starts, however it was submitted; resume() runs all of them", async () => {
    const log = new StepLog();
    await using pool = backend.make({ workers: 2 });
    await pool.ready();
    pool.pause();
    assert(pool.paused);
    const future = pool.submit(hooks.work, log.words);
    const mapped = pool.map(hooks.work, Array.from({ length: 20 }, () => log.words));
    const lazily = (async () => await Array.fromAsync(pool.imap(hooks.work, [log.words, log.words])))();
    const all = backend.capabilities.engine === "cluster"
      ? pool.map(hooks.work, [log.words, log.words])
      : pool.broadcast(hooks.work, log.words);
    await pause(A_WHILE);
    assertEquals([log.read("RUN"), future.state], [0, "pending"]);
    pool.resume();
    assert(!pool.paused);
    await within(MUST_HAPPEN, Promise.all([future, mapped, lazily, all]));
    assertEquals(log.read("RUN"), 25);
  });

  check("pause(): a running call goes on, and its future settles", async () => {
    await using gate = new Gate();
    await using pool = backend.make({ workers: 1 });
    const held = pool.submit(gated.hold, gate.words, "held");
    await gate.entered();
    pool.pause();
    gate.open();
    assertEquals(await within(MUST_HAPPEN, held), "held");
    pool.resume();
  });

  check("pause(): calls sent ahead are taken back, and run later in their order", async () => {
    const log = new StepLog();
    await using gate = new Gate();
    await using pool = backend.make({ workers: 1 });
    // The pool measures that the calls are short, and then sends many of them ahead.
    for (let n = 0; n < 50; n++) await pool.submit(hooks.work, log.words);
    const before = log.read("RUN");
    const held = pool.submit(gated.hold, gate.words, "held");
    await gate.entered();
    const ahead = Array.from({ length: 30 }, () => pool.submit(hooks.work, log.words));
    const mapped = pool.map(hooks.work, Array.from({ length: 30 }, () => log.words));
    if (sendsAhead(backend)) await until(() => pool.stats().tasks.active > 1, "some were sent ahead");
    pool.pause();
    assertEquals(pool.stats().tasks.active, 1);
    gate.open();
    await within(MUST_HAPPEN, held);
    await pause(A_WHILE);
    assertEquals(log.read("RUN"), before);
    pool.resume();
    await within(MUST_HAPPEN, Promise.all([...ahead, mapped]));
    assertEquals(log.read("RUN"), before + 60);
  });

  check("pause(): a waiting call does not time out, and can be cancelled", async () => {
    await using pool = backend.make({ workers: 1 });
    pool.pause();
    const [one, two] = [1, 2].map((n) => pool.submit(values.double.with({ timeout: 1_000 }), n));
    const limited = pool.submit(values.endAt.with({ timeout: 30 }), 9);
    await pause(60);
    assert(two.cancel());
    assertEquals([one.state, two.state, limited.state], ["pending", "cancelled", "pending"]);
    pool.resume();
    assertEquals(await within(MUST_HAPPEN, one), 2);
    assert(await within(MUST_HAPPEN, limited.exception()) instanceof TaskTimeoutError);
  });

  for (const end of ["close", "dispose", "shutdown", "terminate"] as const) {
    check(
      `${end} of a paused pool does not hang; ${end === "terminate" ? "calls are cancelled" : "calls are done"}`,
      async () => {
        const log = new StepLog();
        const pool = backend.make({ workers: 1 });
        pool.pause();
        const future = pool.submit(hooks.work, log.words);
        const mapped = Promise.resolve(pool.map(hooks.work, [log.words, log.words])).then(() => "done", () => "failed");
        if (end === "close") pool.close();
        else if (end === "dispose") await within(MUST_HAPPEN, pool[Symbol.asyncDispose]());
        else await within(MUST_HAPPEN, pool[end]());
        await within(MUST_HAPPEN, pool.join());
        const all = end === "terminate" ? ["cancelled", "failed", 0] : ["finished", "done", 3];
        assertEquals([future.state, await mapped, log.read("RUN")], all);
      },
    );
  }

  check("pause() twice needs one resume(); resume() of a running and of a closed pool does nothing", async () => {
    const pool = backend.make({ workers: 1 });
    pool.resume();
    pool.pause();
    pool.pause();
    const future = pool.submit(values.double, 1);
    pool.resume();
    assertEquals(await within(MUST_HAPPEN, future), 2);
    pool.close();
    pool.resume();
    assertThrows(() => pool.pause(), PoolClosedError);
    await within(MUST_HAPPEN, pool.join());
  });

  check("repeated pause() and resume() under load lose no call", async () => {
    await using pool = backend.make({ workers: 2 });
    const numbers = Array.from({ length: sized(backend, backend.capabilities.parallel ? 20_000 : 3_000) }, (_, n) => n);
    const mapped = pool.map(values.double, numbers);
    const futures = numbers.slice(0, 500).map((n) => pool.submit(values.double, n));
    for (let round = 0; round < 30; round++) {
      pool.pause();
      await pause(round % 3);
      pool.resume();
      await pause(round % 4);
    }
    assertEquals(await within(MUST_HAPPEN, mapped), numbers.map((n) => 2 * n));
    assertEquals(await within(MUST_HAPPEN, Promise.all(futures)), numbers.slice(0, 500).map((n) => 2 * n));
  }, { deadline: 60_000 });

  check("restart(), resize() and idleTimeout work on a paused pool; a waiting broadcast is not lost", async () => {
    await using pool = backend.make({ workers: 2, idleTimeout: 20 });
    await pool.ready();
    pool.pause();
    const all = pool.broadcast(hooks.look);
    await pause(80);
    pool.resume();
    assertEquals((await within(MUST_HAPPEN, all)).length, 2);
    await pool.ready();
    pool.pause();
    await until(() => pool.workerIds.length === 0, "idle workers are gone");
    pool.resize(1);
    await within(MUST_HAPPEN, pool.restart());
    pool.resume();
    assertEquals(await pool.submit(values.double, 4), 8);
  });
};
