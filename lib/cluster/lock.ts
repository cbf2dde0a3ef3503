/**
 * `ClusterLock`: a lock in Redis, with a lease and fencing tokens.
 *
 * @module
 */
import { JSON, performance } from "../core/platform.ts";
import { refuseCopies } from "../core/uncopyable.ts";
import { integer, knownOptions } from "../core/validate.ts";
import type { WaitLimits } from "../shared/waiting.ts";
import { attempt } from "./attempt.ts";
import { ClusterGuard } from "./guard.ts";
import type { Reply, Session } from "./session.ts";

/** Options of a {@linkcode ClusterLock}. */
export interface ClusterLockOptions {
  /**
   * Milliseconds after which the lock is free again when its holder has died. A living holder renews the lease after each
   * third of that time.
   *
   * @default {10_000}
   */
  lease?: number;
}

/** Shortest lease in milliseconds: there must be time for renewals. */
const MIN_LEASE = 100;

/**
 * A lock in Redis, which all processes of a cluster know by its name: one holder at a time, as long as no lease ends under
 * its holder. It is not fair, and not re-entrant.
 *
 * ## What it does not promise
 * The holder renews its lease while it lives. If it stands still for longer than the lease (a blocked event loop, a frozen
 * or swapped machine, a broken network), or if Redis loses the lock with its data or in a failover, another process gets the
 * lock while the first one still believes that it has it. So where two at a time would do harm, what is protected must check
 * the guard's {@linkcode ClusterGuard.token}: it accepts none that is smaller than one it has seen. The methods of a
 * {@linkcode ClusterValue} do so when they are given the `guard`. Tokens grow even if Redis has lost its data, because they
 * begin with its clock.
 *
 * ## Death
 * When the holder dies, the lock is free after its `lease`.
 *
 * ## Cost
 * One round trip to Redis to acquire, one to release, and one each third of the lease.
 */
export class ClusterLock {
  /** Its name. */
  readonly name: string;
  /** Milliseconds of the lease. */
  readonly lease: number;
  readonly #session: Session;
  readonly #guards: Set<ClusterGuard>;

  /** @ignore */
  constructor(session: Session, name: string, options: ClusterLockOptions | undefined, guards: Set<ClusterGuard>) {
    const call = "open ClusterLock";
    knownOptions(call, options, ["lease"]);
    this.#session = session;
    this.#guards = guards;
    this.name = name;
    this.lease = integer(call, "lease", options?.lease ?? 10_000, MIN_LEASE);
  }

  static {
    refuseCopies(ClusterLock, "open it by its name in the task: cluster({ redis, queue }).lock(name)");
  }

  /**
   * Takes the lock. The script stays alive while the call waits.
   *
   * @throws {WaitTimeoutError} If `timeout` passes first.
   * @throws {ClusterError} If Redis cannot be reached.
   *
   * @example Let one process at a time write the report
   * ```ts ignore
   * import { cluster } from "@isopool/isopool/cluster";
   * await using backend = cluster({ redis: "redis://localhost", queue: "numbers" });
   * await using guard = await backend.lock("report").acquire({ timeout: 60_000 });
   * console.log(`write it, with token ${guard.token}`);
   * ```
   */
  async acquire(limits?: WaitLimits): Promise<ClusterGuard> {
    const { reply: [, token], since } = await attempt(this.#session, {
      what: `acquire ${this}`,
      op: "lock",
      name: this.name,
      args: [this.lease],
      wakes: "lock",
      // 1 ms more: Redis keeps a key through its last millisecond.
      waits: ([status, left]) => status === "held" ? Number(left) + 1 : undefined,
      undo: ([, token]) => this.#giveBack(token),
    }, limits);
    return this.#guard(token, since);
  }

  /**
   * Takes the lock if it is free; resolves to `undefined` if it is not.
   *
   * @throws {ClusterError} If Redis cannot be reached.
   *
   * @example Skip what another process already does
   * ```ts ignore
   * import { cluster } from "@isopool/isopool/cluster";
   * await using backend = cluster({ redis: "redis://localhost", queue: "numbers" });
   * await using guard = await backend.lock("refresh").tryAcquire();
   * if (guard) console.log("refresh");
   * ```
   */
  async tryAcquire(): Promise<ClusterGuard | undefined> {
    const since = performance.now();
    // The reply may come after the call was rejected: no code would release the lock.
    const undo = ([status, token]: Reply) => {
      if (status === "ok") this.#giveBack(token);
    };
    const [status, token] = await this.#session.call(`acquire ${this}`, "lock", this.name, [this.lease], undo);
    return status === "ok" ? this.#guard(token, since) : undefined;
  }

  /**
   * Resolves to whether a process holds the lock at this moment.
   *
   * @example Look
   * ```ts ignore
   * import { cluster } from "@isopool/isopool/cluster";
   * await using backend = cluster({ redis: "redis://localhost", queue: "numbers" });
   * console.log(await backend.lock("report").locked());
   * ```
   */
  async locked(): Promise<boolean> {
    const [, holder] = await this.#session.call(`read holder of ${this}`, "holder", this.name);
    return holder !== "";
  }

  /** Returns the name, as `ClusterLock("report")`. */
  toString(): string {
    return `ClusterLock(${JSON.stringify(this.name)})`;
  }

  #guard(token: string | number, since: number): ClusterGuard {
    const guard = new ClusterGuard(
      this.#session,
      this.name,
      Number(token),
      this.lease,
      since,
      (guard) => this.#guards.delete(guard),
    );
    this.#guards.add(guard);
    return guard;
  }

  #giveBack(token: string | number): void {
    // Without Redis, the lease ends by itself.
    this.#session.call(`release ${this}`, "unlock", this.name, [token]).catch(() => {});
  }
}
