import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { gated, hooks, values } from "../fixtures/views.ts";
import { Gate } from "../support/gate.ts";
import { range } from "../support/range.ts";
import { MUST_HAPPEN, pause, within } from "../support/within.ts";
import { fewer, type Suite } from "./backend.ts";

/** `restart`: fresh workers in place of the old ones. */
export const restartSuite: Suite = (backend, check) => {
  const parallel = backend.capabilities.parallel;

  check(
    "restart() gives fresh workers with new ids and fresh state, and resolves when the old workers are gone",
    async () => {
      await using pool = backend.make({ workers: 2 });
      await pool.ready();
      const before = pool.workerIds;
      await within(MUST_HAPPEN, pool.restart());
      assert(pool.workerIds.every((id) => !before.includes(id)));
      const [one] = await pool.broadcast(hooks.look);
      assert(!before.includes(one.workerId));
      await within(MUST_HAPPEN, pool.restart());
      const [two] = await pool.broadcast(hooks.look);
      assertNotEquals(one.workerId, two.workerId);
      assertEquals(pool.stats().workers.crashed, 0);
    },
  );

  check("restart(): old workers finish their running calls; waiting calls go to fresh workers", async () => {
    await using gate = new Gate();
    await using pool = backend.make({ workers: 1 });
    const held = pool.submit(gated.hold, gate.words, "held");
    await gate.entered();
    const waiting = pool.submit(hooks.where, "waited");
    let restarted = false;
    const restart = pool.restart().then(() => restarted = true);
    await pause(30);
    assertEquals([restarted, held.state], [false, "running"]);
    gate.open();
    assertEquals(await within(MUST_HAPPEN, held), "held");
    await within(MUST_HAPPEN, restart);
    assertEquals(await within(MUST_HAPPEN, waiting), { workerId: 2, value: "waited" });
  });

  check("restart() under load loses nothing", async () => {
    await using pool = backend.make({ workers: 2 });
    const count = parallel ? fewer(backend, 5_000) : 1_000;
    const mapped = pool.map(values.double, range(count));
    const futures = range(100).map((n) => pool.submit(values.slowFirst, n));
    for (let round = 0; round < 4; round++) await within(MUST_HAPPEN, pool.restart());
    assertEquals(await within(MUST_HAPPEN, mapped), range(count).map((n) => 2 * n));
    assertEquals(await within(MUST_HAPPEN, Promise.all(futures)), range(100));
    assertEquals(pool.stats().tasks.failed, 0);
  }, { deadline: 60_000 });

  check("restart() of an unused pool resolves, also twice at once", async () => {
    await using pool = backend.make({ workers: 2 });
    await within(MUST_HAPPEN, pool.restart());
    await pool.ready();
    await within(MUST_HAPPEN, Promise.all([pool.restart(), pool.restart()]));
    assertEquals(await pool.submit(values.double, 2), 4);
  });

  check("restart() settles when its pool is closed or terminated meanwhile", async () => {
    for (const how of ["close", "terminate"] as const) {
      await using gate = new Gate();
      const pool = backend.make({ workers: 1, killGrace: 20 });
      const held = pool.submit(gated.hold, gate.words).then(() => {}, () => {});
      await gate.entered();
      const restart = pool.restart();
      const end = pool[how]();
      if (how === "close") gate.open();
      await within(MUST_HAPPEN, Promise.all([restart, end, pool.join(), held]));
    }
  });

  check("broadcast() while old workers are ending reaches every fresh worker", async () => {
    await using pool = backend.make({ workers: 2 });
    await pool.ready();
    const restart = pool.restart();
    const looks = await within(MUST_HAPPEN, pool.broadcast(hooks.look));
    assertEquals(new Set(looks.map(({ workerId }: { workerId: number }) => workerId)), new Set([3, 4]));
    await within(MUST_HAPPEN, restart);
  });
};
