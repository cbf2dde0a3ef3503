/**
 * The pool: the public face of the scheduler.
 *
 * ```
 * submit / apply  -> Call     \
 * map / imap      -> MapJob    >- Work -> Scheduler -> Slot -> Transport -> worker
 * stream          -> StreamJob/                                                |
 *   Future / Results <- settle <-----------------------------------------------+
 * ```
 *
 * @module
 */
import type { Input } from "../core/input.ts";
import { bad, callback, knownOptions } from "../core/validate.ts";
import type { Future } from "../future/future.ts";
import type { Results } from "../future/results.ts";
import type { StreamTask, Task } from "../task/task.ts";
import type { BackendName, Capabilities } from "./backends.ts";
import { PoolCore } from "./core.ts";
import { TaskGroup } from "./group.ts";
import { PoolLifecycle } from "./lifecycle.ts";
import type { ImapOptions, MapOptions } from "./map_options.ts";
import type { PoolOptions } from "./options.ts";
import { SharedValue } from "./shared_value.ts";
import { type AnyRunnable, Submitter } from "./submitter.ts";

/** A function of this isolate, which only backend `"async"` takes. */
export type Closure<A extends unknown[], R> = (...args: A) => R | PromiseLike<R>;

/** What a pool of backend `B` can run. */
export type Runnable<B extends BackendName, A extends unknown[], R> =
  | Task<A, R>
  | (B extends "async" ? Closure<A, R> : never);

/** Arguments, each of which may be a {@linkcode SharedValue} handle on it instead. */
export type Args<A extends unknown[]> = { [K in keyof A]: A[K] | SharedValue<A[K]> };

/** Callbacks of `Pool.applyAsync`. Exactly one of them is called, once. */
export interface ApplyOptions<R> {
  /** Gets the result. */
  callback?: (result: R) => void;
  /** Gets the error, or the `CancelledError`. */
  errorCallback?: (error: unknown) => void;
}

/**
 * A pool of workers that run tasks.
 *
 * Workers start as work comes, and stay. Leaving an `await using` block drains the pool: all submitted work and all its
 * callbacks are done then, after a throw too. An idle pool that was never closed does not keep the script alive; tasks
 * that run do. There is no plain `using` on a pool: one missing `await` would lose work.
 *
 * @typeParam B The backend, so that closures can be told from tasks at compile time.
 *
 * @example Every core
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { inline, Pool } from "@isopool/isopool";
 *
 * await using pool = new Pool();
 * assertEquals(await pool.map(inline((n: number) => n * n), [1, 2, 3]), [1, 4, 9]);
 * ```
 */
export class Pool<B extends BackendName = "worker"> extends PoolLifecycle {
  /** What the pool runs on. */
  readonly backend: B;
  /** Name of the pool, in messages. */
  readonly name: string;
  /** What the backend can do, as data. */
  readonly capabilities: Capabilities;
  readonly #core: PoolCore;
  readonly #submitter: Submitter;

  /**
   * Creates a pool; no worker is started yet, unless `minWorkers` says so.
   *
   * @param options How many workers, or all options.
   * @throws {TypeError | RangeError} If an option does not exist or is not valid, or contradicts another.
   * @throws {IsopoolError} If a task module creates it while being loaded in a worker, which would never end; or if it
   * would be nested too deep.
   */
  constructor(options?: number | PoolOptions<B>) {
    const core = new PoolCore(options);
    super(core);
    this.#core = core;
    this.#submitter = new Submitter(core);
    this.backend = core.options.backend as B;
    this.name = core.options.name;
    this.capabilities = core.capabilities;
  }

  /**
   * Submits one call. The arguments are copied now: later changes to them are not seen.
   *
   * @param task The task, made by `tasks()`, `task()` or `inline()`; on backend `"async"` any function.
   * @throws {PoolClosedError} If the pool is closed.
   * @throws {BrokenPoolError} If the pool is broken.
   * @throws {QueueFullError} If `maxQueue` calls wait already.
   * @throws {TypeError} If a closure is given to a backend whose workers cannot have it.
   */
  submit<A extends unknown[], R>(task: Runnable<B, A, R>, ...args: A): Future<R>;
  /** Submits a call with handles from {@linkcode Pool.share} among its arguments. */
  submit<A extends unknown[], R>(task: Task<A, R>, ...args: Args<A>): Future<R>;
  submit(task: AnyRunnable, ...args: unknown[]): Future<unknown> {
    return this.#submitter.submit("submit task", this.submit, task, args);
  }

  /** Submits one call with its argument list, and waits for the result; else as {@linkcode Pool.submit}. */
  apply<A extends unknown[], R>(task: Runnable<B, A, R>, args: Readonly<Args<A>>): Promise<R>;
  apply(task: AnyRunnable, args: unknown[]): Promise<unknown> {
    if (!Array.isArray(args)) throw bad("apply task", "args", args, "an array of arguments", false);
    return this.#submitter.submit("apply task", this.apply, task, args).result();
  }

  /**
   * Submits one call with its argument list, and has the end told to a callback; the caller goes on at once. Else as
   * {@linkcode Pool.submit}. Callbacks have run when the pool has drained; what one throws is reported.
   */
  applyAsync<A extends unknown[], R>(
    task: Runnable<B, A, R>,
    args: Readonly<Args<A>>,
    options?: ApplyOptions<R>,
  ): Future<R>;
  applyAsync(task: AnyRunnable, args: unknown[], options: ApplyOptions<never> = {}): Future<unknown> {
    const call = "apply task";
    if (!Array.isArray(args)) throw bad(call, "args", args, "an array of arguments", false);
    knownOptions(call, options, ["callback", "errorCallback"]);
    callback(call, "callback", options.callback);
    callback(call, "errorCallback", options.errorCallback);
    return this.#submitter.applyAsync(call, this.applyAsync, task, args, options);
  }

  /**
   * Runs a task on every item. Starts at once, reads the input as workers take it, and keeps the results until they
   * are read: in input order, unless `ordered: false`. The first failure ends the map: what waits is dropped, what runs
   * is told through its `context.signal` and its result is not kept. See {@linkcode OnError} for the other ways.
   *
   * @param items Any iterable or async iterable. Items are copied as they are read.
   * @throws {PoolClosedError} If the pool is closed.
   * @throws {TypeError | RangeError} If an option or the input is not valid.
   */
  map<T, R>(
    task: Runnable<B, [T], R>,
    items: Input<T>,
    options: MapOptions & { onError: "settle" },
  ): Results<PromiseSettledResult<R>>;
  /** Maps with the first failure, or all of them together, thrown. */
  map<T, R>(task: Runnable<B, [T], R>, items: Input<T>, options?: MapOptions): Results<R>;
  map(task: AnyRunnable, items: Input<unknown>, options?: MapOptions): Results<unknown> {
    return this.#submitter.map("map", this.map, task, items, options, { spread: false, lazy: false });
  }

  /** Runs a task on every argument list; else as {@linkcode Pool.map}. */
  starmap<A extends unknown[], R>(
    task: Runnable<B, A, R>,
    items: Input<Readonly<Args<A>>>,
    options: MapOptions & { onError: "settle" },
  ): Results<PromiseSettledResult<R>>;
  /** Maps argument lists with the first failure, or all of them together, thrown. */
  starmap<A extends unknown[], R>(
    task: Runnable<B, A, R>,
    items: Input<Readonly<Args<A>>>,
    options?: MapOptions,
  ): Results<R>;
  starmap(task: AnyRunnable, items: Input<unknown>, options?: MapOptions): Results<unknown> {
    return this.#submitter.map("starmap", this.starmap, task, items, options, { spread: true, lazy: false });
  }

  /**
   * Runs a task on every item, no further ahead of its reader than `buffer` items: for endless inputs and for results
   * that do not fit into memory. It starts when it is read; what nobody reads when the pool's block ends is cancelled.
   * Else as {@linkcode Pool.map}.
   */
  imap<T, R>(
    task: Runnable<B, [T], R>,
    items: Input<T>,
    options: ImapOptions & { onError: "settle" },
  ): Results<PromiseSettledResult<R>>;
  /** Maps lazily with the first failure, or all of them together, thrown. */
  imap<T, R>(task: Runnable<B, [T], R>, items: Input<T>, options?: ImapOptions): Results<R>;
  imap(task: AnyRunnable, items: Input<unknown>, options?: ImapOptions): Results<unknown> {
    return this.#submitter.map("imap", this.imap, task, items, options, { spread: false, lazy: true });
  }

  /** {@linkcode Pool.imap} with results as they come, the fastest first. */
  imapUnordered<T, R>(
    task: Runnable<B, [T], R>,
    items: Input<T>,
    options: Omit<ImapOptions, "ordered"> & { onError: "settle" },
  ): Results<PromiseSettledResult<R>>;
  /** Maps lazily and unordered with the first failure, or all of them together, thrown. */
  imapUnordered<T, R>(
    task: Runnable<B, [T], R>,
    items: Input<T>,
    options?: Omit<ImapOptions, "ordered">,
  ): Results<R>;
  imapUnordered(task: AnyRunnable, items: Input<unknown>, options: ImapOptions = {}): Results<unknown> {
    const unordered = { ...options, ordered: false };
    return this.#submitter.map("imap", this.imapUnordered, task, items, unordered, { spread: false, lazy: true });
  }

  /**
   * Runs a generator in a worker, and gives its items as they are yielded. It starts when it is read, and is held back
   * when the reader is slow: at most 16 items wait. Leaving the loop ends the generator, its `finally` blocks run. It
   * occupies its worker until it ends, as any call does; a `timeout` counts the time of the reader, too.
   *
   * @throws {TypeError} If the task has `retry`: items that were given out cannot be taken back.
   */
  stream<A extends unknown[], Y>(task: StreamTask<A, Y>, ...args: Args<A>): Results<Y>;
  /** Streams any generator function, on backend `"async"`. */
  stream<A extends unknown[], Y>(
    this: Pool<"async">,
    task: (...args: A) => AsyncGenerator<Y> | Generator<Y>,
    ...args: A
  ): Results<Y>;
  stream(task: unknown, ...args: unknown[]): Results<unknown> {
    return this.#submitter.stream("stream task", this.stream, task as AnyRunnable, args);
  }

  /**
   * Runs a task once on each worker, all of which are started for it: for warming up, or for counting what each did.
   *
   * @returns One result for each worker. Rejects with the first failure.
   * @throws {IsopoolError} If a task of this very pool does it: its own worker would never get to it.
   */
  broadcast<A extends unknown[], R>(task: Runnable<B, A, R>, ...args: Args<A>): Promise<R[]>;
  broadcast(task: AnyRunnable, ...args: unknown[]): Promise<unknown[]> {
    return Promise.all(this.#submitter.broadcast("broadcast task", this.broadcast, task, args));
  }

  /** Opens a group of calls that end together: the first failure cancels its siblings, leaving the block waits. */
  group(): TaskGroup<B> {
    this.#core.checkOpen("open group");
    return new TaskGroup(this);
  }

  /**
   * Makes a handle on a big value that goes to each worker once, however many calls get it as an argument. The value is
   * copied now.
   *
   * @throws {TransferError} If the value cannot be copied.
   */
  share<T>(value: T): SharedValue<T> {
    this.#core.checkOpen("share value");
    return new SharedValue(value, this.capabilities.isolated, (id) => this.#core.scheduler.workerSet.drop(id));
  }
}
