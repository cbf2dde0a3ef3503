/**
 * Limits, cancels, retries, rates, priorities and progress, as items of the soak test of clusters.
 *
 * @module
 */
import type { Item } from "./cluster.ts";
import { cpuTime, own, pause, spread, TestCluster, within } from "./cluster_kit.ts";

const gaps = (times: readonly number[]) => times.slice(1).map((ms, i) => ms - times[i]);

export const CALLS: readonly Item[] = [
  {
    name: "long",
    required: "a 30 s CPU loop under a 5 s lock runs once",
    async run() {
      await using testCluster = await TestCluster.start(2, 1, { retry: 3 });
      const ms = await within(90_000, testCluster.pool.submit(own.compute, testCluster.file, 30_000));
      const runs = (await testCluster.lines()).length;
      return { measured: `${runs} run of ${ms} ms`, ok: runs === 1 };
    },
  },
  {
    name: "timeout",
    required: "an endless loop with 1 s timeout rejects <= 2 s, and the core is free",
    async run() {
      await using testCluster = await TestCluster.start(1, 2);
      const start = performance.now();
      const error = await within(
        30_000,
        testCluster.pool.submit(own.compute.with({ timeout: 1_000 }), testCluster.file, 1e9).exception(),
      );
      const ms = performance.now() - start;
      await pause(500);
      const before = cpuTime(testCluster.hosts[0].pid);
      await pause(2_000);
      const used = (cpuTime(testCluster.hosts[0].pid) - before) / 20;
      return {
        measured: `${(error as Error).name} after ${Math.round(ms)} ms; then ${used} % of a core`,
        ok: (error as Error).name === "TaskTimeoutError" && ms <= 2_000 && used < 20,
      };
    },
  },
  {
    name: "cancel",
    required: "200 cancels of running jobs, each <= 500 ms",
    async run() {
      await using testCluster = await TestCluster.start(2, 4);
      const times: number[] = [];
      for (let round = 1; round <= 25; round++) {
        const futures = Array.from({ length: 8 }, () => testCluster.pool.submit(own.waitForSignal, testCluster.file));
        await testCluster.untilLines(8 * round);
        await Promise.all(futures.map(async (future) => {
          const start = performance.now();
          future.cancel();
          const error = await within(30_000, future.exception().catch((error) => error));
          if (!future.cancelled) throw new Error(`it is not cancelled: ${error}`);
          times.push(performance.now() - start);
        }));
        // The hosts are free again when their next calls have run.
        await testCluster.warmUp(8);
      }
      return { measured: `${times.length} cancelled, ${spread(times)}`, ok: times.every((ms) => ms <= 500) };
    },
  },
  {
    name: "backoff",
    required: "attempts at least 500, 1,000 and 2,000 ms apart, and at most 1 s more",
    async run() {
      await using testCluster = await TestCluster.start(1, 1);
      const retry = { maxAttempts: 4, minTimeout: 500, multiplier: 2, jitter: 0 };
      await within(60_000, testCluster.pool.submit(own.failing.with({ retry }), testCluster.file).exception());
      const found = gaps((await testCluster.lines()).map(([, ms]) => ms));
      const ok = found.length === 3 && found.every((gap, i) => gap >= 500 * 2 ** i - 5 && gap <= 500 * 2 ** i + 1_000);
      return { measured: `${found.join(", ")} ms`, ok };
    },
  },
  {
    name: "limiter",
    required: "`rate` of 10 a second: no more than 10 starts in any second, and 50 calls within 7 s",
    async run() {
      await using testCluster = await TestCluster.start(2, 4, { rate: { limit: 10, interval: 1_000, strict: true } });
      await pause(1_000);
      const start = performance.now();
      await within(
        60_000,
        testCluster.pool.starmap(own.record, Array.from({ length: 50 }, (_, n) => [testCluster.file, n, 0] as const)),
      );
      const ms = Math.round(performance.now() - start);
      const times = (await testCluster.lines()).map(([, ms]) => ms).sort((a, b) => a - b);
      // The starts are limited; these are the ends, which a busy machine may delay by some milliseconds.
      const most = Math.max(...times.map((from) => times.filter((time) => time >= from && time < from + 900).length));
      return { measured: `50 in ${ms} ms, at most ${most} in 900 ms`, ok: most <= 11 && ms <= 7_000 };
    },
  },
  {
    name: "priority",
    required: "calls of a higher priority run first",
    async run() {
      await using testCluster = await TestCluster.start(1, 1, { workers: 1 });
      const first = testCluster.pool.submit(own.record, testCluster.file, 0, 300);
      const futures = [1, 3, 2, 3, 1].map((priority) =>
        testCluster.pool.submit(own.record.with({ priority }), testCluster.file, priority, 10)
      );
      await within(60_000, Promise.all([first, ...futures]));
      const order = (await testCluster.lines()).map(([n]) => n).join(" ");
      // The first may be sent together with the others.
      return { measured: order, ok: order.replace(/^0 | 0$/, "") === "3 3 2 1 1" };
    },
  },
  {
    name: "progress",
    required: "progress arrives in order",
    async run() {
      await using testCluster = await TestCluster.start(1, 1);
      const seen: number[] = [];
      const onProgress = (done: number) => void seen.push(done);
      await within(60_000, testCluster.pool.submit(own.report.with({ onProgress }), 200));
      const ok = seen.length > 0 && seen.at(-1) === 200 && seen.every((done, i) => i === 0 || done > seen[i - 1]);
      return { measured: `${seen.length} reports, the last ${seen.at(-1)}`, ok };
    },
  },
];
