/**
 * The pool: the public face of the scheduler.
 *
 * ```
 * submit / apply  -> Call   \
 *                            >- Work -> Scheduler -> Slot -> Transport -> worker
 * map / starmap   -> MapJob /                                                |
 *   Future / Results <- settle <---------------------------------------------+
 * ```
 *
 * @module
 */
import { BrokenPoolError, IsopoolError, PoolClosedError, WaitTimeoutError } from "../core/errors.ts";
import type { Input } from "../core/input.ts";
import { checkRuntime } from "../core/runtime.ts";
import { scope } from "../core/scope.ts";
import { bad, duration, knownOptions } from "../core/validate.ts";
import { Failures } from "../future/failures.ts";
import type { Future } from "../future/future.ts";
import { Results } from "../future/results.ts";
import { snapshot } from "../protocol/envelope.ts";
import { Scheduler } from "../scheduler/scheduler.ts";
import { retryPolicy } from "../task/retry.ts";
import type { Task } from "../task/task.ts";
import { type BackendName, BACKENDS, type Capabilities, scopedBackend } from "./backends.ts";
import { Call } from "./call.ts";
import { CallSite } from "./call_site.ts";
import { MapJob } from "./map.ts";
import { checkMapOptions, type MapOptions } from "./map_options.ts";
import { type CheckedOptions, checkPoolOptions, type PoolOptions } from "./options.ts";
import { type Resolved, resolveTask } from "./resolve_task.ts";

/** A function of this isolate, which only backend `"async"` takes. */
export type Closure<A extends unknown[], R> = (...args: A) => R | PromiseLike<R>;

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
export class Pool<B extends BackendName = "worker"> {
  /** What the pool runs on. */
  readonly backend: B;
  /** Name of the pool, in messages. */
  readonly name: string;
  /** What the backend can do, as data. */
  readonly capabilities: Capabilities;
  readonly #options: CheckedOptions;
  readonly #scheduler: Scheduler;
  readonly #failures = new Failures();

  /**
   * Creates a pool; no worker is started yet.
   *
   * @param options How many workers, or all options.
   * @throws {TypeError | RangeError} If an option does not exist or is not valid.
   * @throws {IsopoolError} If a task module creates it while being loaded in a worker, which would never end.
   */
  constructor(options?: number | PoolOptions<B>) {
    checkRuntime();
    this.#options = checkPoolOptions(options);
    if (scope.loading !== undefined) {
      throw new IsopoolError(
        `Cannot create pool: ${scope.loading} does it at its top level, which a worker runs as well when it loads the ` +
          "module: put the code that starts work into `if (import.meta.main) { ... }`",
      );
    }
    const { backend, name, workers, killGrace, permissions } = this.#options;
    this.backend = backend as B;
    this.name = name;
    const { capabilities, launch } = permissions
      ? scopedBackend({ permissions, modules: () => [...this.#scheduler.tasks.modules] })
      : BACKENDS[backend];
    this.capabilities = capabilities;
    this.#scheduler = new Scheduler({ launch, workers, killGrace });
    void this.#scheduler.ended.then(() => this.#failures[Symbol.dispose]());
  }

  /** Most workers at a time. */
  get workers(): number {
    return this.#options.workers;
  }

  /** Ids of the workers that are alive. */
  get workerIds(): number[] {
    return [...this.#scheduler.slots].map((slot) => slot.id);
  }

  /**
   * Submits one call. The arguments are copied now: later changes to them are not seen.
   *
   * @param task The task, made by `tasks()`, `task()` or `inline()`; on backend `"async"` any function.
   * @throws {PoolClosedError} If the pool is closed.
   * @throws {BrokenPoolError} If the pool is broken.
   * @throws {TypeError} If a closure is given to a backend whose workers cannot have it.
   */
  submit<A extends unknown[], R>(task: Task<A, R>, ...args: A): Future<R>;
  /** Submits a call of any function, on backend `"async"`. */
  submit<A extends unknown[], R>(this: Pool<"async">, task: Closure<A, R>, ...args: A): Future<R>;
  submit(task: Task<unknown[], unknown> | Closure<unknown[], unknown>, ...args: unknown[]): Future<unknown> {
    return this.#submit("submit task", this.submit, task, args);
  }

  /** Submits one call with its argument list, and waits for the result; else as {@linkcode Pool.submit}. */
  apply<A extends unknown[], R>(task: Task<A, R>, args: A): Promise<R>;
  /** Calls any function, on backend `"async"`. */
  apply<A extends unknown[], R>(this: Pool<"async">, task: Closure<A, R>, args: A): Promise<R>;
  apply(task: Task<unknown[], unknown> | Closure<unknown[], unknown>, args: unknown[]): Promise<unknown> {
    if (!Array.isArray(args)) throw bad("apply task", "args", args, "an array of arguments", false);
    return this.#submit("apply task", this.apply, task, args).result();
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
    task: Task<[T], R>,
    items: Input<T>,
    options: MapOptions & { onError: "settle" },
  ): Results<PromiseSettledResult<R>>;
  /** Maps with the first failure, or all of them together, thrown. */
  map<T, R>(task: Task<[T], R>, items: Input<T>, options?: MapOptions): Results<R>;
  /** Maps any function, on backend `"async"`. */
  map<T, R>(this: Pool<"async">, task: Closure<[T], R>, items: Input<T>, options?: MapOptions): Results<R>;
  map(
    task: Task<[unknown], unknown> | Closure<[unknown], unknown>,
    items: Input<unknown>,
    options?: MapOptions,
  ): Results<unknown> {
    return this.#map("map", this.map, task as Task, items, false, options);
  }

  /** Runs a task on every argument list; else as {@linkcode Pool.map}. */
  starmap<A extends unknown[], R>(
    task: Task<A, R>,
    items: Input<A>,
    options: MapOptions & { onError: "settle" },
  ): Results<PromiseSettledResult<R>>;
  /** Maps argument lists with the first failure, or all of them together, thrown. */
  starmap<A extends unknown[], R>(task: Task<A, R>, items: Input<A>, options?: MapOptions): Results<R>;
  /** Maps any function over argument lists, on backend `"async"`. */
  starmap<A extends unknown[], R>(
    this: Pool<"async">,
    task: Closure<A, R>,
    items: Input<A>,
    options?: MapOptions,
  ): Results<R>;
  starmap(
    task: Task<unknown[], unknown> | Closure<unknown[], unknown>,
    items: Input<unknown[]>,
    options?: MapOptions,
  ): Results<unknown> {
    return this.#map("starmap", this.starmap, task as Task, items, true, options);
  }

  /** Starts all workers; resolves when they take tasks. */
  async ready(): Promise<this> {
    this.#checkOpen("start workers");
    await this.#scheduler.ready();
    return this;
  }

  /** Takes no more work. What was submitted is still done; {@linkcode Pool.join} waits for it. */
  close(): void {
    this.#scheduler.close();
  }

  /**
   * Waits until a closed pool has done its work and its workers have ended.
   *
   * @param options.timeout Longest wait in milliseconds; the work goes on after it.
   * @throws {TypeError} If the pool is still open: close it first, or it would never end.
   * @throws {WaitTimeoutError} If the wait ran out of time.
   */
  async join(options: { timeout?: number } = {}): Promise<void> {
    knownOptions("join pool", options, ["timeout"]);
    const timeout = duration("join pool", "timeout", options.timeout);
    if (this.#scheduler.state === "open") {
      throw new TypeError("Cannot join pool: it is open: call close() or terminate() first");
    }
    if (timeout === undefined) return await this.#scheduler.ended;
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      reject(new WaitTimeoutError(`Gave up joining after ${timeout} ms: ${this.#scheduler.unfinished} works go on`));
    }, timeout);
    await Promise.race([this.#scheduler.ended, promise]).finally(() => clearTimeout(timer));
  }

  /** Stops everything at once: what is unfinished is cancelled, workers are stopped by force. */
  async terminate(): Promise<void> {
    await this.#scheduler.terminate();
  }

  /** Drains: takes no more work, does what was submitted, and ends the workers. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.#scheduler.ended;
  }

  #submit(
    call: string,
    // deno-lint-ignore ban-types -- what Error.captureStackTrace takes
    face: Function,
    task: Task<unknown[], unknown> | Closure<unknown[], unknown>,
    args: unknown[],
  ): Future<unknown> {
    this.#checkOpen(call);
    const { entry, options, verified } = this.#resolve(call, task);
    const site = this.capabilities.isolated ? new CallSite(face) : undefined;
    const plan = {
      timeout: options.timeout ?? this.#options.timeout,
      signal: options.signal,
      retry: retryPolicy(call, options.retry ?? this.#options.retry),
      transfer: options.transfer ?? [],
    };
    let refused: unknown;
    if (this.capabilities.isolated) {
      try {
        ({ args, transfer: plan.transfer } = snapshot(args, plan.transfer));
      } catch (error) {
        refused = error;
      }
    }
    const work = new Call(this.#scheduler, entry, args, plan, this.#failures, site);
    if (refused !== undefined) work.fail(refused);
    else if (verified) verified.then(() => work.enqueue(), (error) => work.fail(error));
    else work.enqueue();
    return work.future;
  }

  #map(
    call: string,
    // deno-lint-ignore ban-types -- what Error.captureStackTrace takes
    face: Function,
    task: Task,
    items: Input<unknown>,
    spread: boolean,
    given: MapOptions = {},
  ): Results<unknown> {
    this.#checkOpen(call);
    const { entry, options, verified } = this.#resolve(call, task);
    if (options.transfer) {
      throw new TypeError(`Cannot ${call}: the task has \`transfer\`, which names values of one call: use submit()`);
    }
    const plan = checkMapOptions(call, given, options, this.#options);
    const { isolated } = this.capabilities;
    const site = isolated ? new CallSite(face) : undefined;
    const job = new MapJob(
      { ...plan, task: entry, spread, copy: isolated },
      items,
      this.#scheduler,
      this.#failures,
      site,
    );
    if (verified) verified.then(() => job.start(), (error) => job.abandon("rejected", error));
    else job.start();
    return new Results(job.collector);
  }

  #resolve(call: string, task: unknown): Resolved {
    const { modules } = this.#scheduler.tasks;
    const known = modules.size;
    const resolved = resolveTask(call, task, this.#scheduler.tasks, this.backend, this.capabilities.isolated);
    // Scoped workers can load the modules that were known when they started, and no others.
    if (this.capabilities.engine === "web" && modules.size > known) this.#scheduler.restart();
    return resolved;
  }

  #checkOpen(call: string): void {
    const { state, cause } = this.#scheduler;
    if (state === "open") return;
    if (state === "broken") throw new BrokenPoolError(`Cannot ${call}: ${this.name} is broken`, { cause });
    throw new PoolClosedError(`Cannot ${call}: ${this.name} is ${state === "terminated" ? state : "closed"}`);
  }
}
