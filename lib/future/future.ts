/**
 * `Future`: the result of a submitted task, before and after it exists.
 *
 * ```
 * pending --started--> running --settled--> finished | cancelled
 *    |                                          ^
 *    +--------------- cancel() -----------------+
 * ```
 *
 * The job behind a future (`FutureControl`) has the state before the end, and settles the future with `settleFuture`. Only
 * the future keeps the settled value (settlement.ts), so that dropping the future frees it.
 *
 * @module
 */
import { AsyncContext } from "../core/async_context.ts";
import { atCaller, type PublicFunction } from "../core/at_caller.ts";
import { Promise as RuntimePromise } from "../core/platform.ts";
import { refuseCopies } from "../core/uncopyable.ts";
import { badOption, refusal } from "../core/validate.ts";
import { cancelFuture } from "./cancel_future.ts";
import type { CancelOptions, FutureControl, FutureState } from "./future_control.ts";
import { observe, outcomeOf, Settlement, stateOf, subscribe, whenSettled, workerIdOf } from "./settlement.ts";
import { untilSettled } from "./until_settled.ts";

export type { CancelOptions, FutureControl, FutureState };
export { failedArgs, isObserved, observe, outcomeOf, settleFuture, subscribe, trackFailure } from "./settlement.ts";

const LIBRARY: unique symbol = Symbol("library");

/** Creates the future of a job. */
export let createFuture: <R>(control: FutureControl, index?: number) => Future<R>;

/**
 * The result of a submitted task: a promise, with the state and the controls of Python's `concurrent.futures.Future`.
 *
 * A failure that no code observes is printed on stderr after 5 seconds, once, and becomes an unhandled rejection when the
 * script ends: so futures may be awaited one after another, also after their pool has ended. An async function that
 * returns a future returns its value, as with any promise.
 *
 * A future costs one object for each call, and keeps the result in memory as long as it is referenced. For many items of
 * one input use `Pool.map`, which creates no future for each item.
 *
 * @typeParam R What the task returns, awaited.
 */
export class Future<R> extends Settlement implements Promise<R> {
  /** Position of the item, if a map created this future. */
  readonly index: number | undefined;

  /** @ignore Pools create futures. */
  private constructor(maker: symbol, control: FutureControl, index?: number) {
    // A future without a job behind it would never settle.
    if (maker !== LIBRARY) throw refusal("Cannot create Future: only pools create futures: call pool.submit()");
    super(control);
    this.index = index;
  }

  /** @ignore */
  get [Symbol.toStringTag](): string {
    return "Future";
  }

  static {
    createFuture = (control, index) => new Future(LIBRARY, control, index);
  }

  /** State of the task. */
  get state(): FutureState {
    return stateOf(this);
  }

  /** Whether the future is settled: finished or cancelled. */
  get done(): boolean {
    return outcomeOf(this).outcome !== "none";
  }

  /** Whether the task has started and not ended. */
  get running(): boolean {
    return this.state === "running";
  }

  /** Whether the future was cancelled. */
  get cancelled(): boolean {
    return outcomeOf(this).outcome === "cancelled";
  }

  /** Id of the worker that runs or ran the task; `undefined` before it starts. */
  get workerId(): number | undefined {
    return workerIdOf(this);
  }

  /**
   * Cancels the task. A task that has not started is cancelled at once. For a running task its `context.signal` fires; the
   * pool stops it by force if it still runs after `killGrace`, and the future is cancelled when the task has ended. With
   * `force: false` only the signal fires, and the future settles as the task does.
   *
   * @param reason Becomes the `cause` of the {@linkcode CancelledError}.
   * @returns `false` if the task had finished already, else `true`.
   *
   * @example Cancel a task that is no longer needed
   * ```ts
   * import { assert, assertRejects } from "@std/assert";
   * import { CancelledError, Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool({ backend: "async" });
   * const future = pool.submit(() => new Promise<never>(() => {}));
   * assert(future.cancel("not needed"));
   * await assertRejects(() => future.result(), CancelledError);
   * ```
   */
  cancel(reason?: unknown, options: CancelOptions = {}): boolean {
    return cancelFuture(this, reason, options, { action: "cancel future", method: this.cancel });
  }

  /**
   * Waits for the result.
   *
   * @param options.timeout Maximum wait in milliseconds; the task goes on after it.
   * @throws {WaitTimeoutError} If the wait ran out of time.
   * @throws {CancelledError} If the future was cancelled.
   *
   * @example Wait at most 10 ms
   * ```ts
   * import { assertRejects } from "@std/assert";
   * import { Pool, WaitTimeoutError } from "@isopool/isopool";
   *
   * await using pool = new Pool({ backend: "async" });
   * const future = pool.submit(() => new Promise<never>(() => {}));
   * await assertRejects(() => future.result({ timeout: 10 }), WaitTimeoutError);
   * future.cancel();
   * ```
   */
  async result(options: { timeout?: number } = {}): Promise<R> {
    await this.#settled({ action: "wait for result", method: this.result }, options);
    const { outcome, value } = outcomeOf(this);
    if (outcome === "fulfilled") return value as R;
    throw value;
  }

  /**
   * Waits for the end and returns what the task threw, or `undefined` if it succeeded.
   *
   * @param options.timeout Maximum wait in milliseconds; the task goes on after it.
   * @throws {WaitTimeoutError} If the wait ran out of time.
   * @throws {CancelledError} If the future was cancelled, as in Python.
   *
   * @example Log a failure without try and catch
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool({ backend: "async" });
   * const error = await pool.submit(() => JSON.parse("{")).exception();
   * assertEquals((error as Error).name, "SyntaxError");
   * ```
   */
  async exception(options: { timeout?: number } = {}): Promise<unknown> {
    await this.#settled({ action: "wait for exception", method: this.exception }, options);
    const { outcome, value } = outcomeOf(this);
    if (outcome === "cancelled") throw value;
    return outcome === "rejected" ? value : undefined;
  }

  /**
   * Calls `callback` with this future when it is settled, at once if it is. Callbacks run in the order in which they were
   * added, each in the asynchronous context (`AsyncLocalStorage`) of the code that added it. An error that a callback
   * throws goes to `reportError` after the other callbacks have run.
   *
   * @example Note the end of a task
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool({ backend: "async" });
   * const states: string[] = [];
   * const future = pool.submit(() => 1);
   * future.addDoneCallback(({ state }) => states.push(state));
   * assertEquals([await future, ...states], [1, "finished"]);
   * ```
   */
  addDoneCallback(callback: (future: Future<R>) => void): void {
    if (typeof callback !== "function") {
      const error = badOption("add done callback", "callback", callback, "a function", false);
      throw atCaller(error, { action: "add done callback", method: this.addDoneCallback });
    }
    observe(this);
    const context = new AsyncContext();
    subscribe(this, () => context.run(() => callback(this)));
  }

  /**
   * Attaches handlers, as {@linkcode Promise.then} does. `await` calls it.
   *
   * @example Await a result
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool(1);
   * assertEquals(await pool.submit(inline((a: number, b: number) => a + b), 1, 2), 3);
   * ```
   */
  then<T = R, E = never>(
    onfulfilled?: ((value: R) => T | PromiseLike<T>) | null,
    onrejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<T | E> {
    return new RuntimePromise<R>((resolve, reject) => whenSettled(this, resolve, reject)).then(onfulfilled, onrejected);
  }

  /**
   * Attaches a handler for failure, as {@linkcode Promise.catch} does.
   *
   * @example Use a default value
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool({ backend: "async" });
   * assertEquals(await pool.submit(() => JSON.parse("{")).catch(() => ({})), {});
   * ```
   */
  catch<E = never>(onrejected?: ((reason: unknown) => E | PromiseLike<E>) | null): Promise<R | E> {
    return this.then(undefined, onrejected);
  }

  /**
   * Attaches a handler for success and failure, as {@linkcode Promise.finally} does.
   *
   * @example Clean up after a task
   * ```ts
   * import { assert } from "@std/assert";
   * import { Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool({ backend: "async" });
   * let cleaned = false;
   * await pool.submit(() => 1).finally(() => cleaned = true);
   * assert(cleaned);
   * ```
   */
  finally(onfinally?: (() => void) | null): Promise<R> {
    return this.then().finally(onfinally);
  }

  #settled(called: PublicFunction, options: { timeout?: number }): Promise<void> {
    const settled = untilSettled(called, options, (listener) => subscribe(this, listener));
    observe(this);
    return settled;
  }
}

refuseCopies(Future, "await it, and send its result");
