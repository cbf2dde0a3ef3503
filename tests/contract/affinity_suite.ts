import { assert, assertEquals } from "@std/assert";
import { gated, streams, values } from "../fixtures/views.ts";
import { Gate } from "../support/gate.ts";
import { range } from "../support/range.ts";
import { MUST_HAPPEN, pause, until, within } from "../support/within.ts";
import { settledWorkers, type Suite } from "./backend.ts";

/** `affinityKey`: calls of one key run on one worker. */
export const affinitySuite: Suite = (backend, check) => {
  const settled = settledWorkers(backend, check);
  check("affinityKey: calls of one key run on one worker, and find its state", async () => {
    await using pool = backend.make({ workers: 3 });
    const keys = range(30).map((n) => `key ${n % 5}`);
    const all = keys.map((key) => pool.submit(streams.visit.with({ affinityKey: key }), key));
    const visits = await within(MUST_HAPPEN, Promise.all(all));
    for (let n = 0; n < 5; n++) {
      const own = visits.filter((_, i) => i % 5 === n);
      assertEquals(new Set(own.map(({ workerId }) => workerId)).size, 1);
      assertEquals(own.map(({ visits }) => visits), [1, 2, 3, 4, 5, 6]);
    }
  });

  check("affinityKey: simultaneous new keys are spread over the workers", async () => {
    await using pool = backend.make({ workers: 3 });
    await using gate = new Gate();
    const all = range(9).map((n) => pool.submit(gated.hold.with({ affinityKey: n }), gate.words));
    await gate.entered(3);
    gate.open();
    await within(MUST_HAPPEN, Promise.all(all));
    const load = new Map<number, number>();
    for (const { workerId } of all) load.set(workerId!, (load.get(workerId!) ?? 0) + 1);
    assertEquals([...load.values()], [3, 3, 3]);
  });

  check("affinityKey: a map and a call with the same key run on the same worker", async () => {
    await using pool = backend.make({ workers: 2 });
    const visit = streams.visit.with({ affinityKey: 7 });
    const ids = (await pool.map(visit, range(50).map(() => "k"))).map(({ workerId }) => workerId);
    const { workerId, visits } = await pool.submit(visit, "k");
    assertEquals([new Set([...ids, workerId]).size, visits], [1, 51]);
  });

  check("affinityKey: a new key finds a worker while every worker has a long map of its own", async () => {
    await using pool = backend.make({ workers: 2 });
    const maps = range(6).map((key) => pool.map(values.double.with({ affinityKey: key }), range(300)));
    const doubled = range(300).map((n) => 2 * n);
    assertEquals(await within(MUST_HAPPEN, Promise.all(maps)), range(6).map(() => doubled));
  });

  check("affinityKey: an idle worker does not take over calls bound to another worker", async () => {
    await using pool = backend.make({ workers: 2 });
    // A scoped pool replaces its workers for a task of a module that it has not met.
    await pool.submit(values.double, 1);
    await pool.submit(gated.holdOr, null);
    await pool.ready();
    await using gate = new Gate();
    // Quick calls first: the pool measures them, and then sends many calls ahead.
    await pool.map(gated.holdOr, range(200).map(() => null));
    let starts = 0;
    pool.addEventListener("taskstart", ({ detail }) => void (detail.task === "holdOr" && starts++));
    const task = gated.holdOr.with({ affinityKey: "k" });
    const all = [pool.submit(task, gate.words), ...range(60).map(() => pool.submit(task, null))];
    await gate.entered();
    assertEquals(await within(MUST_HAPPEN, pool.map(values.double, range(100))), range(100).map((n) => 2 * n));
    await pause(50); // Time in which the pool could move calls to the idle worker.
    assertEquals(all.filter(({ done }) => done).length, 0);
    gate.open();
    await within(MUST_HAPPEN, Promise.all(all));
    assertEquals(starts, 61, "calls were taken back and sent again");
    assertEquals(new Set(all.map(({ workerId }) => workerId)).size, 1);
  });

  settled("affinityKey: pause and resume keep the worker", async () => {
    await using pool = backend.make({ workers: 2 });
    const visit = streams.visit.with({ affinityKey: "k" });
    const { workerId } = await pool.submit(visit, "k");
    pool.pause();
    const all = range(10).map(() => pool.submit(visit, "k"));
    const others = pool.map(values.double, range(10));
    pool.resume();
    const visits = await within(MUST_HAPPEN, Promise.all(all));
    assertEquals(visits.map(({ visits }) => visits), range(10).map((n) => n + 2));
    assertEquals(new Set(visits.map((visit) => visit.workerId)), new Set([workerId]));
    assertEquals((await others).length, 10);
  });

  check("affinityKey: after restart() and resize() the key has another worker, and nothing is lost", async () => {
    await using pool = backend.make({ workers: 3 });
    await pool.ready();
    const visit = streams.visit.with({ affinityKey: "k" });
    const before = await pool.submit(visit, "k");
    const all = range(20).map(() => pool.submit(visit, "k"));
    await within(MUST_HAPPEN, pool.restart());
    await within(MUST_HAPPEN, Promise.all(all));
    const after = await pool.submit(visit, "k");
    assert(after.workerId !== before.workerId);
    const keys = range(12).map((n) => pool.submit(streams.visit.with({ affinityKey: n }), "k"));
    pool.resize(1);
    const ids = await within(MUST_HAPPEN, Promise.all(keys));
    assertEquals(ids.length, 12);
    await until(() => pool.workerIds.length === 1, "two workers have left");
    assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 1)), 2);
    assertEquals((await pool.submit(visit, "k")).workerId, pool.workerIds[0]);
  });

  if (backend.capabilities.isolated) {
    check("affinityKey: after the death of its worker, the key and its waiting calls move to another", async () => {
      await using pool = backend.make({ workers: 2 });
      await using gate = new Gate();
      const keyed = { affinityKey: "k" };
      const doomed = pool.submit(streams.dieAtGate.with(keyed), gate.words);
      await gate.entered();
      const all = range(10).map(() => pool.submit(streams.visit.with(keyed), "k"));
      gate.open();
      assert(await doomed.exception() instanceof Error);
      const visits = await within(MUST_HAPPEN, Promise.all(all));
      assertEquals(new Set(visits.map(({ workerId }) => workerId)).size, 1);
      assert(visits[0].workerId !== doomed.workerId);
      assertEquals(visits.map(({ visits }) => visits), range(10).map((n) => n + 1));
    });
  }
};
