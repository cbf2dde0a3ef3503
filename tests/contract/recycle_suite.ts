import { assertEquals, assertMatch, assertNotEquals, assertThrows } from "@std/assert";
import { inline } from "@isopool/isopool";
import { range } from "../support/range.ts";
import { MUST_HAPPEN, until, within } from "../support/within.ts";
import { hooks, values } from "../fixtures/views.ts";
import type { Suite } from "./backend.ts";

const LIMIT = 64 * 2 ** 20;

/** Keeps 100 MB for as long as its worker lives, or what is asked for, in buffers or in the heap. */
const leak = inline((megabytes: number, place: "buffers" | "heap") => {
  const kept = (globalThis as { kept?: unknown[] }).kept ??= [];
  if (place === "buffers") kept.push(new Uint8Array(megabytes * 1e6).fill(1));
  else kept.push(Array.from({ length: megabytes * 125_000 }, (_, n) => n + 0.5));
});

/** Keeps 100 MB, and waits. */
const leakAndWait = inline(async (ms: number) => {
  (globalThis as { kept?: unknown }).kept = new Uint8Array(100e6).fill(1);
  await new Promise((resolve) => setTimeout(resolve, ms));
  return "ended";
});

/** `recycleAt`: workers whose memory has grown. */
export const recycleSuite: Suite = (backend, check) => {
  if (!backend.capabilities.isolated) {
    check("recycleAt is refused: this backend's tasks have no memory of their own", () => {
      const error = assertThrows(() => backend.make({ recycleAt: LIMIT }), TypeError);
      assertMatch(error.message, /`recycleAt` needs workers with memory of their own, not "async": leave it out/);
      return Promise.resolve();
    });
    return;
  }

  for (const place of ["buffers", "heap"] as const) {
    check(`recycleAt 64 MiB: a worker that has kept 100 MB in ${place} is replaced, and no call fails`, async () => {
      await using pool = backend.make({ workers: 1, minWorkers: 1, recycleAt: LIMIT });
      const { workerId } = await pool.submit(hooks.where, 0);
      await pool.submit(leak, 100, place);
      await until(() => pool.workerIds.length === 1 && pool.workerIds[0] !== workerId, "another worker is there");
      assertEquals(await within(MUST_HAPPEN, pool.map(values.double, range(100))), range(100).map((n) => 2 * n));
      assertEquals([pool.stats().workers.crashed, pool.stats().tasks.failed], [0, 0]);
    });
  }

  check("recycleAt: a call that runs ends on its worker; the one behind it runs on another", async () => {
    await using pool = backend.make({ workers: 1, recycleAt: LIMIT });
    const { workerId } = await pool.submit(hooks.where, 0);
    // The worker checks its memory several times while the call waits.
    const running = pool.submit(leakAndWait, 500);
    await until(() => running.state === "running", "the call runs");
    const behind = pool.submit(hooks.where, 1);
    assertEquals(await within(MUST_HAPPEN, running), "ended");
    assertNotEquals((await within(MUST_HAPPEN, behind)).workerId, workerId);
    assertEquals([pool.stats().workers.started, pool.stats().workers.crashed], [2, 0]);
  });

  check("recycleAt: workers that are too large from their start on run each call, and the pool goes on", async () => {
    await using pool = backend.make({ workers: 1, recycleAt: LIMIT, initializer: leak, initArgs: [100, "buffers"] });
    for (const n of range(3)) {
      assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, n)), 2 * n);
      await until(() => pool.workerIds.length === 0, "the worker is replaced when it is needed");
    }
    assertEquals([pool.stats().workers.started, pool.stats().workers.crashed], [3, 0]);
  });

  check("recycleAt: a worker that stays small is not replaced", async () => {
    await using pool = backend.make({ workers: 1, recycleAt: 2 ** 30 });
    const { workerId } = await pool.submit(hooks.where, 0);
    assertEquals(await pool.submit(leakAndWait, 500), "ended");
    assertEquals((await pool.submit(hooks.where, 1)).workerId, workerId);
  });
};
