import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { CancelledError, PoolClosedError, QueueFullError } from "@isopool/isopool";
import { Gate } from "../support/gate.ts";
import { range } from "../support/range.ts";
import { MUST_HAPPEN, pause, within } from "../support/within.ts";
import { gated, values } from "../fixtures/views.ts";
import type { AnyPool, Suite } from "./backend.ts";

/** `maxQueue` and `room`. */
export const queueSuite: Suite = (backend, check) => {
  check(
    "maxQueue: one call more is a QueueFullError that names the way out, and moves none of its arguments",
    async () => {
      await using gate = new Gate();
      await using pool = backend.make({ workers: 1, maxQueue: 2, name: "small" });
      const futures = range(3).map((n) => pool.submit(gated.hold, gate.words, n));
      const buffer = new ArrayBuffer(16);
      const task = values.byteLength.with({ transfer: [buffer] });
      const { message } = assertThrows(() => pool.submit(task, buffer), QueueFullError) as Error;
      for (const part of ["small", "`maxQueue` of 2", "room()"]) assert(message.includes(part), message);
      assertThrows(() => pool.apply(task, [buffer]), QueueFullError);
      assertThrows(() => pool.applyAsync(task, [buffer]), QueueFullError);
      assertEquals([buffer.byteLength, buffer.detached], [16, false]);
      gate.open();
      assertEquals(await within(MUST_HAPPEN, Promise.all(futures)), range(3));
      assertEquals(await within(MUST_HAPPEN, pool.submit(task, buffer)), 16);
    },
  );

  check("maxQueue: 0 lets in as many calls as run at once; maps do not count", async () => {
    await using gate = new Gate();
    // Hosts run one call at a time on each of their workers.
    const four = backend.capabilities.engine === "cluster" ? { workers: 4 } : { workers: 2, concurrencyPerWorker: 2 };
    await using pool = backend.make({ ...four, maxQueue: 0 });
    const futures = range(4).map((n) => pool.submit(gated.hold, gate.words, n));
    assertThrows(() => pool.submit(values.double, 1), QueueFullError);
    const mapped = pool.map(values.double, range(100));
    gate.open();
    assertEquals(await within(MUST_HAPPEN, mapped), range(100).map((n) => 2 * n));
    await Promise.all(futures);
  });

  check("maxQueue: cancelled and failed calls make room", async () => {
    await using gate = new Gate();
    await using pool = backend.make({ workers: 1, maxQueue: 1 });
    const [running, waiting] = range(2).map((n) => pool.submit(gated.hold, gate.words, n));
    assertThrows(() => pool.submit(values.double, 1), QueueFullError);
    waiting.cancel();
    const failing = pool.submit(values.failOdd, 1);
    gate.open();
    await within(MUST_HAPPEN, Promise.all([running, failing.exception()]));
    await within(MUST_HAPPEN, pool.room());
    assertEquals(await pool.submit(values.double, 1), 2);
  });

  for (const maxQueue of [0, 1, 5]) {
    check(
      `room(): 40 producers submit to a pool with maxQueue: ${maxQueue}, in the order in which they asked`,
      async () => {
        await using pool = backend.make({ workers: 2, maxQueue });
        await pool.ready();
        const order: number[] = [];
        const producers = range(40).map(async (n) => {
          const sums: number[] = [];
          for (let round = 0; round < 3; round++) {
            await pool.room();
            if (round === 0) order.push(n);
            sums.push(await pool.submit(values.add, n, round));
          }
          return sums;
        });
        assertEquals(await within(MUST_HAPPEN, Promise.all(producers)), range(40).map((n) => [n, n + 1, n + 2]));
        assertEquals(order, range(40));
      },
    );
  }

  check("room(): a caller that does not submit does not delay the others", async () => {
    await using gate = new Gate();
    await using pool = backend.make({ workers: 1, maxQueue: 0 });
    const running = pool.submit(gated.hold, gate.words);
    const admitted: number[] = [];
    const waits = range(5).map((n) => pool.room().then(() => void admitted.push(n)));
    await gate.entered();
    assertEquals(admitted, []);
    gate.open();
    await within(MUST_HAPPEN, Promise.all(waits));
    assertEquals(admitted, range(5));
    await running;
  });

  check("room(): resize() up makes room", async () => {
    await using gate = new Gate();
    await using pool = backend.make({ workers: 1, maxQueue: 0 });
    const running = pool.submit(gated.hold, gate.words);
    const room = pool.room();
    pool.resize(2);
    await within(MUST_HAPPEN, room);
    assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 2)), 4);
    gate.open();
    await running;
  });

  check("room() of a pool without maxQueue never waits", async () => {
    await using gate = new Gate();
    await using pool = backend.make({ workers: 1 });
    const futures = range(50).map((n) => pool.submit(gated.hold, gate.words, n));
    await within(MUST_HAPPEN, Promise.all(range(10).map(() => pool.room())));
    gate.open();
    await Promise.all(futures);
  });

  const ends: [string, (pool: AnyPool) => unknown, new () => Error][] = [
    ["close()", (pool) => pool.close(), PoolClosedError as never],
    ["terminate()", (pool) => pool.terminate(), CancelledError as never],
    ["leaving the block", (pool) => pool[Symbol.asyncDispose](), PoolClosedError as never],
  ];
  for (const [how, end, type] of ends) {
    check(`a waiting room() rejects at ${how}, and is refused after it`, async () => {
      await using gate = new Gate();
      const pool = backend.make({ workers: 1, maxQueue: 0, killGrace: 20 });
      const running = pool.submit(gated.hold, gate.words).then(() => {}, () => {});
      await gate.entered();
      const rooms = range(3).map(() => assertRejects(() => pool.room(), type));
      await pause(5);
      const ended = end(pool);
      await within(MUST_HAPPEN, Promise.all(rooms));
      await assertRejects(() => pool.room(), PoolClosedError);
      gate.open();
      await within(MUST_HAPPEN, Promise.all([ended, running, pool.join()]));
    });
  }
};
