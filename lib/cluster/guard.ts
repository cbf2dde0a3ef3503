/**
 * `ClusterGuard`: a held lock of a cluster. It renews its lease, and knows when it has lost it.
 *
 * @module
 */
import { LockLostError } from "../core/errors.ts";
import { AbortController, performance, Promise as RuntimePromise } from "../core/platform.ts";
import { clearTimeout, setTimeout, type Timer } from "../core/timer.ts";
import { refuseCopies } from "../core/uncopyable.ts";
import type { Session } from "./session.ts";

/** A lease is renewed after this part of it. */
const RENEWAL = 1 / 3;

/**
 * A held lock, from `acquire()` of a {@linkcode ClusterLock}. Releasing it, or leaving its `await using` block, releases the
 * lock once. `using` works too: it sends the release and does not wait for it.
 */
export class ClusterGuard implements AsyncDisposable, Disposable {
  /** Name of the lock. */
  readonly lock: string;
  /** The fencing token: larger than that of every holder before. */
  readonly token: number;
  /**
   * Aborts with a {@linkcode LockLostError} when the lease has ended before the release: this process was stopped for longer
   * than the lease, or Redis was away for so long. Give it to what runs under the lock.
   */
  readonly signal: AbortSignal;
  readonly #session: Session;
  readonly #lease: number;
  readonly #lost = new AbortController();
  readonly #onEnd: (guard: ClusterGuard) => void;
  #validUntil: number;
  #renewal: Timer | undefined;
  #expiry: Timer | undefined;
  #release: Promise<void> | undefined;

  /** @ignore */
  constructor(
    session: Session,
    lock: string,
    token: number,
    lease: number,
    since: number,
    onEnd: (guard: ClusterGuard) => void,
  ) {
    this.#session = session;
    this.lock = lock;
    this.token = token;
    this.#lease = lease;
    this.#validUntil = since + lease;
    this.#onEnd = onEnd;
    this.signal = this.#lost.signal;
    this.#watch();
    this.#renewLater();
  }

  static {
    refuseCopies(ClusterGuard, "send its `token`");
  }

  /** Whether the lock is held, as far as this process knows. What must not happen without the lock also needs the token. */
  get held(): boolean {
    return !this.#release && !this.#lost.signal.aborted && performance.now() < this.#validUntil;
  }

  /**
   * Releases the lock. Resolves when Redis has done it. A second call does nothing.
   *
   * @throws {LockLostError} If the lease has ended before: another holder may have had the lock meanwhile.
   * @throws {ClusterError} If Redis cannot be reached; the lock is free when its lease has ended.
   *
   * @example Release before the end of the block
   * ```ts ignore
   * import { cluster } from "@isopool/isopool/cluster";
   * await using backend = cluster({ redis: "redis://localhost", queue: "numbers" });
   * await using guard = await backend.lock("report").acquire();
   * await guard.release();
   * ```
   */
  release(): Promise<void> {
    return this.#release ??= this.#unlock();
  }

  /** Releases the lock, unless that has been done or the lock was lost; does not wait, and reports no failure. */
  [Symbol.dispose](): void {
    this.release().catch(() => {}); // The lease ends by itself.
  }

  /**
   * Releases the lock, unless that has been done, at the end of an `await using` block.
   *
   * @throws {LockLostError} If the lease has ended before.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  async #unlock(): Promise<void> {
    this.#stop();
    const call = `release ClusterLock "${this.lock}"`;
    if (this.#lost.signal.aborted) throw this.#lost.signal.reason;
    const [status] = await this.#session.call(call, "unlock", this.lock, [this.token]);
    if (status === "lost") throw this.#error();
  }

  #stop(): void {
    clearTimeout(this.#renewal);
    clearTimeout(this.#expiry);
    this.#onEnd(this);
  }

  #renewLater(): void {
    this.#renewal = setTimeout(() => void this.#renew(), this.#lease * RENEWAL);
    this.#renewal.unref();
  }

  async #renew(): Promise<void> {
    const since = performance.now();
    try {
      const what = `renew ClusterLock "${this.lock}"`;
      const [status] = await this.#session.call(what, "renew", this.lock, [this.token, this.#lease]);
      if (this.#release) return;
      if (status === "lost") return this.#lose();
      this.#validUntil = since + this.#lease;
      this.#watch();
    } catch { /* Redis cannot be reached. It may be back before the lease ends. */ }
    if (!this.#release && !this.#lost.signal.aborted) this.#renewLater();
  }

  #watch(): void {
    clearTimeout(this.#expiry);
    this.#expiry = setTimeout(() => this.#lose(), Math.max(0, this.#validUntil - performance.now()));
    this.#expiry.unref();
  }

  #lose(): void {
    this.#stop();
    this.#lost.abort(this.#error());
  }

  #error(): LockLostError {
    return new LockLostError(
      `The lease of ClusterLock "${this.lock}" has ended (token ${this.token}): this process or Redis has stood still for ` +
        `longer than the ${this.#lease} ms of its \`lease\`, and another process may hold the lock`,
    );
  }
}

/** Releases guards, of which some may be lost. */
export async function releaseAll(guards: Iterable<ClusterGuard>): Promise<void> {
  await RuntimePromise.allSettled([...guards].map((guard) => guard.release()));
}
