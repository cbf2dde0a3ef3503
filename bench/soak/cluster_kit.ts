/**
 * What the items of the soak test of clusters have in common.
 *
 * @module
 */
import { Pool, type PoolOptions, tasks, type tasks as Tasks } from "../../mod.ts";
import { cluster } from "../../lib/cluster.ts";
import { TestHost } from "../../tests/support/cluster_host.ts";
import { TestRedis } from "../../tests/support/redis.ts";
import type * as Own from "./cluster_tasks.ts";

/** The tasks. */
export const own: ReturnType<typeof Tasks<typeof Own>> = tasks<typeof Own>(import.meta.resolve("./cluster_tasks.ts"));

/** Options of the pool. */
export type TestPoolOptions = Omit<PoolOptions<"cluster">, "backend">;

/** A Redis, a pool, and hosts. All end with it. */
export class TestCluster implements AsyncDisposable {
  readonly redis: TestRedis;
  readonly pool: Pool<"cluster">;
  readonly hosts: TestHost[] = [];
  /** A file in which tasks write their lines. */
  readonly file: string;
  readonly #options: { redis: string; queue: string };

  private constructor(redis: TestRedis, pool: TestPoolOptions) {
    this.redis = redis;
    this.#options = { redis: redis.address, queue: "soak" };
    this.file = `${redis.folder}/lines`;
    this.pool = new Pool<"cluster">({ backend: cluster(this.#options), ...pool });
  }

  /** Starts all, with some calls that load the tasks' module in each worker. */
  static async start(hosts: number, concurrency: number, pool: TestPoolOptions = {}): Promise<TestCluster> {
    const testCluster = new TestCluster(await TestRedis.start(), pool);
    for (let i = 0; i < hosts; i++) await testCluster.startHost(concurrency);
    if (hosts > 0) await testCluster.warmUp(2 * hosts * concurrency);
    return testCluster;
  }

  /** Starts another host. */
  async startHost(concurrency: number): Promise<TestHost> {
    const host = await TestHost.start({ ...this.#options, concurrency });
    this.hosts.push(host);
    return host;
  }

  /** Runs calls until each worker has had one. */
  async warmUp(calls: number): Promise<void> {
    const warm = Array.from({ length: calls }, (_, n) => [`${this.redis.folder}/warm`, n, 100] as const);
    await this.pool.starmap(own.record, warm);
  }

  /** The first numbers of the lines in the file. */
  async lines(): Promise<[n: number, ms: number][]> {
    try {
      const text = await Deno.readTextFile(this.file);
      return text.trimEnd().split("\n").map((line) => line.split(" ").map(Number) as [number, number]);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }

  /** Waits until the file has `count` lines. */
  async untilLines(count: number): Promise<void> {
    const end = performance.now() + 60_000;
    while ((await this.lines()).length < count) {
      if (performance.now() > end) throw new Error(`there are not ${count} lines after a minute`);
      await pause(5);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool.terminate();
    for (const host of this.hosts) await host.close();
    await this.redis[Symbol.asyncDispose]();
  }
}

/** Lets time pass. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Whether a list is 0, 1, 2, ... of this length. */
export function isEach(values: readonly number[], length: number): boolean {
  return values.length === length && values.every((value, i) => value === i);
}

/** Settles as `promise` does, or rejects after `ms`. */
export async function within<T>(ms: number, promise: PromiseLike<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`it took longer than ${ms} ms`)), ms);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Processor time of a process so far, in milliseconds. */
export function cpuTime(pid: number): number {
  const [, rest] = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ");
  const fields = rest.split(" ");
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

/** The median and the largest of some milliseconds, as text. */
export function spread(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  return `median ${Math.round(sorted[sorted.length >> 1])} ms, at most ${Math.round(sorted.at(-1)!)} ms`;
}
