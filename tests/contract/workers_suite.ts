import { assert, assertEquals, assertThrows } from "@std/assert";
import type { PoolOptions } from "@isopool/isopool";
import { Gate } from "../support/gate.ts";
import { MUST_HAPPEN, until, within } from "../support/within.ts";
import { gated, values } from "../fixtures/views.ts";
import { sized, type Suite } from "./backend.ts";
import { sharedWords } from "../support/words.ts";

/** How calls are spread over the workers, and the option `workers`. */
export const workersSuite: Suite = (backend, check) => {
  const { capabilities } = backend;

  for (const how of ["submit", "map"] as const) {
    check(`saturation by ${how}: 15 times the jobs, never more than max workers at once`, async () => {
      await using pool = backend.make({ workers: 3 });
      await using gate = new Gate();
      const jobs = Array.from({ length: 45 }, (): [typeof gate.words, number] => [gate.words, 3]);
      const all = how === "map" ? pool.starmap(gated.crowd, jobs) : jobs.map((job) => pool.submit(gated.crowd, ...job));
      await within(MUST_HAPPEN, "then" in all ? all : Promise.all(all));
      assertEquals([gate.count, gate.read("PEAK")], [45, 3]);
      assertEquals(pool.workerIds.length, 3);
    });
  }

  check("one idle worker is reused for sequential submits", async () => {
    await using pool = backend.make({ workers: 3 });
    await using gate = new Gate();
    const ids = new Set<number>();
    for (let n = 0; n < 20; n++) ids.add(await pool.submit(gated.enter, gate.words));
    assertEquals([ids.size, pool.workerIds.length], [1, 1]);
  });

  check("workers start when calls come in, at most one for each call", async () => {
    await using pool = backend.make({ workers: 4 });
    await using gate = new Gate();
    assertEquals(pool.workerIds, []);
    const futures = [pool.submit(gated.hold, gate.words), pool.submit(gated.hold, gate.words)];
    await gate.entered(2);
    assertEquals(pool.workerIds.length, 2);
    gate.open();
    await Promise.all(futures);
  });

  check("short calls do not wait behind a long one while another worker is idle", async () => {
    await using pool = backend.make({ workers: 2 });
    await pool.ready();
    await using gate = new Gate();
    const long = pool.submit(gated.hold, gate.words);
    await gate.entered();
    const short = Array.from({ length: 50 }, (_, n) => pool.submit(values.double, n));
    await within(MUST_HAPPEN, Promise.all(short));
    assertEquals(long.state, "running");
    gate.open();
    await long;
  });

  check("one worker runs calls in the order of submission", async () => {
    await using pool = backend.make({ workers: 1 });
    const log = sharedWords(101);
    await Promise.all(Array.from({ length: 100 }, (_, n) => pool.submit(values.note, log, n)));
    assertEquals([...log.subarray(1, 101)], Array.from({ length: 100 }, (_, n) => n));
  });

  check(`global state is ${capabilities.isolated ? "each worker's own" : "this isolate's"}`, async () => {
    const here = await import("../fixtures/tasks/values.ts");
    await using pool = backend.make({ workers: 1 });
    const one = await pool.submit(values.countCalls);
    const two = await pool.submit(values.countCalls);
    assertEquals(two.calls, one.calls + 1);
    await using other = backend.make({ workers: 1 });
    const elsewhere = await other.submit(values.countCalls);
    assertEquals(elsewhere.calls, capabilities.isolated ? 1 : two.calls + 1);
    assert(typeof here.countCalls === "function");
  });

  check("two pools do not disturb each other", async () => {
    await using gate = new Gate();
    await using one = backend.make({ workers: 1, name: "one" });
    await using two = backend.make({ workers: 1, name: "two" });
    const held = one.submit(gated.hold, gate.words, "one");
    await gate.entered();
    assertEquals(await within(MUST_HAPPEN, two.map(values.double, [1, 2, 3])), [2, 4, 6]);
    gate.open();
    assertEquals(await held, "one");
  });

  const length = sized(backend, 100_000);
  check(`${length} small calls of a map arrive, in order`, async () => {
    await using pool = backend.make({ workers: 2 });
    const results: number[] = await pool.map(values.double, Array.from({ length }, (_, n) => n));
    assertEquals(results.length, length);
    assert(results.every((value, n) => value === 2 * n));
  });

  check("a pool that has been idle for a while still works", async () => {
    await using pool = backend.make({ workers: 2 });
    await pool.map(values.double, [1, 2, 3]);
    const idleAt = performance.now();
    await until(() => performance.now() - idleAt > 300, "time passed");
    assertEquals(await pool.map(values.double, [1, 2, 3]), [2, 4, 6]);
  });

  for (const workers of [0, -1, 1.5, NaN, Infinity]) {
    check(`workers: ${workers} is a RangeError`, () => {
      assertThrows(() => backend.make({ workers }), RangeError, "`workers`");
      return Promise.resolve();
    });
  }

  // deno-lint-ignore no-explicit-any -- what a caller without types may pass
  const bad: [string, any, new () => Error][] = [
    ["workers", { workers: "x" }, TypeError],
    ["killGrace", { killGrace: -1 }, RangeError],
    ["name", { name: 5 }, TypeError],
    ["timout", { timout: 100 }, TypeError],
    ["permissions", { permissions: "all" }, TypeError],
  ];
  for (const [option, options, type] of bad) {
    check(`${JSON.stringify(options)} is a ${type.name} that names the option`, () => {
      const error = assertThrows(() => backend.make(options as PoolOptions), type);
      assert(error.message.includes(`\`${option}\``), error.message);
      return Promise.resolve();
    });
  }
};
