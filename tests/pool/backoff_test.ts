/** Retries with backoff and jitter: the waits between attempts, on threads and on this thread, in calls and in maps. */
import { assert, assertEquals } from "@std/assert";
import { Pool, type RetryOptions } from "@isopool/isopool";
import { streams } from "../fixtures/views.ts";
import { MUST_HAPPEN, test, within } from "../support/within.ts";

/** How much later than planned an attempt may start on a busy machine, in milliseconds. */
const LATE = 3_000;
const stamps = () => new Float64Array(new SharedArrayBuffer(8 * 8));

function pausesOf(log: Float64Array, attempts: number): number[] {
  return Array.from({ length: attempts - 1 }, (_, n) => log[n + 2] - log[n + 1]);
}

function assertPauses(pauses: number[], least: number[], most = least): void {
  // Date.now() has a resolution of 1 ms; a timer may count from a little before.
  pauses.forEach((pause, n) => assert(pause >= least[n] - 3 && pause < most[n] + LATE, `${pauses} for ${least}`));
  assertEquals(pauses.length, least.length);
}

for (const backend of ["async", "worker"] as const) {
  test(`${backend}: without jitter, waits grow by the multiplier up to maxTimeout`, async () => {
    await using pool = new Pool({ backend, workers: 2 });
    const retry: RetryOptions = { maxAttempts: 5, minTimeout: 40, multiplier: 2, maxTimeout: 120, jitter: 0 };
    const log = stamps();
    assertEquals(await within(MUST_HAPPEN, pool.submit(streams.stampUntil.with({ retry }), 5, log)), 5);
    assertPauses(pausesOf(log, 5), [40, 80, 120, 120]);
    const logs = [stamps(), stamps(), stamps()];
    const lists = logs.map((log, n): [number, Float64Array] => [n + 1, log]);
    assertEquals(await within(MUST_HAPPEN, pool.starmap(streams.stampUntil, lists, { retry })), [1, 2, 3]);
    logs.forEach((log, n) => assertPauses(pausesOf(log, n + 1), [40, 80].slice(0, n)));
  });

  test(`${backend}: with jitter, waits stay between 0 and the planned wait, and differ`, async () => {
    await using pool = new Pool({ backend, workers: 4 });
    const retry: RetryOptions = { maxAttempts: 2, minTimeout: 200, maxTimeout: 200, jitter: 1 };
    const logs = Array.from({ length: 16 }, stamps);
    const lists = logs.map((log): [number, Float64Array] => [2, log]);
    await within(MUST_HAPPEN, pool.starmap(streams.stampUntil, lists, { retry, chunkSize: 1 }));
    const pauses = logs.map((log) => pausesOf(log, 2)[0]);
    for (const pause of pauses) assertPauses([pause], [0], [200]);
    assert(Math.max(...pauses) - Math.min(...pauses) > 20, `no jitter: ${pauses}`);
  });
}
