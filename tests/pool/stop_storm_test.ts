/**
 * Calls without any limit beside calls that are stopped by force, on the same workers. The stopped
 * calls end about when their workers are killed: just before, then the worker has started an innocent call meanwhile.
 */
import { assertEquals } from "@std/assert";
import { inline, Pool, type PoolOptions, TaskTimeoutError, WorkerCrashedError } from "@isopool/isopool";
import { expectError } from "../support/expect.ts";
import { leavesNothing } from "../support/leaks.ts";
import { test, within } from "../support/within.ts";
import { rounds } from "../support/rounds.ts";

const TIMEOUT = 8;
const GRACE = 4;
/** A storm ends after STOPS stops, or after DURATION milliseconds on a machine that does other things, too. */
const STOPS = rounds(20, 60);
const DURATION = rounds(4_000, 8_000);
/** Least number of stops that say anything. */
const LEAST = 6;
/** Bound of one storm in milliseconds: one round may still run when its time is up. */
const BOUND = 90_000;

const late = inline(async (ms: number) => await new Promise<void>((resolve) => setTimeout(resolve, ms)));
const lateSync = inline((ms: number) => {
  for (const end = performance.now() + ms; performance.now() < end;);
});
const nap = inline(async (n: number) => {
  await new Promise((resolve) => setTimeout(resolve, 1));
  return n;
});
const spin = inline((n: number) => {
  for (const end = performance.now() + 0.3; performance.now() < end;);
  return n;
});

/** Runs one storm. */
async function storm(options: Omit<PoolOptions, "backend">, retry: number): Promise<void> {
  await using pool = new Pool({ ...options, killGrace: GRACE });
  const { concurrencyPerWorker: lanes = 1 } = options;
  await pool.ready();
  const [napping, spinning] = [nap.with({ retry }), spin.with({ retry })];
  // Short calls first: from now on, workers are given several calls at a time.
  await pool.map(spinning, Array.from({ length: 50 }, (_, n) => n));
  let stopped = 0;
  const end = performance.now() + DURATION;
  for (let round = 0; stopped < STOPS && (performance.now() < end || stopped < LEAST); round++) {
    const culprits = [late, lateSync].map((task, i) =>
      pool.submit(task.with({ timeout: TIMEOUT }), TIMEOUT + GRACE - 2 + 4 * ((round * 7 + i * 3) % 20) / 20)
    );
    const innocent = Promise.all([
      ...[1, 2, 3].flatMap((n) => [pool.submit(napping, n), pool.submit(spinning, n)]),
      pool.submit(napping.with({ affinityKey: round % 3 }), 4),
      pool.map(spinning, [5, 6, 7, 8]),
      pool.map(napping, [9, 10], { chunkSize: 2 }),
    ]);
    for (const end of await Promise.allSettled(culprits)) {
      if (end.status === "fulfilled") continue;
      // Side by side, a call with a limit may be lost with its neighbour, as any other.
      if (lanes === 1 || !(end.reason instanceof WorkerCrashedError)) expectError(end.reason, TaskTimeoutError);
      stopped++;
    }
    assertEquals(await innocent, [1, 1, 2, 2, 3, 3, 4, [5, 6, 7, 8], [9, 10]]);
  }
}

const ENGINES: [string, Omit<PoolOptions, "backend">][] = [["threads", {}], ["scoped", { permissions: "none" }]];

for (const [name, engine] of ENGINES) {
  for (const workers of [1, 3]) {
    test(
      `${name}, ${workers} workers: calls that are stopped by force take no innocent call along (bound: 90 s)`,
      async () => {
        await within(BOUND, storm({ ...engine, workers }, 0));
      },
      { deadline: BOUND + 5_000 },
    );
  }

  test(
    `${name}, concurrencyPerWorker 3: what runs beside a call that is stopped runs again under retry (bound: 90 s)`,
    async () => {
      await within(BOUND, storm({ ...engine, workers: 2, concurrencyPerWorker: 3 }, 20));
    },
    { deadline: BOUND + 5_000 },
  );
}

leavesNothing();
