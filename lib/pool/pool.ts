/**
 * `Pool`: the public interface of the scheduler.
 *
 * ```
 * submit / apply -> CallJob   \
 * map / imap     -> MapJob     >- Job -> Scheduler -> Slot -> Transport -> worker
 * stream         -> StreamJob /                                               |
 *   Future / Results <- settle <----------------------------------------------+
 * ```
 *
 * Its base classes: lifecycle.ts and pool_*.ts.
 *
 * @module
 */
import { calledBy } from "../core/at_caller.ts";
import { IsopoolError } from "../core/errors.ts";
import { badOption, isArray } from "../core/validate.ts";
import type { Future } from "../future/future.ts";
import type { Task } from "../task/task.ts";
import { attachCallbacks, checkCallbacks } from "./apply_callbacks.ts";
import type { BackendName, Capabilities } from "./backends.ts";
import { submitCall } from "./call_job.ts";
import type { PublicMethod } from "./call_site.ts";
import { PoolCore } from "./core.ts";
import { TaskGroup } from "./group.ts";
import type { PoolOptions } from "./options.ts";
import { checkOwnWorkers } from "./own_workers.ts";
import { PoolMaps } from "./pool_maps.ts";
import type { AnyRunnable, ApplyOptions, Args, Runnable } from "./runnable.ts";
import { SharedValue } from "./shared_value.ts";

export type { ApplyOptions, Args, Closure, Runnable } from "./runnable.ts";

/**
 * A pool of workers that run tasks.
 *
 * The pool starts workers when calls come in, and keeps them. Leaving an `await using` block drains the pool: it waits
 * for all submitted calls and their callbacks, also after a throw. An idle pool that was never closed does not keep the
 * script alive; running tasks do. There is no plain `using`: one missing `await` would lose calls.
 *
 * More: {@linkcode PoolMaps}, {@linkcode PoolStreams}, {@linkcode PoolLifecycle}, {@linkcode PoolPause},
 * {@linkcode PoolInsight}, {@linkcode PoolWorkers}.
 *
 * **Cost**: a worker takes about 50 ms to start and 17 MiB of memory; a call takes 30 to 65 us there and back, and 1 to
 * 3 us while many are in flight (ARCHITECTURE.md has the measurements). Arguments and results are copied.
 *
 * **When not to use it**: for code that waits (requests, files), `pooled()` needs no worker. A function that takes less
 * than the copy of its arguments is faster where it is. Threads do not hold against hostile code: see SECURITY.md.
 *
 * @typeParam B The backend, so that closures can be told from tasks at compile time.
 *
 * @example Use every core
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { inline, Pool } from "@isopool/isopool";
 *
 * await using pool = new Pool();
 * assertEquals(await pool.map(inline((n: number) => n * n), [1, 2, 3]), [1, 4, 9]);
 * ```
 */
export class Pool<B extends BackendName = "worker"> extends PoolMaps<B> {
  /** What the pool runs on. */
  readonly backend: B;
  /** Name of the pool, in messages. */
  readonly name: string;
  /** What the backend can do, as data. */
  readonly capabilities: Capabilities;
  readonly #core: PoolCore;

  /**
   * Creates a pool. It starts workers with the first calls, or at once if `minWorkers` says so.
   *
   * @param options The maximum number of workers, or all options.
   * @throws {TypeError | RangeError} If an option does not exist, is not valid, or contradicts another.
   * @throws {IsopoolError} In a task module while a worker loads it, which would never end, and more than 4 pools deep.
   */
  constructor(options?: number | PoolOptions<B>) {
    const core = calledBy(CREATE, () => new PoolCore(options));
    super(core);
    this.#core = core;
    this.backend = core.options.backend as B;
    this.name = core.options.name;
    this.capabilities = core.capabilities;
  }

  /**
   * Submits one call. The arguments are copied now: the task does not see later changes to them.
   *
   * @param task The task, made by `tasks()`, `task()` or `inline()`; on backend `"async"` any function.
   * @throws {PoolClosedError} If the pool is closed.
   * @throws {BrokenPoolError} If the pool is broken.
   * @throws {QueueFullError} If `maxQueue` calls wait already.
   * @throws {TypeError} If a closure is given to a backend whose workers cannot run it.
   *
   * @example Run one function beside this one
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool(1);
   * const future = pool.submit(inline((text: string) => text.split(" ").length), "not on this thread");
   * assertEquals(await future, 4);
   * ```
   */
  submit<A extends unknown[], R>(task: Runnable<B, A, R>, ...args: A): Future<R>;
  /** Submits a call with handles from {@linkcode Pool.share} among its arguments. */
  submit<A extends unknown[], R>(task: Task<A, R>, ...args: Args<A>): Future<R>;
  submit(task: AnyRunnable, ...args: unknown[]): Future<unknown> {
    return submitCall(this.#core, SUBMIT, task, args);
  }

  /**
   * Submits one call with its argument list, and waits for the result. Otherwise as {@linkcode Pool.submit}.
   *
   * @example Call with a list of arguments
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool(1);
   * assertEquals(await pool.apply(inline((a: number, b: number) => a ** b), [2, 10]), 1024);
   * ```
   */
  apply<A extends unknown[], R>(task: Runnable<B, A, R>, args: Readonly<Args<A>>): Promise<R>;
  apply(task: AnyRunnable, args: unknown[]): Promise<unknown> {
    calledBy(APPLY, () => checkArgs(args));
    return submitCall(this.#core, APPLY, task, args).result();
  }

  /**
   * Submits one call with its argument list, and calls a callback at its end. Otherwise as {@linkcode Pool.submit}. A
   * pool has drained when the callbacks have run, too. What a callback throws is reported as an uncaught error.
   *
   * @example Collect results with a callback
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * const lengths: number[] = [];
   * {
   *   await using pool = new Pool(1);
   *   const length = inline((text: string) => text.length);
   *   for (const text of ["a", "bc"]) pool.applyAsync(length, [text], { callback: (n) => lengths.push(n) });
   * }
   * assertEquals(lengths, [1, 2]);
   * ```
   */
  applyAsync<A extends unknown[], R>(
    task: Runnable<B, A, R>,
    args: Readonly<Args<A>>,
    options?: ApplyOptions<R>,
  ): Future<R>;
  applyAsync(task: AnyRunnable, args: unknown[], options: ApplyOptions<never> = {}): Future<unknown> {
    calledBy(APPLY_ASYNC, () => {
      checkArgs(args);
      checkCallbacks(APPLY_ASYNC.action, options);
    });
    const future = submitCall(this.#core, APPLY_ASYNC, task, args);
    attachCallbacks(future, options);
    return future;
  }

  /**
   * Runs a task once on each worker, and starts the workers that are missing.
   *
   * @returns One result for each worker (for its successor, if it dies before). Rejects with the first failure.
   * @throws {IsopoolError} If a task of this pool calls it, whose worker would never get to the call, or on a cluster.
   *
   * @example Warm up every worker
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool(2);
   * const warmUp = inline((locale: string) => new Intl.NumberFormat(locale).format(1234.5));
   * assertEquals(await pool.broadcast(warmUp, "de"), ["1.234,5", "1.234,5"]);
   * ```
   */
  broadcast<A extends unknown[], R>(task: Runnable<B, A, R>, ...args: Args<A>): Promise<R[]>;
  broadcast(task: AnyRunnable, ...args: unknown[]): Promise<unknown[]> {
    const core = this.#core;
    const { action } = BROADCAST;
    calledBy(BROADCAST, () => {
      core.checkOpen(action);
      checkOwnWorkers(action, core.capabilities, "prepare each worker in the pool's `initializer`");
      if (core.nested) {
        throw new IsopoolError(`Cannot ${action}: a task of this pool does it, and its worker would never get to it`);
      }
      // Resolved before the workers are chosen: a module that scoped workers do not have replaces them all.
      core.resolve(action, task);
    });
    const taken = new Set(core.scheduler.workerSet.startAll());
    return Promise.all([...taken].map((worker) => submitCall(core, BROADCAST, task, args, { worker, taken })));
  }

  /**
   * Opens a group of calls that end together: the first failure cancels the other calls, and leaving the block waits.
   *
   * @example Need all results, or none
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool(2);
   * await using group = pool.group();
   * const half = inline((n: number) => n / 2);
   * assertEquals(await Promise.all([group.submit(half, 4), group.submit(half, 6)]), [2, 3]);
   * ```
   */
  group(): TaskGroup<B> {
    calledBy(GROUP, () => this.#core.checkOpen(GROUP.action));
    return new TaskGroup((method, task, args) => submitCall(this.#core, method, task, args));
  }

  /**
   * Makes a handle on a big value, which each worker gets once, however many calls name it. The value is copied now.
   *
   * @throws {TransferError} If the value cannot be copied.
   *
   * @example Share a lookup table
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool(2);
   * using prices = pool.share(new Map([["tea", 3], ["milk", 1]]));
   * const price = inline((prices: Map<string, number>, item: string) => prices.get(item));
   * assertEquals(await pool.starmap(price, [[prices, "tea"], [prices, "milk"]]), [3, 1]);
   * ```
   */
  share<T>(value: T): SharedValue<T> {
    return calledBy(SHARE, () => {
      this.#core.checkOpen(SHARE.action);
      return new SharedValue(value, this.capabilities.isolated, (id) => this.#core.scheduler.workerSet.drop(id));
    });
  }
}

const { prototype } = Pool;
const SUBMIT: PublicMethod = { action: "submit task", method: prototype.submit };
const APPLY: PublicMethod = { action: "apply task", method: prototype.apply };
const APPLY_ASYNC: PublicMethod = { action: "apply task", method: prototype.applyAsync };
const BROADCAST: PublicMethod = { action: "broadcast task", method: prototype.broadcast };
const GROUP: PublicMethod = { action: "open group", method: prototype.group };
const SHARE: PublicMethod = { action: "share value", method: prototype.share };
const CREATE: PublicMethod = { action: "create pool", method: Pool as never };

function checkArgs(args: unknown): void {
  if (!isArray(args)) throw badOption(APPLY.action, "args", args, "an array of arguments", false);
}
