/**
 * The workers of a pool, as its user sees them: how many there are, when they start and are replaced, what they report.
 *
 * @module
 */
import { CancelledError, PoolClosedError } from "../core/errors.ts";
import { refuseCopies } from "../core/uncopyable.ts";
import { integer } from "../core/validate.ts";
import { checkLimits } from "./backends.ts";
import type { PoolCore } from "./core.ts";
import { observe } from "../scheduler/observers.ts";
import { eventObserver, type PoolEventMap } from "./events.ts";
import { checkOwnWorkers } from "./own_workers.ts";
import { type PoolStats, poolStats } from "./stats.ts";

/**
 * The methods of {@linkcode Pool} that concern its workers, its events and its numbers.
 *
 * **Cost**: a started worker takes about 17 MiB of memory while it is idle. Events are made only from the first listener
 * on. **When not to use it**: a pool starts and replaces workers by itself; call these methods to do it earlier.
 */
export abstract class PoolWorkers extends EventTarget {
  readonly #core: PoolCore;
  #dispatchesEvents = false;

  /** @ignore */
  constructor(core: PoolCore) {
    super();
    this.#core = core;
  }

  /** Maximum number of workers at a time. */
  get workers(): number {
    return this.#core.options.workers;
  }

  /** Ids of the workers that are alive. */
  get workerIds(): number[] {
    return [...this.#core.scheduler.workerSet.slots].map((slot) => slot.id);
  }

  /**
   * Starts all workers. Resolves when all of them take calls.
   *
   * @throws {PoolClosedError} If the pool is closed, or gets closed before the workers have started.
   * @throws {CancelledError} If the pool is terminated before the workers have started.
   * @throws {BrokenPoolError} If the pool is broken or breaks, or if it is closed after a worker has failed to start. The
   * `cause` says why.
   * @throws {IsopoolError} If some workers run, and the runtime has refused three times in a row to start another. The
   * pool goes on with those that it has, and tries again with longer and longer waits. The `cause` says why.
   *
   * @example Start the workers before the first request comes in
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool(2);
   * await pool.ready();
   * assertEquals(pool.workerIds.length, 2);
   * ```
   */
  ready(): Promise<this> {
    // The end of the pool is no failure to a caller that does not wait: it must not end the script as an unhandled one.
    const ready: Promise<this> = this.#ready(() => void ready.catch(() => {}));
    return ready;
  }

  /**
   * Waits until one more call may be submitted. Only a pool with `maxQueue` makes a caller wait; callers go on in the
   * order in which they asked. The pool keeps that room until the end of the turn: submit right after `room()`, before
   * the next `await`.
   *
   * @throws {PoolClosedError} If the pool is closed, or gets closed.
   *
   * @example Submit no faster than the workers take calls
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { type Future, inline, Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool({ workers: 1, maxQueue: 2 });
   * const double = inline((n: number) => n * 2);
   * const futures: Future<number>[] = [];
   * for (let n = 0; n < 10; n++) {
   *   await pool.room();
   *   futures.push(pool.submit(double, n));
   * }
   * assertEquals((await Promise.all(futures)).at(-1), 18);
   * ```
   */
  async room(): Promise<void> {
    this.#core.checkOpen("wait for room");
    await this.#core.scheduler.admission.room();
  }

  /**
   * Changes the maximum number of workers. Workers above it end when the calls they hold have ended.
   *
   * @throws {RangeError} If it is less than 1 or than `minWorkers`, or if so many workers do not fit into the limits of
   * the process on threads and file descriptors.
   *
   * @example Leave one core free
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool(4);
   * pool.resize(pool.workers - 1);
   * assertEquals(pool.workers, 3);
   * ```
   */
  resize(workers: number): void {
    this.#core.checkOpen("resize pool");
    const { options, scheduler } = this.#core;
    integer("resize pool", "workers", workers, Math.max(1, options.minWorkers));
    const more = workers - scheduler.workerSet.slots.size;
    if (this.#core.capabilities.parallel && workers > options.workers) checkLimits("resize pool", more);
    scheduler.resize(workers - options.workers);
    options.workers = workers;
  }

  /**
   * Replaces every worker by a fresh one as soon as the calls it holds have ended; new calls go to fresh workers.
   * Resolves when the old workers are gone.
   *
   * @throws {IsopoolError} On a cluster, whose workers belong to its hosts.
   *
   * @example Load changed data into fresh workers
   * ```ts
   * import { assertNotEquals } from "@std/assert";
   * import { Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool(1);
   * await pool.ready();
   * const before = pool.workerIds;
   * await pool.restart();
   * await pool.ready();
   * assertNotEquals(pool.workerIds, before);
   * ```
   */
  async restart(): Promise<void> {
    this.#core.checkOpen("restart workers");
    const instead =
      "use a fresh pool with another `env` or `initArgs`, for which they start fresh workers, or restart the hosts";
    checkOwnWorkers("restart workers", this.#core.capabilities, instead);
    await this.#core.scheduler.restart();
  }

  /**
   * Returns the numbers of the pool: its workers, its calls, and milliseconds that calls waited and ran.
   *
   * @example Log how a pool is doing
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool(2);
   * await pool.map(inline((n: number) => n), [1, 2, 3]);
   * const { tasks, workers } = pool.stats();
   * assertEquals([tasks.succeeded, tasks.failed, workers.crashed], [3, 0, 0]);
   * ```
   */
  stats(): PoolStats {
    return poolStats(this.#core.scheduler, this.#core.failures.count);
  }

  /**
   * Listens to an event of the pool; see {@linkcode PoolEventMap}.
   *
   * @example Log workers that die
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * const reasons: unknown[] = [];
   * {
   *   await using pool = new Pool(1);
   *   pool.addEventListener("workerexit", ({ detail }) => reasons.push(detail.reason));
   *   await pool.submit(inline(() => Deno.exit(1))).exception();
   * }
   * assertEquals(reasons[0], "exit");
   * ```
   */
  override addEventListener<K extends keyof PoolEventMap>(
    type: K,
    listener: ((event: PoolEventMap[K]) => void) | EventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void {
    if (!this.#dispatchesEvents) observe(this.#core.scheduler, eventObserver(this));
    this.#dispatchesEvents = true;
    super.addEventListener(type, listener as EventListener, options);
  }

  /**
   * Stops listening to an event of the pool.
   *
   * @example Listen for a while
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool(1);
   * const started: string[] = [];
   * const listener = ({ detail }: CustomEvent<{ task: string }>) => void started.push(detail.task);
   * pool.addEventListener("taskstart", listener);
   * await pool.submit(inline(function first() {}));
   * pool.removeEventListener("taskstart", listener);
   * await pool.submit(inline(function second() {}));
   * assertEquals(started.length, 1);
   * ```
   */
  override removeEventListener<K extends keyof PoolEventMap>(
    type: K,
    listener: ((event: PoolEventMap[K]) => void) | EventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void {
    super.removeEventListener(type, listener as EventListener, options);
  }

  async #ready(onClosed: () => void): Promise<this> {
    this.#core.checkOpen("start workers");
    try {
      await this.#core.scheduler.ready();
    } catch (error) {
      if (error instanceof PoolClosedError || error instanceof CancelledError) onClosed();
      throw error;
    }
    return this;
  }
}

refuseCopies(PoolWorkers, "make a pool in the task, or submit from here");
