/**
 * Deaths of hosts and of Redis, as items of the soak test of clusters.
 *
 * @module
 */
import { Pool } from "../../mod.ts";
import { cluster } from "../../lib/cluster.ts";
import { TestHost } from "../../tests/support/cluster_host.ts";
import { TestRedis } from "../../tests/support/redis.ts";
import type { Item } from "./cluster.ts";
import { isEach, own, pause, spread, TestCluster, within } from "./cluster_kit.ts";

const CALLS = 1_000;

/** One of two hosts is killed in the middle of 1,000 calls of 50 ms. Returns the milliseconds. */
async function killOne(): Promise<number> {
  await using testCluster = await TestCluster.start(2, 16, { retry: 3 });
  const start = performance.now();
  const all = testCluster.pool.starmap(
    own.record,
    Array.from({ length: CALLS }, (_, n) => [testCluster.file, n, 50] as const),
  );
  await testCluster.untilLines(300);
  await testCluster.hosts[0].kill();
  const results = await within(60_000, all);
  if (!isEach(results, CALLS)) throw new Error(`${results.length} results, or not in order`);
  return performance.now() - start;
}

export const LOSSES: readonly Item[] = [
  {
    name: "kill",
    required: "kill -9 of one of two hosts in 1,000 x 50 ms: 1,000 results, once each, <= 10 s",
    async run(rounds) {
      const times: number[] = [];
      for (let round = 0; round < rounds; round++) times.push(await killOne());
      return {
        measured: `${rounds} times ${CALLS} of ${CALLS}, ${spread(times)}`,
        ok: times.every((ms) => ms <= 10_000),
      };
    },
  },
  {
    name: "frozen",
    required: "a host frozen for 15 s: all results, and it serves again",
    async run() {
      await using testCluster = await TestCluster.start(2, 4, { retry: 3 });
      const all = testCluster.pool.starmap(
        own.record,
        Array.from({ length: 400 }, (_, n) => [testCluster.file, n, 50] as const),
      );
      await testCluster.untilLines(50);
      testCluster.hosts[0].signal("SIGSTOP");
      await pause(15_000);
      testCluster.hosts[0].signal("SIGCONT");
      const results = await within(60_000, all);
      // The other host ends: what runs now runs on the one that was frozen.
      await testCluster.hosts[1].kill();
      const later = await within(
        60_000,
        testCluster.pool.starmap(own.record, [[testCluster.file, 0, 1], [testCluster.file, 1, 1]] as const),
      );
      return {
        measured: `${results.length} of 400 results; then ${later.length} of 2 on that host`,
        ok: isEach(results, 400) && isEach(later, 2),
      };
    },
  },
  {
    name: "redis",
    required: "Redis killed and down for 10 s, append-only: all results",
    async run() {
      const retry = { maxAttempts: 30, minTimeout: 500, maxTimeout: 1_000 };
      await using testCluster = await TestCluster.start(2, 4, { retry, workers: 100 });
      const all = testCluster.pool.starmap(
        own.record,
        Array.from({ length: 400 }, (_, n) => [testCluster.file, n, 50] as const),
      );
      await testCluster.untilLines(50);
      await testCluster.redis.kill();
      await pause(10_000);
      const start = performance.now();
      await testCluster.redis.start();
      const results = await within(60_000, all);
      const ms = Math.round(performance.now() - start);
      const repeated = (await testCluster.lines()).length - 400;
      return {
        measured: `${results.length} of 400 results, ${ms} ms after its return; ${repeated} calls ran again`,
        ok: isEach(results, 400),
      };
    },
  },
  {
    name: "first",
    required: "first 100 submits right after construction, 50 fresh queues: none lost",
    async run() {
      await using redis = await TestRedis.start();
      let results = 0;
      for (let round = 0; round < 50; round++) {
        const options = { redis: redis.address, queue: `fresh${round}` };
        await using pool = new Pool({ backend: cluster(options) });
        const futures = Array.from({ length: 100 }, (_, n) => pool.submit(own.record, `${redis.folder}/lines`, n, 0));
        await using _host = await TestHost.start({ ...options, concurrency: 2 });
        const values = await within(30_000, Promise.all(futures));
        if (isEach(values, 100)) results += values.length;
      }
      return { measured: `${results} of 5,000 results`, ok: results === 5_000 };
    },
  },
  {
    name: "poison",
    required: "a call that kills its host: typed error <= 15 s, 50 neighbours succeed",
    async run() {
      await using testCluster = await TestCluster.start(2, 4, { retry: 3 });
      const neighbours = testCluster.pool.starmap(
        own.record,
        Array.from({ length: 50 }, (_, n) => [testCluster.file, n, 50] as const),
      );
      const start = performance.now();
      const error = await within(60_000, testCluster.pool.submit(own.killHost.with({ retry: 0 })).exception()) as Error;
      const ms = performance.now() - start;
      const results = await within(60_000, neighbours);
      return {
        measured: `${error.name} after ${Math.round(ms)} ms; ${results.length} of 50 neighbours`,
        ok: error.name === "WorkerCrashedError" && ms <= 15_000 && isEach(results, 50),
      };
    },
  },
];
