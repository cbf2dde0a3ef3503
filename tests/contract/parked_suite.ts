import { assert, assertEquals } from "@std/assert";
import { Barrier, CancelledError, inline, TaskTimeoutError } from "@isopool/isopool";
import { gated } from "../fixtures/views.ts";
import { expectError } from "../support/expect.ts";
import { Gate } from "../support/gate.ts";
import { range } from "../support/range.ts";
import { MUST_HAPPEN, timed, until, within } from "../support/within.ts";
import type { AnyPool, Suite } from "./backend.ts";

/** Runs a short call of each task: from now on, the pool expects short calls, and may give a worker several at a time. */
async function expectShortCalls(pool: AnyPool, calls = 1): Promise<void> {
  await using open = new Gate();
  open.open();
  for (let n = 0; n < calls; n++) {
    await pool.submit(gated.hold, open.words);
    await pool.submit(gated.blockOr, null, n);
  }
}

/** A call that waits behind a long one: another worker gets it, if there is one or one may be started. */
export const parkedSuite: Suite = (backend, check) => {
  const { parallel, sharedMemory } = backend.capabilities;

  for (const calls of [0, 1, 5]) {
    check(`parked: after ${calls} short calls, long ones run side by side, each on a worker of its own`, async () => {
      await using pool = backend.make({ workers: 4 });
      await expectShortCalls(pool, calls);
      await using gate = new Gate();
      const all = range(3).map(() => pool.submit(gated.hold, gate.words));
      await gate.entered(3);
      assertEquals(new Set(all.map(({ workerId }) => workerId)).size, 3);
      gate.open();
      await Promise.all(all);
    });
  }

  check("parked: after short calls, the long items of a map run side by side", async () => {
    await using pool = backend.make({ workers: 4 });
    await expectShortCalls(pool);
    await using gate = new Gate();
    const all = pool.map(gated.hold, range(4).map(() => gate.words));
    await gate.entered(4);
    gate.open();
    await all;
  });

  check("parked: a call with an affinity key that runs long holds up the calls of its key only", async () => {
    await using pool = backend.make({ workers: 2 });
    await expectShortCalls(pool);
    await using gate = new Gate();
    const keyed = gated.holdOr.with({ affinityKey: "a" });
    const long = pool.submit(keyed, gate.words);
    await gate.entered();
    const behind = pool.submit(keyed, null);
    assertEquals(await within(MUST_HAPPEN, Promise.all(range(20).map(() => pool.submit(gated.holdOr, null)))), [
      ...range(20).map(() => false),
    ]);
    assertEquals([long.state, behind.state], ["running", "pending"]);
    gate.open();
    assertEquals(await within(MUST_HAPPEN, Promise.all([long, behind])), [true, false]);
  });

  // A barrier is shared memory, which does not reach a process (value_suite.ts has the error).
  for (const shrinks of sharedMemory ? [false, true] : []) {
    check(
      `parked: two calls meet at a barrier in a pool of two workers, of which ${
        shrinks ? "one has retired" : "none runs"
      }`,
      async () => {
        await using pool = backend.make({ workers: 2, ...shrinks && { minWorkers: 1, idleTimeout: 50 } });
        const meet = inline(async (barrier: Barrier) => await barrier.wait());
        await pool.submit(meet, new Barrier(1));
        if (shrinks) {
          await pool.ready();
          await until(() => pool.workerIds.length === 1, "a worker has retired");
        }
        const barrier = new Barrier(2);
        const places = await within(MUST_HAPPEN, Promise.all([pool.submit(meet, barrier), pool.submit(meet, barrier)]));
        assertEquals(places.sort(), [0, 1]);
      },
    );
  }

  if (parallel) {
    for (const calls of [0, 1, 5]) {
      check(`parked: after ${calls} short calls, calls that block their threads run side by side`, async () => {
        await using pool = backend.make({ workers: 3 });
        await expectShortCalls(pool, calls);
        await using gate = new Gate();
        const all = range(3).map((n) => pool.submit(gated.blockOr, gate.words, n));
        await gate.entered(3);
        gate.open();
        assertEquals(await Promise.all(all), [0, 1, 2]);
      });
    }

    for (const lanes of [1, 2, 8]) {
      check(
        `parked: concurrencyPerWorker ${lanes}: a blocked worker holds up no later call while another is free`,
        async () => {
          await using pool = backend.make({ workers: 2, concurrencyPerWorker: lanes });
          await pool.ready();
          await expectShortCalls(pool, 20);
          await using gate = new Gate();
          const blocked = pool.submit(gated.blockOr, gate.words, 0);
          await gate.entered();
          for (const n of range(20)) {
            const both = [pool.submit(gated.blockOr, null, n), pool.submit(gated.holdOr, null)];
            assertEquals(await within(MUST_HAPPEN, Promise.all<unknown>(both)), [n, false]);
          }
          assertEquals(await within(MUST_HAPPEN, pool.map(gated.holdOr, range(100).map(() => null))), [
            ...range(100).map(() => false),
          ]);
          assertEquals(blocked.state, "running");
          gate.open();
          await blocked;
        },
      );
    }
  }

  for (const how of ["cancel()", "its timeout"] as const) {
    check(
      `parked: concurrencyPerWorker: a worker with a call that ${how} stops gets no new call during the grace`,
      async () => {
        await using pool = backend.make({ workers: 2, concurrencyPerWorker: 4, killGrace: 60_000 });
        await using warm = new Gate();
        await Promise.all([pool.submit(gated.enter, warm.words), pool.submit(gated.enter, warm.words)]);
        await pool.ready();
        await using gate = new Gate();
        const task = how === "cancel()" ? gated.holdUntilGate : gated.holdUntilGate.with({ timeout: 20 });
        const doomed = pool.submit(task, gate.words);
        await gate.entered();
        const { workerId } = doomed;
        if (how === "cancel()") assert(doomed.cancel());
        await until(() => gate.read("NOTE") === 1, "its signal has fired");
        const ids = await within(
          MUST_HAPPEN,
          Promise.all([
            ...range(10).map(() => pool.submit(gated.enter, warm.words)),
            pool.map(gated.enter, range(10).map(() => warm.words)),
          ]),
        );
        assertEquals(ids.flat().filter((id) => id === workerId), []);
        gate.open();
        const { error } = await timed(within(MUST_HAPPEN, doomed.result()));
        expectError(error, how === "cancel()" ? CancelledError : TaskTimeoutError);
        // Its grace is over: the worker takes calls again.
        await until(
          async () => (await Promise.all(range(8).map(() => pool.submit(gated.enter, warm.words)))).includes(workerId!),
          "the worker takes calls again",
        );
      },
    );
  }
};
