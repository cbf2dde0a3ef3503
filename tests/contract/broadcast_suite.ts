import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { inline, PoolClosedError, WorkerCrashedError } from "@isopool/isopool";
import { gated, streams, values } from "../fixtures/views.ts";
import { expectError } from "../support/expect.ts";
import { Gate } from "../support/gate.ts";
import { MUST_HAPPEN, within } from "../support/within.ts";
import type { Suite } from "./backend.ts";
import { settledWorkers, sized } from "./backend.ts";
import { sharedWords } from "../support/words.ts";

/** Ends its worker when the call has ended. */
const exitLater = inline(() => void setTimeout(() => Deno.exit(5)));

/** `broadcast`: one call on each worker. */
export const broadcastSuite: Suite = (backend, check) => {
  const settled = settledWorkers(backend, check);
  check("broadcast() runs once on each worker, and starts the missing workers", async () => {
    await using pool = backend.make({ workers: 3 });
    const ids = await within(MUST_HAPPEN, pool.broadcast(streams.worker));
    assertEquals(ids.toSorted(), [...pool.workerIds].toSorted());
    assertEquals(ids.length, 3);
    assertEquals((await pool.broadcast(streams.worker)).toSorted(), ids.toSorted());
  });

  check("broadcast() reaches each worker of a busy pool, with a long map before and after it", async () => {
    await using pool = backend.make({ workers: 2 });
    const length = sized(backend, 20_000);
    const items = Array.from({ length }, (_, n) => n);
    const before = pool.map(values.double, items);
    const ids = pool.broadcast(streams.worker);
    const after = pool.map(values.double, items);
    assertEquals(new Set(await within(MUST_HAPPEN, ids)).size, 2);
    assertEquals((await before).length + (await after).length, 2 * length);
  });

  settled("broadcast() waits for a worker that holds a long call", async () => {
    await using pool = backend.make({ workers: 2 });
    await using gate = new Gate();
    const running = pool.submit(gated.hold, gate.words);
    await gate.entered();
    let done = false;
    const ids = pool.broadcast(streams.worker).finally(() => done = true);
    assertEquals(await pool.submit(values.double, 2), 4);
    assertEquals(done, false);
    gate.open();
    await running;
    assertEquals(new Set(await within(MUST_HAPPEN, ids)).size, 2);
  });

  check("broadcast() rejects with the failure of one call; the pool goes on", async () => {
    await using pool = backend.make({ workers: 2 });
    await assertRejects(() => pool.broadcast(values.failOdd, 1), RangeError, "odd: 1");
    assertEquals(await pool.broadcast(values.double, 4), [8, 8]);
  });

  check("maxQueue does not limit broadcast(): it reaches each worker", async () => {
    await using pool = backend.make({ workers: 2, maxQueue: 0 });
    await using gate = new Gate();
    const running = pool.submit(gated.hold, gate.words);
    await gate.entered();
    const ids = pool.broadcast(streams.worker);
    gate.open();
    await running;
    assertEquals((await within(MUST_HAPPEN, ids)).length, 2);
  });

  check("two broadcasts run on each worker in the order of their submission", async () => {
    await using pool = backend.make({ workers: 2 });
    const log = sharedWords(64);
    const all = Array.from({ length: 10 }, (_, n) => pool.broadcast(values.note, log, n + 1));
    await within(MUST_HAPPEN, Promise.all(all));
    const seen = [...log.subarray(1, 21)];
    assertEquals(seen.toSorted((a, b) => a - b), Array.from({ length: 20 }, (_, n) => Math.floor(n / 2) + 1));
  });

  if (backend.capabilities.isolated) {
    settled("broadcast() with a worker that dies: WorkerCrashedError, and the others have run", async () => {
      await using pool = backend.make({ workers: 2 });
      await pool.ready();
      const [first] = pool.workerIds;
      const error = await within(MUST_HAPPEN, assertRejects(() => pool.broadcast(streams.exitAt, first)));
      expectError(error, WorkerCrashedError);
      assertEquals((await within(MUST_HAPPEN, pool.broadcast(streams.worker))).length, 2);
    });

    check(
      "broadcast() right after a worker has ended itself, which the pool does not know yet: one result each",
      async () => {
        await using pool = backend.make({ workers: 2 });
        await pool.broadcast(streams.worker);
        await pool.submit(exitLater);
        // The worker ends, and its event cannot reach this event loop, which is blocked.
        for (const end = performance.now() + 500; performance.now() < end;);
        assertEquals(new Set(await within(MUST_HAPPEN, pool.broadcast(streams.worker))).size, 2);
      },
    );

    check(
      "a broadcast() that waits for dying workers runs on their successors, once on each",
      async () => {
        await using pool = backend.make({ workers: 2 });
        await pool.ready();
        await using gate = new Gate();
        const doomed = Promise.allSettled([1, 2].map(() => pool.submit(streams.dieAtGate, gate.words)));
        await gate.entered(2);
        const waiting = pool.broadcast(streams.worker);
        gate.open();
        const ids = await within(MUST_HAPPEN, waiting);
        assertEquals(new Set(ids).size, 2);
        await doomed;
        assertEquals((await within(MUST_HAPPEN, pool.broadcast(streams.worker))).toSorted(), ids.toSorted());
      },
    );
  }

  check("broadcast() on a closed pool is refused", async () => {
    const pool = backend.make({ workers: 1 });
    await pool.shutdown();
    assertThrows(() => pool.broadcast(values.double, 1), PoolClosedError);
  });
};
