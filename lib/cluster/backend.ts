/**
 * `cluster()`: makes a backend of worker hosts, which also has values, queues and locks.
 *
 * @module
 */
import { badOption } from "../core/validate.ts";
import { refuseCopies } from "../core/uncopyable.ts";
import { type Backend, BACKENDS, CUSTOM, type CustomBackend } from "../pool/backends.ts";
import { type ClusterGuard, releaseAll } from "./guard.ts";
import { launchLanes } from "./lane.ts";
import { ClusterLock, type ClusterLockOptions } from "./lock.ts";
import { type ClusterOptions, type PoolSettings, poolSettings } from "./options.ts";
import { ClusterQueue, type ClusterQueueOptions } from "./queue.ts";
import { Session } from "./session.ts";
import { ClusterValue } from "./value.ts";

/**
 * A cluster, from {@linkcode cluster}: the backend of pools, and the values, queues and locks that its processes have in
 * common. Those are opened by their names, by the submitter, by a task on a worker host, or by any other process that can
 * reach Redis: all that name the same `redis`, `queue`, `prefix` and name have the same object.
 *
 * The first call on a value, queue or lock connects. An open connection does not keep the script alive; `close()`, or the end
 * of an `await using` block, ends it. Pools have connections of their own.
 */
export class Cluster implements CustomBackend, AsyncDisposable {
  /** @ignore */
  readonly [CUSTOM]: Backend;
  readonly #session: Session;
  readonly #guards = new Set<ClusterGuard>();

  /** @ignore */
  constructor(settings: PoolSettings) {
    this.#session = new Session(settings);
    this[CUSTOM] = {
      name: "cluster",
      // Calls in Redis at a time; hosts decide how many run.
      workers: 64,
      // As with a process, calls share no memory with the pool. A host refuses the calls of a pool whose memory limit or
      // permissions it cannot keep.
      capabilities: { ...BACKENDS.process.capabilities, engine: "cluster" },
      launch: (setup) => launchLanes(settings, setup),
    };
  }

  static {
    refuseCopies(Cluster, "call cluster({ redis, queue }) in the task");
  }

  /**
   * Opens a value: a number that all processes see.
   *
   * @param name Its name in this cluster.
   * @param type `"i64"` for bigints of 64 bits. All processes may use either.
   *
   * @example Count what all hosts have done
   * ```ts ignore
   * import { cluster } from "@isopool/isopool/cluster";
   * await using backend = cluster({ redis: "redis://localhost", queue: "numbers" });
   * await backend.value("done").add(1);
   * ```
   */
  value(name: string): ClusterValue<number>;
  /** Opens a value as bigints of 64 bits. */
  value(name: string, type: "i64"): ClusterValue<bigint>;
  value(name: string, type?: "i64"): ClusterValue<never> {
    if (type !== undefined && type !== "i64") {
      throw badOption("open ClusterValue", "type", type, '"i64", or nothing for numbers', typeof type === "string");
    }
    return new ClusterValue(this.#session, checkName("ClusterValue", name), type === "i64");
  }

  /**
   * Opens a queue.
   *
   * @param name Its name in this cluster. It has nothing to do with the option `queue`.
   *
   * @example Pass URLs from one process to others
   * ```ts ignore
   * import { cluster } from "@isopool/isopool/cluster";
   * await using backend = cluster({ redis: "redis://localhost", queue: "numbers" });
   * await backend.queue<string>("urls").put("https://example.com/");
   * ```
   */
  queue<T>(name: string, options?: ClusterQueueOptions): ClusterQueue<T> {
    return new ClusterQueue(this.#session, checkName("ClusterQueue", name), options);
  }

  /**
   * Opens a lock.
   *
   * @param name Its name in this cluster.
   *
   * @example Let one process at a time write the report
   * ```ts ignore
   * import { cluster } from "@isopool/isopool/cluster";
   * await using backend = cluster({ redis: "redis://localhost", queue: "numbers" });
   * await using guard = await backend.lock("report", { lease: 5_000 }).acquire();
   * ```
   */
  lock(name: string, options?: ClusterLockOptions): ClusterLock {
    return new ClusterLock(this.#session, checkName("ClusterLock", name), options, this.#guards);
  }

  /**
   * Releases the locks that this object holds, and ends the connection of values, queues and locks; calls that wait reject
   * with a {@linkcode ClusterError}. Pools are not closed: each has its own `close()`. A later call connects again.
   *
   * @example Close it yourself
   * ```ts ignore
   * import { cluster } from "@isopool/isopool/cluster";
   * const backend = cluster({ redis: "redis://localhost", queue: "numbers" });
   * console.log(await backend.value("done").get());
   * await backend.close();
   * ```
   */
  async close(): Promise<void> {
    await releaseAll(this.#guards);
    await this.#session.close();
  }

  /** Like {@linkcode Cluster.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function checkName(kind: string, name: unknown): string {
  if (typeof name === "string" && name !== "") return name;
  throw badOption(`open ${kind}`, "name", name, "a text that is not empty", typeof name === "string");
}

/**
 * Makes a backend whose calls run on worker hosts, on this machine or others: give it to a pool as its `backend`. The hosts
 * run `serveWorker()`; Redis connects both.
 *
 * The pool's `workers` (64 by default) is the number of calls that are in Redis at a time, waiting or running. A call whose
 * host is lost fails with a `WorkerCrashedError`, or runs again under `retry`; the loss is noticed after about 6 s. A call
 * costs about 1 ms, of many short ones 0.2 ms each. What it takes or returns may have 16 MiB at most (`sizeLimit`): larger data
 * belongs in files or a database.
 *
 * There is no memory in common: `Value`, `Lock`, queues and managers are refused. What takes their place are `value()`,
 * `queue()` and `lock()` of the result.
 *
 * @throws {TypeError} If an option is wrong. Whether Redis is there shows when the first worker starts.
 *
 * @example Two hosts, one pool
 * ```ts ignore
 * import { Pool, tasks } from "@isopool/isopool";
 * import { cluster } from "@isopool/isopool/cluster";
 *
 * const { square } = tasks<{ square: (n: number) => number }>("https://example.com/tasks.ts");
 * await using pool = new Pool({ backend: cluster({ redis: "redis://localhost", queue: "numbers" }) });
 * console.log(await pool.map(square, [1, 2, 3]));
 * ```
 */
export function cluster(options: ClusterOptions): Cluster {
  return new Cluster(poolSettings("make cluster backend", options));
}
