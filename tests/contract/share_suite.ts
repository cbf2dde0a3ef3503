import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { IsopoolError, PoolClosedError, TransferError } from "@isopool/isopool";
import { gated, streams, values } from "../fixtures/views.ts";
import { Gate } from "../support/gate.ts";
import { MUST_HAPPEN, within } from "../support/within.ts";
import type { Suite } from "./backend.ts";

const table = Array.from({ length: 1000 }, (_, n) => n * n);

/** `share`: values that each worker gets once. */
export const shareSuite: Suite = (backend, check) => {
  const hasOwnWorkers = backend.capabilities.engine !== "cluster";
  check("a shared value is an argument of submit, map, starmap, stream and broadcast", async () => {
    await using pool = backend.make({ workers: 2 });
    using shared = pool.share(table);
    assertEquals(await pool.submit(streams.lookUp, shared, 7), 49);
    const lists = Array.from({ length: 50 }, (_, n): [typeof shared, number] => [shared, n]);
    assertEquals(await pool.starmap(streams.lookUp, lists), table.slice(0, 50));
    // deno-lint-ignore no-explicit-any -- the item itself may be one, which the types of map do not say
    assertEquals(await pool.map(values.first, [shared, [5]] as any), [0, 5]);
    assertEquals(await pool.stream(streams.sumWith, shared, 3), [1000, 1001, 1002]);
    if (hasOwnWorkers) assertEquals(await pool.broadcast(streams.lookUp, shared, 3), [9, 9]);
  });

  check("all calls of a worker get the same object, and the value as it was when it was shared", async () => {
    await using pool = backend.make({ workers: 1 });
    const value = { n: 1 };
    using shared = pool.share(value);
    if (backend.capabilities.isolated) value.n = 2;
    assertEquals(await pool.submit(values.echo, shared), { n: 1 });
    const same = await pool.map(streams.same, Array.from({ length: 20 }, () => shared) as unknown as object[]);
    assertEquals(same, new Array(20).fill(backend.capabilities.isolated || same[0]));
    const back = await pool.submit(values.echo, shared);
    assertEquals(back as unknown === value, !backend.capabilities.isolated);
  });

  check("a shared value is copied once for the pool and once for each worker, however many calls have it", async () => {
    let clones = 0;
    const counted = Object.defineProperty({}, "n", { enumerable: true, get: () => ++clones });
    await using pool = backend.make({ workers: 2 });
    using shared = pool.share(counted);
    const isolated = backend.capabilities.isolated;
    assertEquals(clones, isolated ? 2 : 0, "read once for the check, and once for the copy");
    const before = clones;
    await Promise.all(Array.from({ length: 100 }, () => pool.submit(values.count, shared)));
    await pool.starmap(values.count, Array.from({ length: 100 }, () => [shared]));
    assertEquals(clones, before);
  });

  check("a handle that was disposed of is refused at the call, or where a map reads it", async () => {
    await using pool = backend.make({ workers: 1 });
    const shared = pool.share(table);
    shared[Symbol.dispose]();
    shared[Symbol.dispose]();
    assertThrows(() => pool.submit(streams.lookUp, shared, 1), IsopoolError, "disposed of");
    assertThrows(() => pool.stream(streams.sumWith, shared, 1), IsopoolError, "disposed of");
    if (hasOwnWorkers) {
      assertThrows(() => pool.broadcast(streams.lookUp, shared, 1), IsopoolError, "disposed of");
    }
    await assertRejects(
      async () => await pool.starmap(streams.lookUp, [[shared, 1]]),
      IsopoolError,
      "disposed of",
    );
    assertEquals(await pool.submit(values.double, 1), 2);
  });

  check("calls that were submitted before dispose still get the value", async () => {
    await using pool = backend.make({ workers: 1 });
    await using gate = new Gate();
    const running = pool.submit(gated.hold, gate.words);
    await gate.entered();
    let futures;
    {
      using shared = pool.share(table);
      futures = [1, 2, 3].map((n) => pool.submit(streams.lookUp, shared, n));
    }
    gate.open();
    await running;
    assertEquals(await within(MUST_HAPPEN, Promise.all(futures)), [1, 4, 9]);
  });

  if (backend.capabilities.isolated) {
    check("a worker frees a disposed value, also when its calls come after that", async () => {
      await using pool = backend.make({ workers: 1 });
      for (const late of [false, true]) {
        await using gate = new Gate();
        await using done = new Gate();
        const running = late ? pool.submit(gated.hold, gate.words) : undefined;
        if (late) await gate.entered();
        const shared = pool.share({ big: new Array(100_000).fill(1) });
        const call = pool.submit(streams.remember, shared, done.words);
        if (!late) await call;
        shared[Symbol.dispose]();
        gate.open();
        await Promise.all([running, call]);
        let gone = false;
        for (let n = 0; n < 50 && !gone; n++) gone = await pool.submit(streams.isGone);
        assert(gone, late ? "kept after a late call" : "kept");
      }
    });

    check("a handle inside an argument is refused, not sent as an empty object", async () => {
      await using pool = backend.make({ workers: 1 });
      using shared = pool.share(table);
      const error = await pool.submit(values.echo, { deep: shared }).exception();
      assertEquals((error as Error).name, "TransferError");
      assert((error as Error).message.includes("args[0].deep"), String(error));
      assert((error as Error).message.includes("make it an argument itself"), String(error));
    });

    check("a value that cannot be copied is refused when it is shared", async () => {
      await using pool = backend.make({ workers: 1 });
      assertThrows(() => pool.share({ list: [1, () => {}] }), TransferError, ".list[1]");
    });

    check("a later worker gets the value, too: after a crash, and after restart()", async () => {
      await using pool = backend.make({ workers: 1 });
      using shared = pool.share(table);
      assertEquals(await pool.submit(streams.lookUp, shared, 2), 4);
      const [first] = pool.workerIds;
      await pool.submit(streams.exitAt, first).exception();
      assertEquals(await within(MUST_HAPPEN, pool.submit(streams.lookUp, shared, 3)), 9);
      if (hasOwnWorkers) await within(MUST_HAPPEN, pool.restart());
      assertEquals(await within(MUST_HAPPEN, pool.submit(streams.lookUp, shared, 4)), 16);
    });
  }

  check("share() on a closed pool is refused", async () => {
    const pool = backend.make({ workers: 1 });
    await pool.shutdown();
    assertThrows(() => pool.share(table), PoolClosedError);
  });
};
