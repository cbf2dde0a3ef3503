/**
 * The Redis and the worker hosts of the harness.
 *
 * @module
 */
import type { CustomBackend } from "../../../mod.ts";
import { cluster } from "../../../lib/cluster.ts";
import { TestHost } from "../../../tests/support/cluster_host.ts";
import { TestRedis } from "../../../tests/support/redis.ts";
import { HOST_CALLS } from "./inject.ts";
import { pause } from "./work.ts";

const QUEUE = "faults";

/** The backend whose Redis has that address, and keeps the ends of calls for `retention` milliseconds. */
export function backendAt(address: string, retention?: number): CustomBackend {
  return cluster({ redis: address, queue: QUEUE, ...retention !== undefined && { retention } });
}

/** A Redis and two hosts. */
export class ClusterRig implements AsyncDisposable {
  readonly #redis: TestRedis;
  readonly #hosts: TestHost[];
  // Faults of one kind are injected one after another.
  #last: Promise<unknown> = Promise.resolve();

  private constructor(redis: TestRedis, hosts: TestHost[]) {
    this.#redis = redis;
    this.#hosts = hosts;
  }

  static async start(): Promise<ClusterRig> {
    const redis = await TestRedis.start();
    return new ClusterRig(redis, await Promise.all([startHost(redis.address), startHost(redis.address)]));
  }

  /** The address of its Redis. */
  get address(): string {
    return this.#redis.address;
  }

  get backend(): CustomBackend {
    return backendAt(this.address);
  }

  host(random: number): TestHost {
    return this.#hosts[Math.floor(random * this.#hosts.length)];
  }

  /** Kills a host, and starts another one. */
  replaceHost(random: number): Promise<void> {
    return this.#oneByOne(async () => {
      const index = Math.floor(random * this.#hosts.length);
      await this.#hosts[index].kill();
      this.#hosts[index] = await startHost(this.#redis.address);
    });
  }

  /** Kills Redis, and starts it again after `ms` milliseconds, with its data. */
  restartRedis(ms: number): Promise<void> {
    return this.#oneByOne(async () => {
      await this.#redis.kill();
      await pause(ms);
      await this.#redis.start();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.close()));
    await this.#redis[Symbol.asyncDispose]();
  }

  #oneByOne(body: () => Promise<void>): Promise<void> {
    const done = this.#last.then(body);
    this.#last = done;
    return done;
  }
}

function startHost(redis: string): Promise<TestHost> {
  return TestHost.start({ redis, queue: QUEUE, concurrency: HOST_CALLS });
}
